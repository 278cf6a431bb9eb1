"""Return and length of the running episodes, and the episodes that have finished."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from statistics import fmean

import numpy as np

from rlzoo.contracts import Episode
from rlzoo.contracts.log import WINDOW
from rlzoo.lanes.clock import Clock


class EpisodeTracker:
    """Return and length of `L x N` running episodes, and the finished ones that have not been taken yet."""

    def __init__(self, seeds: Sequence[int], envs: int, goal: float | None, clock: Clock) -> None:
        self.seeds, self.goal, self.clock = seeds, goal, clock
        self.reached = np.zeros(len(seeds), np.bool_)  # [L] whether the mean of the last episodes reached the goal
        self._last_returns = [deque[float](maxlen=WINDOW) for _ in seeds]
        self.returns = np.zeros((len(seeds), envs))
        self.lengths = np.zeros((len(seeds), envs), np.int64)  # 0 right after a reset
        self._finished: list[tuple[int, Episode]] = []

    def add(self, reward: np.ndarray) -> None:
        """Count one vector step with rewards `[L, N]`."""
        self.clock.steps += reward.shape[1]
        self.returns += reward
        self.lengths += 1

    def end(self, terminated: np.ndarray, truncated: np.ndarray, frozen: np.ndarray) -> np.ndarray:
        """Record the episodes that the last vector step ended; returns which these are, `[L, N]`.

        Episodes of a frozen lane, `[L]`, are not recorded.
        """
        ended = terminated | truncated
        if ended.any():
            for lane, env in zip(*np.nonzero(ended & ~frozen[:, None]), strict=True):
                if not self.reached[lane]:
                    self._finish(lane, env, bool(terminated[lane, env]), bool(truncated[lane, env]))
            self.returns[ended], self.lengths[ended] = 0.0, 0
        return ended

    def take(self) -> list[tuple[int, Episode]]:
        """The episodes finished since the last call, each with its lane."""
        finished, self._finished = self._finished, []
        return finished

    def _finish(self, lane: int, env: int, terminated: bool, truncated: bool) -> None:
        self.clock.episodes[lane] += 1
        self._check_goal(lane, float(self.returns[lane, env]))
        episode = Episode(
            seed=self.seeds[lane],
            episode=int(self.clock.episodes[lane]),
            step=self.clock.steps,
            episode_return=float(self.returns[lane, env]),
            length=int(self.lengths[lane, env]),
            terminated=terminated,
            truncated=truncated,
        )
        self._finished.append((lane, episode))

    def _check_goal(self, lane: int, episode_return: float) -> None:
        if self.goal is not None:
            returns = self._last_returns[lane]
            returns.append(episode_return)
            self.reached[lane] = len(returns) == WINDOW and fmean(returns) >= self.goal
