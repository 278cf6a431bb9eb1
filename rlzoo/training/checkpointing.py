"""When checkpoints are taken, and what each lane's contains."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rlzoo.contracts import Checkpoint, CheckpointTimes, Rows, Segment, SegmentedRows, State
from rlzoo.lanes.clock import Clock, Interval
from rlzoo.training.lane_states import split_state

MOST_SEGMENTS = 64
"""Rows are stored as a whole again rather than in more pieces than this."""

Bounds = tuple[int, int]
"""The first row of a segment, and the one after its last."""


class Checkpointer:
    """Takes checkpoints of `lanes` lanes, in which rows that an earlier one contains are only mentioned."""

    def __init__(self, times: Sequence[CheckpointTimes], lanes: int) -> None:
        self.enabled, self.at_end = bool(times), any(it.at_end for it in times)
        self._seconds = min((it.seconds for it in times if it.seconds is not None), default=None)
        self._intervals = [Interval(it.steps, "steps") for it in times if it.steps is not None]
        self._last = time.monotonic()
        self._stored: list[dict[str, list[Bounds]]] = [{} for _ in range(lanes)]  # by the name of the rows

    def next(self, clock: Clock) -> int | None:
        """The step at which the next one is due; None where only the time decides."""
        return min((step for it in self._intervals if (step := it.next(clock)) is not None), default=None)

    def due(self, clock: Clock) -> bool:
        """Whether it is time for a checkpoint."""
        crossed = [interval.crossings(clock) for interval in self._intervals]
        if not any(crossed) and (self._seconds is None or time.monotonic() - self._last < self._seconds):
            return False
        self._last = time.monotonic()
        return True

    def take(self, state: State, clock: Clock, counts: Sequence[Mapping[str, Any]]) -> list[Checkpoint]:
        """The checkpoint of each lane; `counts` are those of the lanes."""
        return [
            Checkpoint(clock.steps, counts[lane], self._segmented(lane_state, lane, ""))
            for lane, lane_state in enumerate(split_state(state, len(counts)))
        ]

    def continue_from(self, checkpoints: Sequence[Checkpoint], clock: Clock) -> None:
        """Remember which rows are stored already, and that no checkpoint is due yet."""
        for interval in self._intervals:
            interval.crossings(clock)
        for lane, checkpoint in enumerate(checkpoints):
            self._remember(checkpoint.state, lane, "")

    def _remember(self, value: Any, lane: int, name: str) -> None:
        if isinstance(value, Mapping):
            for key, item in value.items():
                self._remember(item, lane, f"{name}.{key}")
        elif isinstance(value, SegmentedRows):
            self._stored[lane][name] = [(segment.first, segment.last) for segment in value.segments]

    def _segmented(self, value: Any, lane: int, name: str) -> Any:
        """The state with segments in place of rows."""
        if isinstance(value, Mapping):
            return {key: self._segmented(item, lane, f"{name}.{key}") for key, item in value.items()}
        if not isinstance(value, Rows):
            return value
        kept, new = _segments(self._stored[lane].get(name, []), value.first, value.last)
        self._stored[lane][name] = kept + new
        segments = [Segment(*bounds, arrays=None) for bounds in kept]
        segments += [Segment(*bounds, arrays=value.read(0, *bounds)) for bounds in new]
        return SegmentedRows(value.first, value.last, segments)


def _segments(stored: Sequence[Bounds], first: int, last: int) -> tuple[list[Bounds], list[Bounds]]:
    """The segments in which rows `first` to `last` are stored: those that are still needed, and new ones.

    They are stored as a whole where half of them are new anyway, or there are too many pieces.
    """
    needed = [bounds for bounds in stored if bounds[1] > first]
    begin = needed[-1][1] if needed else first
    if 2 * (last - begin) >= last - first or len(needed) >= MOST_SEGMENTS:
        return [], [(first, last)]
    return needed, [(begin, last)] if begin < last else []


def state_of(checkpoint: Checkpoint) -> State:
    """The state of a checkpoint, with its rows."""
    return {name: _with_rows(value) for name, value in checkpoint.state.items()}


def _with_rows(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _with_rows(item) for key, item in value.items()}
    return _rows(value) if isinstance(value, SegmentedRows) else value


def _rows(stored: SegmentedRows) -> Rows:
    def read(_: int, begin: int, end: int) -> Mapping[str, np.ndarray]:
        parts = [_part(it, begin, end) for it in stored.segments if it.first < end and it.last > begin]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    return Rows(stored.first, stored.last, read)


def _part(segment: Segment, begin: int, end: int) -> Mapping[str, np.ndarray]:
    """The rows of a segment that are among rows `begin` to `end`."""
    assert segment.arrays is not None
    inside = slice(max(begin, segment.first) - segment.first, min(end, segment.last) - segment.first)
    return {name: array[inside] for name, array in segment.arrays.items()}
