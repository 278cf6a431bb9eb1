from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlzoo.contracts import Checkpoint, CheckpointTimes, Rows
from rlzoo.contracts.errors import BadInput
from rlzoo.lanes.clock import Clock
from rlzoo.results.checkpoints import CheckpointFolder, is_whole, read_checkpoint
from rlzoo.training.checkpointing import MOST_SEGMENTS, Checkpointer, state_of

STATE = {
    "floats": [1.5, float("nan"), -float("inf"), 0.1],
    "empty": {},
    "none": None,
    "flag": True,
    "large": 2**62,
    "text": "ä\n",
    "inner": [{"array": np.arange(3, dtype=np.uint8)}, np.zeros((0, 4))],
    "number": np.float32(0.1),
    "scalar": np.array(3.0),
    "fortran": np.asfortranarray(np.arange(6).reshape(2, 3)),
    "bools": np.array([True, False]),
    "unsigned": np.array([2**63], np.uint64),
}


def numbered(first: int, last: int) -> Rows:
    """Rows whose content is their number."""
    return Rows(first, last, lambda lane, begin, end: {"number": np.arange(begin, end) + 1_000 * lane})


def take(checkpointer: Checkpointer, rows: Rows, step: int = 0, lanes: int = 1) -> list[Checkpoint]:
    clock = Clock(lanes)
    clock.steps = step
    return checkpointer.take({"buffer": {"rows": rows}}, clock, [{"episodes": 0}] * lanes)


def read_rows(path: Path) -> list[int]:
    rows = state_of(read_checkpoint(path))["buffer"]["rows"]
    return rows.read(0, rows.first, rows.last)["number"].tolist()


def same(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    array, back = np.asarray(one), np.asarray(other)
    return array.shape == back.shape and array.astype(back.dtype).tobytes() == back.tobytes()


def test_every_kind_of_state_comes_back(tmp_path: Path) -> None:
    CheckpointFolder(tmp_path).write(3, Checkpoint(70, {"episodes": 2, "diverged_at": None}, STATE))
    path = CheckpointFolder(tmp_path).newest(3)
    assert path is not None
    back = read_checkpoint(path)
    assert (back.step, back.counts) == (70, {"episodes": 2, "diverged_at": None})
    assert {key for key in STATE if not same(STATE[key], back.state[key])} == set()
    assert CheckpointFolder(tmp_path).newest(4) is None


def test_a_large_sequence_is_written_only_once(tmp_path: Path) -> None:
    folder, checkpointer = CheckpointFolder(tmp_path), Checkpointer([CheckpointTimes()], 1)
    for step, (first, last) in enumerate([(0, 100), (0, 110), (0, 120), (30, 130)]):
        (checkpoint,) = take(checkpointer, numbered(first, last), step)
        folder.write(0, checkpoint)
        newest = folder.newest(0)
        assert newest is not None
        assert read_rows(newest) == list(range(first, last))
    segments = sorted(path.name.split(".")[3] for path in folder.path.glob("seed-0.buffer.rows.*"))
    assert segments == ["0-100", "100-110", "110-120", "120-130"]


def test_what_no_checkpoint_needs_any_more_is_deleted(tmp_path: Path) -> None:
    folder, checkpointer = CheckpointFolder(tmp_path), Checkpointer([CheckpointTimes()], 1)
    for step in range(30):
        (checkpoint,) = take(checkpointer, numbered(20 * step, 20 * step + 100), step)
        folder.write(0, checkpoint)
    files = [path.name for path in folder.path.iterdir()]
    assert len(files) <= 2 + 7
    assert sorted(int(name.split(".")[1]) for name in files if name.split(".")[1].isdigit()) == [28, 29]


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=100))
def test_segments_cover_the_rows_without_gaps(moves: list[tuple[int, int]]) -> None:
    checkpointer = Checkpointer([CheckpointTimes()], 2)
    first = last = 0
    held: set[tuple[int, int]] = set()
    for forgotten, new in moves:
        last += new
        first = min(first + forgotten, last)
        for checkpoint in take(checkpointer, numbered(first, last), lanes=2):
            stored = checkpoint.state["buffer"]["rows"]
            bounds = [(segment.first, segment.last) for segment in stored.segments]
            assert bounds[0][0] <= first
            assert bounds[-1][1] == last
            assert all(one[1] == two[0] for one, two in pairwise(bounds))
            assert len(bounds) <= MOST_SEGMENTS + 1
            assert {it for it, segment in zip(bounds, stored.segments, strict=True) if segment.arrays is None} <= held
        held |= set(bounds)


def test_rows_that_continue_need_the_files_before_them(tmp_path: Path) -> None:
    folder, checkpointer = CheckpointFolder(tmp_path), Checkpointer([CheckpointTimes()], 1)
    take(checkpointer, numbered(0, 100))  # never written
    (checkpoint,) = take(checkpointer, numbered(0, 101), 1)
    with pytest.raises(BadInput, match=r"lacks `seed-0.buffer.rows.0-100` of an earlier checkpoint"):
        folder.write(0, checkpoint)
    assert folder.newest(0) is None


def test_a_resumed_run_adds_to_what_is_stored(tmp_path: Path) -> None:
    folder, clock = CheckpointFolder(tmp_path), Clock(1)
    folder.write(0, take(Checkpointer([CheckpointTimes()], 1), numbered(0, 100))[0])
    newest = folder.newest(0)
    assert newest is not None
    resumed = Checkpointer([CheckpointTimes()], 1)
    resumed.continue_from([read_checkpoint(newest)], clock)
    (checkpoint,) = take(resumed, numbered(0, 101), 1)
    assert [segment.arrays is None for segment in checkpoint.state["buffer"]["rows"].segments] == [True, False]


@pytest.mark.parametrize("kind", ["state", "rows"])
@pytest.mark.parametrize("how", ["flipped", "cut", "gone"])
def test_damage_is_noticed(tmp_path: Path, kind: str, how: str) -> None:
    folder, checkpointer = CheckpointFolder(tmp_path), Checkpointer([CheckpointTimes()], 1)
    for step in (1, 2):
        folder.write(0, take(checkpointer, numbered(0, 10**step), step)[0])
    newest = folder.newest(0)
    assert newest is not None
    path = newest if kind == "state" else next(folder.path.glob("*.0-100.*"))
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes(content if how == "flipped" else content[:-9])
    assert not is_whole(newest)
    before = folder.newest(0)
    assert before is not None
    assert read_rows(before) == list(range(10))


def test_checkpoints_can_be_copied_and_sent(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    folder = CheckpointFolder(tmp_path / "one")
    for seed, checkpoint in enumerate(take(Checkpointer([CheckpointTimes()], 2), numbered(0, 10), 5, lanes=2)):
        folder.write(seed, checkpoint)
    folder.copy(1, tmp_path / "other")
    copied = CheckpointFolder(tmp_path / "other")
    assert copied.newest(0) is None
    newest = copied.newest(1)
    assert newest is not None
    assert read_rows(newest)[0] == 1_000
    (segment,) = read_checkpoint(newest, whole=True).state["buffer"]["rows"].segments
    assert segment.arrays["number"].tolist() == list(range(1_000, 1_010))  # type: ignore[index]


def test_a_disk_that_is_almost_full_gets_no_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = 2**26

    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage)
    with pytest.raises(OSError, match=r"it needs [\d,]+ bytes, and 67,108,864 are free"):
        CheckpointFolder(tmp_path).write(0, Checkpoint(1, {}, {"array": np.zeros(9)}))
    assert list((tmp_path / "checkpoint").iterdir()) == []


@pytest.mark.parametrize(
    ("times", "due"),
    [
        ([], []),
        ([CheckpointTimes(None, 30)], [30, 60, 90]),
        ([CheckpointTimes(None, 30), CheckpointTimes(None, 50)], [30, 50, 60, 90, 100]),
        ([CheckpointTimes(0.0)], list(range(10, 110, 10))),
    ],
)
def test_checkpoints_are_due_at_their_times(times: list[CheckpointTimes], due: list[int]) -> None:
    checkpointer, clock, found = Checkpointer(times, 1), Clock(1), []
    for clock.steps in range(10, 110, 10):
        found += [clock.steps] * checkpointer.due(clock)
    assert found == due
    assert checkpointer.enabled == bool(times)
