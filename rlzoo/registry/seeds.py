"""The seeds of a run, as users give them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from numbers import Integral

from rlzoo.contracts.errors import OptionError, check_memory, listed

BYTES_OF_A_SEED = 20_000
"""At least: its random streams, counts and the smallest network. Most seeds take much more."""


def check_seeds(seeds: int | Sequence[int]) -> list[int]:
    """Return the seeds 0 to n - 1 for a number n, or a list as it is.

    Raises OptionError if there are none, or some are negative or repeated, and BadInput if they do not fit into memory.
    """
    numbers = not isinstance(seeds, str) and isinstance(seeds, Iterable) and all(_is_int(seed) for seed in seeds)
    if not (_is_int(seeds) or numbers):
        raise OptionError(f"`seeds` must be a number, or a list of numbers such as [0, 3], got {seeds!r}")
    if isinstance(seeds, int):
        check_memory(seeds * BYTES_OF_A_SEED, f"{seeds:,} seeds")
    chosen = list(range(seeds)) if isinstance(seeds, int) else [int(seed) for seed in seeds]
    if not chosen:
        raise OptionError("no seeds: give at least one")
    if min(chosen) < 0:
        raise OptionError(f"seeds must be non-negative: {min(chosen)}")
    repeated = [seed for seed, times in Counter(chosen).items() if times > 1]
    if repeated:
        raise OptionError(f"seed {listed(map(str, repeated))} is given twice; the same seed gives the same result")
    return chosen


def _is_int(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)
