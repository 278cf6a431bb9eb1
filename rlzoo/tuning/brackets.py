"""Hyperband (Li et al., JMLR 2018): how many trials train at a time, how far, and which of them continue.

A generation is a bracket of successive halving: its trials train to the first rung, the best third of them to the next,
and so on. The brackets start at the first, second and last rung in turn, since a short budget may mislead. Generations
do not depend on the number of workers, so a search does not either.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

REDUCTION = 3
"""Of so many trials, one reaches the next rung, which has so many times the steps."""
RUNGS = 3
UNPRUNED = 8
"""Trials of a generation in which all train to the end."""


@dataclass(frozen=True)
class Generation:
    """Trials `first` to `first + size - 1`, chosen together, and the steps of their rungs."""

    first: int
    size: int
    rungs: tuple[int, ...]

    @property
    def numbers(self) -> range:
        """The numbers of its trials."""
        return range(self.first, self.first + self.size)


def generations(ends: Sequence[int], steps: int, *, pruning: bool) -> Iterator[Generation]:
    """The generations of a search of trials of `steps` each.

    `ends` are the numbers of trials to which it grew: a generation that one of them cuts stays smaller.
    """
    first, number = 0, 0
    for end in ends:
        while first < end:
            start = number % RUNGS if pruning else RUNGS - 1
            size = min(_size(start) if pruning else UNPRUNED, end - first)
            yield Generation(first, size, rungs(steps)[start:])
            first, number = first + size, number + 1


def rungs(steps: int) -> tuple[int, ...]:
    """The steps of all rungs: 1/9, 1/3 and all of them."""
    return tuple(max(1, steps // REDUCTION**place) for place in reversed(range(RUNGS)))


def survivors(scores: Mapping[int, float | None]) -> list[int]:
    """The third of the trials with the highest scores, in order of their numbers; of equals, the first.

    At least one continues if any has a score.
    """
    scored = {number: score for number, score in scores.items() if score is not None}
    best = sorted(scored, key=lambda number: (-scored[number], number))
    return sorted(best[: max(1, len(scores) // REDUCTION)])


def _size(start: int) -> int:
    """The trials of a bracket that starts at a rung: each bracket costs about as much."""
    later = RUNGS - 1 - start
    return ceil(RUNGS / (later + 1) * REDUCTION**later)
