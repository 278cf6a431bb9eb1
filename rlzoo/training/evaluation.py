"""Greedy episodes, apart from training."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from rlzoo.contracts import Environment, Evaluation
from rlzoo.lanes.seeding import EpisodeSeeds


class Evaluator:
    """Plays one greedy episode in each of its own environments, `L` lanes x `N` episodes."""

    def __init__(
        self,
        environment: Environment,
        seeds: Sequence[int],
        episodes: int,
        longest: int,
        purpose: str = "evaluation",
    ) -> None:
        self.environment, self.seeds, self.longest = environment, seeds, longest
        self.episode_seeds = EpisodeSeeds(seeds, episodes, purpose)
        environment.expect_seeds(self.episode_seeds.upcoming)
        self.shape = (len(seeds), episodes)

    def play(self, q: Callable[[np.ndarray], np.ndarray], step: int, stopped: Callable[[], bool]) -> list[Evaluation]:
        """Play until every episode is over or `longest` steps long; `q` maps `[L, N, ...]` to `[L, N, A]`.

        Returns nothing when `stopped()` turns true on the way.
        """
        going = np.ones(self.shape, np.bool_)
        returns, lengths = np.zeros(self.shape), np.zeros(self.shape, np.int64)
        terminated, truncated = np.zeros(self.shape, np.bool_), np.zeros(self.shape, np.bool_)
        observation = self.environment.reset(going, self.episode_seeds.draw(going))
        for _ in range(self.longest):
            if stopped():
                return []
            observation, reward, terminal, cut = self.environment.step(q(observation).argmax(-1))
            returns += np.where(going, reward, 0.0)
            lengths += going
            terminated |= going & terminal
            truncated |= going & cut
            ended = terminal | cut
            going &= ~ended
            if not going.any():
                break
            if ended.any():  # played again only because none may be stepped once it is over
                observation = self.environment.reset(ended, self.episode_seeds.current)
        truncated |= going
        return [
            Evaluation(
                seed, step, n, float(returns[i, n]), int(lengths[i, n]), bool(terminated[i, n]), bool(truncated[i, n])
            )
            for i, seed in enumerate(self.seeds)
            for n in range(self.shape[1])
        ]
