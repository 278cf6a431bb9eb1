"""Return and length of the running episodes, and the episodes that have finished."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy

import numpy as np

from rlzoo.contracts import Episode, State, StoppingRule
from rlzoo.contracts.errors import noted
from rlzoo.lanes.clock import Clock


class EpisodeTracker:
    """Return and length of `L x N` running episodes, and the finished ones that have not been taken yet."""

    def __init__(self, seeds: Sequence[int], envs: int, clock: Clock, rules: Sequence[StoppingRule] = ()) -> None:
        self.seeds, self.clock = seeds, clock
        self.rules = [deepcopy(list(rules)) for _ in seeds]  # of each lane
        self.stopped = np.zeros(len(seeds), np.bool_)  # [L] whether a rule has stopped the lane
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
                if not self.stopped[lane]:
                    self._finish(lane, env, bool(terminated[lane, env]), bool(truncated[lane, env]))
            self.abandon(ended)
        return ended

    def abandon(self, which: np.ndarray) -> None:
        """Count the steps of the episodes `which`, `[L, N]`, from the beginning."""
        self.returns[which], self.lengths[which] = 0.0, 0

    def take(self) -> list[tuple[int, Episode]]:
        """The episodes finished since the last call, each with its lane."""
        finished, self._finished = self._finished, []
        return finished

    def state(self) -> State:
        """The running episodes, and what rules remember. Finished episodes have been taken by then."""
        return {
            "returns": self.returns.copy(),
            "lengths": self.lengths.copy(),
            "stopped": self.stopped.copy(),
            "rules": [[rule.state() for rule in rules] for rules in self.rules],
        }

    def load_state(self, state: State) -> None:
        """Restore them."""
        self.returns[:], self.lengths[:], self.stopped[:] = state["returns"], state["lengths"], state["stopped"]
        for rules, saved in zip(self.rules, state["rules"], strict=True):
            for rule, remembered in zip(rules, saved, strict=True):
                rule.load_state(remembered)

    def _finish(self, lane: int, env: int, terminated: bool, truncated: bool) -> None:
        self.clock.episodes[lane] += 1
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
        decisions = [_stops(rule, episode) for rule in self.rules[lane]]  # each has to see every episode
        self.stopped[lane] = any(decisions)


def _stops(rule: StoppingRule, episode: Episode) -> bool:
    with noted(f"It was raised by the stopping rule `{type(rule).__module__}.{type(rule).__qualname__}`."):
        return rule.stops(episode)
