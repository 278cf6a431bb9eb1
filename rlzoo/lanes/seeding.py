"""Episode seeds, drawn from streams of the lane's seed, so that any episode can be repeated."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np

from rlzoo.lanes.rng import stream


class EpisodeSeeds:
    """A stream of seeds for each of `N` environments in every lane, the same in all variants of an experiment."""

    def __init__(self, seeds: Sequence[int], envs: int, purpose: str) -> None:
        self._streams = [[stream(seed, f"{purpose}.{n}") for n in range(envs)] for seed in seeds]
        self._ahead: list[list[deque[int]]] = [[deque() for _ in range(envs)] for _ in seeds]  # drawn ahead
        self.current = np.zeros((len(seeds), envs), np.int64)  # [L, N] seeds of the running episodes

    def draw(self, mask: np.ndarray) -> np.ndarray:
        """Draw new seeds where `mask` `[L, N]` is true; returns the seeds of all running episodes, `[L, N]`."""
        for lane, env in zip(*np.nonzero(mask), strict=True):
            ahead = self._ahead[lane][env]
            self.current[lane, env] = ahead.popleft() if ahead else self._streams[lane][env].integers(2**31)
        return self.current

    def upcoming(self, count: int) -> np.ndarray:
        """The next `count` seeds that `draw` will return, `[L, N, count]`, without drawing them."""
        return np.array(
            [[self._peek(lane, env, count) for env in range(len(row))] for lane, row in enumerate(self._ahead)],
            np.int64,
        )

    def _peek(self, lane: int, env: int, count: int) -> list[int]:
        ahead = self._ahead[lane][env]
        if len(ahead) < count:
            ahead.extend(self._streams[lane][env].integers(2**31, size=count - len(ahead)).tolist())
        return list(islice(ahead, count))

    def state(self) -> Mapping[str, Any]:
        """The streams, the seeds drawn ahead, and those of the running episodes."""
        return {
            "streams": [[json.dumps(env.bit_generator.state) for env in lane] for lane in self._streams],
            "ahead": [[list(env) for env in lane] for lane in self._ahead],
            "current": self.current.copy(),
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Continue where `state` was taken."""
        for lane, texts in zip(self._streams, state["streams"], strict=True):
            for env, text in zip(lane, texts, strict=True):
                env.bit_generator.state = json.loads(text)
        self._ahead = [[deque(env) for env in lane] for lane in state["ahead"]]
        self.current = state["current"].copy()
