"""A checkpoint: everything that one lane needs to continue exactly where it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rlzoo.contracts.state import State

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class CheckpointTimes:
    """When checkpoints are taken, besides the moment at which training is stopped."""

    seconds: float | None = 600.0
    """Seconds between checkpoints."""
    steps: int | None = None
    """Environment steps of each lane between checkpoints."""
    at_end: bool = True
    """Whether the last one is taken once training is complete."""


@dataclass(frozen=True)
class Segment:
    """Some rows of a `Rows`, from number `first` up to `last`."""

    first: int
    last: int
    arrays: Mapping[str, np.ndarray] | None
    """Name to `[last - first, ...]`; None if an earlier checkpoint contains them."""


@dataclass(frozen=True)
class SegmentedRows:
    """What a checkpoint has in place of a `Rows`."""

    first: int
    last: int
    segments: Sequence[Segment]


@dataclass(frozen=True)
class Checkpoint:
    """The state of one lane at the end of a vector step."""

    step: int
    """Environment steps of the lane."""
    counts: Mapping[str, Any]
    """What the lane has done: steps, updates, episodes, ..."""
    state: State
    """Of a single lane, with `SegmentedRows` in place of `Rows`."""
