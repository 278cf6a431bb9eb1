"""How episodes are seeded: each from its lane's own stream, so that any of them can be begun again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rlzoo.lanes.rng import stream


class EpisodeSeeds:
    """A stream of seeds for each of `N` environments in every lane; variants of an experiment meet the same ones."""

    def __init__(self, seeds: Sequence[int], envs: int, purpose: str) -> None:
        self._streams = [[stream(seed, f"{purpose}.{n}") for n in range(envs)] for seed in seeds]
        self.current = np.zeros((len(seeds), envs), np.int64)  # [L, N] what the running episodes were seeded with

    def draw(self, mask: np.ndarray) -> np.ndarray:
        """New seeds where `mask` `[L, N]`; returns those of all running episodes, `[L, N]`."""
        for lane, env in zip(*np.nonzero(mask), strict=True):
            self.current[lane, env] = self._streams[lane][env].integers(2**31)
        return self.current
