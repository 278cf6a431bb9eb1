"""Random numbers from named streams, one per lane: a lane draws the same numbers alone or with others."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def stream(seed: int, name: str) -> np.random.Generator:
    """The generator of the stream `name` of a seed; streams of different seeds or names are independent."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(zlib.crc32(name.encode()),)))


class LaneRng:
    """Uniform random numbers for `L` lanes at once, lane `i` from the stream `name` of `seeds[i]`.

    Numbers are drawn in blocks, since one call per lane and step would cost more than acting.
    """

    BLOCK = 4096  # numbers per lane and refill; float64, so ten lanes take 320 KiB

    def __init__(self, seeds: Sequence[int], name: str) -> None:
        self._generators = [stream(seed, name) for seed in seeds]
        self._block = np.empty((len(seeds), self.BLOCK))
        self._used = self.BLOCK
        self._save_generators()

    def random(self, shape: tuple[int, ...] = ()) -> np.ndarray:
        """Floats in [0, 1), `[L, *shape]`; do not write to them."""
        count = int(np.prod(shape))
        if count > self.BLOCK:
            return self._draw_at_once(shape)
        if self._used + count > self.BLOCK:
            self._refill()
        taken = self._block[:, self._used : self._used + count]
        self._used += count
        return taken.reshape(len(taken), *shape)

    def ahead(self, count: int) -> tuple[np.ndarray, int]:
        """At least `count` numbers of each lane without drawing them: an array `[L, BLOCK]`, and where they begin.

        Raises ValueError for more than a block.
        """
        if count > self.BLOCK:
            raise ValueError(f"cannot look at {count} numbers, more than a block of {self.BLOCK}")
        if self._used + count > self.BLOCK:
            self._refill()
        return self._block, self._used

    def skip(self, count: int) -> None:
        """Draw `count` of the numbers that `ahead` showed."""
        self._used += count

    def integers(self, high: int | np.ndarray, shape: tuple[int, ...] = ()) -> np.ndarray:
        """Integers in [0, high), `[L, *shape]`; the bias, below high / 2**53, is negligible."""
        return (self.random(shape) * high).astype(np.int64)

    def normal(self, shape: tuple[int, ...] = ()) -> np.ndarray:
        """Standard normal floats, `[L, *shape]`, by the inverse of the distribution function."""
        from scipy.special import ndtri  # takes a tenth of a second to import, and few runs need it

        return ndtri(np.maximum(self.random(shape), 2.0**-54))  # the inverse of 0 is -inf

    def position(self) -> Any:
        """Where the streams are, for `return_to`. It lasts as long as this object; `state` can be saved."""
        states = [generator.bit_generator.state for generator in self._generators]
        return self._block, self._used, self._before, states

    def return_to(self, position: Any) -> None:
        """Draw again what was drawn after `position`."""
        self._block, self._used, self._before, states = position
        for generator, state in zip(self._generators, states, strict=True):
            generator.bit_generator.state = state

    def state(self) -> Mapping[str, Any]:
        """The state of the generators before the current block, and how much of the block is used."""
        if self._used == self.BLOCK:
            self._save_generators()  # the block is used up: the next draw starts from the current state
        return {"generators": list(self._before), "used": self._used}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Continue from the draw at which `state` was taken."""
        for generator, text in zip(self._generators, state["generators"], strict=True):
            generator.bit_generator.state = json.loads(text)
        self._save_generators()
        if state["used"] < self.BLOCK:
            self._refill()
        self._used = state["used"]

    def _refill(self) -> None:
        self._save_generators()
        # A new array, since callers may still hold views of the old one.
        self._block = np.stack([generator.random(self.BLOCK) for generator in self._generators])
        self._used = 0

    def _draw_at_once(self, shape: tuple[int, ...]) -> np.ndarray:
        drawn = np.stack([generator.random(shape) for generator in self._generators])
        self._used = self.BLOCK
        self._save_generators()
        return drawn

    def _save_generators(self) -> None:
        self._before = [json.dumps(generator.bit_generator.state) for generator in self._generators]
