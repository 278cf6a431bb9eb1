"""Collecting: act, step the environments, store, reset what has ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from rlzoo.contracts import Environment, StoppingRule, Train, Transition
from rlzoo.lanes.clock import Clock
from rlzoo.lanes.seeding import EpisodeSeeds
from rlzoo.training.assembly import Parts
from rlzoo.training.columns import with_columns
from rlzoo.training.episodes import EpisodeTracker
from rlzoo.training.learner import Learner


class Collector:
    """Gathers experience in `L x N` environments and adds it to the buffer, one vector step at a time."""

    engine: ClassVar[str] = "step by step"

    def __init__(
        self,
        environment: Environment,
        parts: Parts,
        learner: Learner,
        seeds: Sequence[int],
        train: Train,
        clock: Clock,
        rules: Sequence[StoppingRule] = (),
    ) -> None:
        self.environment, self.parts, self.learner, self.clock = environment, parts, learner, clock
        self.seeds = seeds
        self.episode_seeds = EpisodeSeeds(seeds, train.envs, "env")
        self.episodes = EpisodeTracker(seeds, train.envs, clock, rules)
        self._observation = np.empty(0)  # [L, N, ...], from the first reset on
        self._views = {"values": learner.q, "heads": learner.heads, "actions": learner.greedy}

    def begin(self) -> None:
        """Let the buffer fill itself, and begin the first episodes."""
        self.parts.buffer.prefill(self.environment, self.seeds)
        self.environment.expect_seeds(self.episode_seeds.upcoming)
        self._reset(np.ones(self.episodes.lengths.shape, np.bool_))

    def collect(self, limit: int) -> None:
        """One vector step of every lane; a faster collector may do up to `limit`, until an episode ends."""
        observation, mask, action = self._observation, self.environment.action_mask, self._act()
        next_observation, reward, terminated, truncated = self.environment.step(action)
        signal, final = self.environment.learning_signal(reward, terminated)
        self._store(Transition(observation, action, signal, next_observation, final, truncated), mask)
        self._observation = next_observation
        self.episodes.add(reward)
        self._end(terminated, truncated)

    def _act(self) -> np.ndarray:
        policy = self.parts.exploration
        policy.observe(self._observation, self.episodes.lengths == 0)
        view = self._views[policy.sees]
        return policy.act(view(self._observation, self.environment.action_mask), self.clock)

    def _store(self, transition: Transition, mask: np.ndarray | None) -> None:
        recorders = [part for part in (self.parts.exploration, self.parts.objective) if part.columns]
        if recorders or mask is not None:
            masks = mask, self.environment.action_mask
            transition = with_columns(transition, masks, recorders, lambda x: self.learner.q(x, masks[1]))
        self.parts.buffer.add(transition)

    def _end(self, terminated: np.ndarray, truncated: np.ndarray) -> None:
        """Begin new episodes where one has ended, `[L, N]` each."""
        ended = self.episodes.end(terminated, truncated, self.learner.frozen)
        if ended.any():
            self.learner.stop(self.episodes.stopped)
            self._reset(ended)

    def _reset(self, mask: np.ndarray) -> None:
        self._observation = self.environment.reset(mask, self.episode_seeds.draw(mask))
