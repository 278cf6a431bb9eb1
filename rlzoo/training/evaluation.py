"""Greedy episodes in environments apart from training."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from rlzoo.contracts import Environment, Evaluation
from rlzoo.lanes.seeding import EpisodeSeeds

EVALUATION = "evaluation"
"""The stream of the seeds of greedy episodes."""

Act = Callable[[np.ndarray, np.ndarray | None, np.ndarray], np.ndarray]
"""Observations `[L, N, ...]`, the action mask `[L, N, A]`, if there is one, and which observations begin an episode,
`[L, N]` -> actions `[L, N, ...]`."""


class Evaluator:
    """Plays one greedy episode in each of its environments, `L` lanes x `N` episodes."""

    def __init__(
        self,
        environment: Environment,
        seeds: Sequence[int],
        episodes: int,
        max_steps: int,
        purpose: str = EVALUATION,
    ) -> None:
        self.environment, self.seeds, self.max_steps = environment, seeds, max_steps
        self.episode_seeds = EpisodeSeeds(seeds, episodes, purpose)
        environment.expect_seeds(self.episode_seeds.upcoming)
        self.shape = (len(seeds), episodes)

    def play(self, act: Act, step: int, stopped: Callable[[], bool]) -> list[Evaluation]:
        """Play until every episode is over or `max_steps` long, acting by `act`.

        Returns nothing when `stopped()` turns true on the way; the next call then plays the same episodes.
        """
        before = self.episode_seeds.state()
        running = np.ones(self.shape, np.bool_)
        returns, lengths = np.zeros(self.shape), np.zeros(self.shape, np.int64)
        terminated, truncated = np.zeros(self.shape, np.bool_), np.zeros(self.shape, np.bool_)
        observation = self.environment.reset(running, self.episode_seeds.draw(running))
        begins = running.copy()
        for _ in range(self.max_steps):
            if stopped():
                self.episode_seeds.load_state(before)
                return []
            action = act(observation, self.environment.action_mask, begins)
            observation, reward, terminal, cut = self.environment.step(action)
            returns += np.where(running, reward, 0.0)
            lengths += running
            terminated |= running & terminal
            truncated |= running & cut
            ended = begins = terminal | cut
            running &= ~ended
            if not running.any():
                break
            if ended.any():  # only because no environment may be stepped once its episode is over
                observation = self.environment.reset(ended, self.episode_seeds.current)
        truncated |= running
        return [
            Evaluation(
                seed=seed,
                step=step,
                episode=n,
                episode_return=float(returns[i, n]),
                length=int(lengths[i, n]),
                terminated=bool(terminated[i, n]),
                truncated=bool(truncated[i, n]),
            )
            for i, seed in enumerate(self.seeds)
            for n in range(self.shape[1])
        ]
