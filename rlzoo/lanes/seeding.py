"""How episodes are seeded: each from its lane's own stream, so that any of them can be begun again."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import islice

import numpy as np

from rlzoo.lanes.rng import stream


class EpisodeSeeds:
    """A stream of seeds for each of `N` environments in every lane; variants of an experiment meet the same ones."""

    def __init__(self, seeds: Sequence[int], envs: int, purpose: str) -> None:
        self._streams = [[stream(seed, f"{purpose}.{n}") for n in range(envs)] for seed in seeds]
        self._ahead: list[list[deque[int]]] = [[deque() for _ in range(envs)] for _ in seeds]  # known, not yet drawn
        self.current = np.zeros((len(seeds), envs), np.int64)  # [L, N] what the running episodes were seeded with

    def draw(self, mask: np.ndarray) -> np.ndarray:
        """New seeds where `mask` `[L, N]`; returns those of all running episodes, `[L, N]`."""
        for lane, env in zip(*np.nonzero(mask), strict=True):
            ahead = self._ahead[lane][env]
            self.current[lane, env] = ahead.popleft() if ahead else self._streams[lane][env].integers(2**31)
        return self.current

    def upcoming(self, count: int) -> np.ndarray:
        """What `draw` will give each environment the next `count` times, `[L, N, count]`; asking changes nothing."""
        return np.array(
            [[self._known(lane, env, count) for env in range(len(row))] for lane, row in enumerate(self._ahead)],
            np.int64,
        )

    def _known(self, lane: int, env: int, count: int) -> list[int]:
        ahead = self._ahead[lane][env]
        if len(ahead) < count:
            ahead.extend(self._streams[lane][env].integers(2**31, size=count - len(ahead)).tolist())
        return list(islice(ahead, count))
