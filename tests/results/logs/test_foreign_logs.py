from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rlzoo.contracts.errors import BadInput, OptionError
from rlzoo.results.curves import QUANTITIES, read_curves
from rlzoo.results.logs.logged_run import up_to
from rlzoo.results.logs.reading import check_columns, read_run
from rlzoo.results.run_folder import RunFolder

from support.foreign_logs import write_cleanrl, write_csv, write_monitor
from support.runs import write_run

ONE = [(5, 1.0), (7, 2.5), (3, -1.0)]
OTHER = [(4, 0.0), (4, 8.0)]
STEPS = {0: [5, 12, 15], 1: [4, 8]}
RETURNS = {0: [1.0, 2.5, -1.0], 1: [0.0, 8.0]}


def column(run: RunFolder, name: str) -> dict[int, list[float]]:
    return {int(str(seed)): rows[name].tolist() for seed, rows in run.table("episodes").groupby("seed")}


def check_both(run: RunFolder, algorithm: str | None = None, environment: str = "CartPole-v1") -> None:
    assert run.seeds == [0, 1]
    assert column(run, "step") == STEPS
    assert column(run, "return") == RETURNS
    assert (run.environment, run.status, run.diverged) == (environment, "finished", {})
    assert algorithm is None or run.algorithm == algorithm


@pytest.mark.parametrize("name", ["0.monitor.csv", "monitor.csv"])
def test_folders_of_monitor_files_are_seeds(name: str, tmp_path: Path) -> None:
    write_monitor(tmp_path / "dqn" / "CartPole-v1_2" / name, ONE)
    write_monitor(tmp_path / "dqn" / "CartPole-v1_10" / name, OTHER)
    check_both(read_run(tmp_path / "dqn"), "dqn")
    assert column(read_run(tmp_path / "dqn"), "length") == {0: [5, 7, 3], 1: [4, 4]}


def test_so_are_files_with_names_of_their_own(tmp_path: Path) -> None:
    write_monitor(tmp_path / "a.monitor.csv", ONE)
    write_monitor(tmp_path / "b.monitor.csv", OTHER)
    check_both(read_run(tmp_path))
    alone = read_run(tmp_path / "b.monitor.csv")
    assert column(alone, "return") == {0: RETURNS[1]}


def test_numbered_files_are_environments_of_one_seed(tmp_path: Path) -> None:
    """With two environments, an episode of length 5 ends after 10 steps of both."""
    write_monitor(tmp_path / "0.monitor.csv", ONE)
    write_monitor(tmp_path / "1.monitor.csv", OTHER)
    run = read_run(tmp_path)
    assert run.seeds == [0]
    assert column(run, "step") == {0: [8, 10, 16, 24, 30]}
    assert column(run, "return") == {0: [0.0, 1.0, 8.0, 2.5, -1.0]}


@pytest.mark.parametrize("tail", ["", "1.0", "1.0,", "-3"])
def test_a_row_that_was_cut_off_is_left_out(tail: str, tmp_path: Path) -> None:
    path = write_monitor(tmp_path / "a.monitor.csv", ONE, tail=tail)
    assert column(read_run(path), "return") == {0: RETURNS[0]}


def test_event_files_of_cleanrl_are_seeds(tmp_path: Path) -> None:
    write_cleanrl(tmp_path, 2, ONE)
    folder = write_cleanrl(tmp_path, 10, OTHER)
    check_both(read_run(tmp_path), "dqn")
    assert column(read_run(folder), "step") == {0: STEPS[1]}
    (file,) = folder.iterdir()
    assert column(read_run(file), "length") == {0: [4, 4]}


@pytest.mark.parametrize("columns", ["seed,step,return,env_id", "seed,global_step,episodic_return,environment"])
def test_the_columns_of_csv_files_are_found_by_name(columns: str, tmp_path: Path) -> None:
    rows = [(seed, step, value, "Acrobot-v1") for seed in (7, 3) for step, value in _rows(seed == 7)]
    check_both(read_run(write_csv(tmp_path / "log.csv", columns, rows)), environment="Acrobot-v1")


def _rows(second: bool) -> list[tuple[float, float]]:
    return list(zip(STEPS[second], RETURNS[second], strict=True))


def test_the_columns_of_csv_files_can_be_given(tmp_path: Path) -> None:
    rows = [("", 3, ""), *((step, "", value) for step, value in _rows(False))]
    path = write_csv(tmp_path / "log.csv", "t,loss,my return", rows)
    run = read_run(path, {"step": "t", "return": "my return"})
    assert column(run, "return") == {0: RETURNS[0]}, "rows without a return are left out"
    with pytest.raises(BadInput, match="has no column `returns`; it has loss, my return, t"):
        read_run(path, {"step": "t", "return": "returns"})
    with pytest.raises(OptionError, match="unknown column `reward`; choose step, return, length, seed, environment"):
        check_columns({"reward": "r"})


def test_a_folder_of_csv_files_has_a_seed_in_each(tmp_path: Path) -> None:
    for seed in (0, 1):
        write_csv(tmp_path / f"{seed}.csv", "step,return", _rows(bool(seed)))
    check_both(read_run(tmp_path), environment="")


def test_curves_are_those_of_the_same_run_of_rlzoo(tmp_path: Path) -> None:
    rows = [(seed, step, value) for seed in (0, 1) for step, value in _rows(bool(seed))]
    own = write_run(tmp_path / "own", rows)
    foreign = read_run(write_csv(tmp_path / "log.csv", "seed,step,return", rows))
    one, other = (read_curves(run, QUANTITIES["return"], 2) for run in (own, foreign))
    np.testing.assert_array_equal(one.values, other.values)
    np.testing.assert_array_equal(one.steps, other.steps)
    with pytest.raises(BadInput, match="has no column `length`"):
        read_curves(foreign, QUANTITIES["length"], 2)
    with pytest.raises(BadInput, match="has no evaluations"):
        read_curves(foreign, QUANTITIES["evaluation"], 2)


def test_a_run_is_cut_and_its_seeds_numbered(tmp_path: Path) -> None:
    own = write_run(
        tmp_path / "own",
        [(7, 10, 1.0), (7, 20, 2.0), (3, 15, 3.0)],
        [(7, 10, 5.0), (3, 20, 6.0)],
        seeds=(7, 3),
        diverged={7: 25, 3: 15},
    )
    cut = up_to(own, 15, "")
    assert cut.seeds == [0, 1]
    assert column(cut, "return") == {0: [3.0], 1: [1.0]}
    assert cut.table("evaluations")[["seed", "return"]].to_numpy().tolist() == [[1, 5.0]]
    assert cut.diverged == {0: 15}
    assert len(up_to(own, None, "").table("episodes")) == 3


UNREADABLE: dict[str, tuple[str, str | bytes, str]] = {
    "empty": ("a.monitor.csv", "", "is not a monitor file of Stable-Baselines3: "),
    "no header": ("a.monitor.csv", "r,l,t\n1,2,3\n", "is not a monitor file of Stable-Baselines3: "),
    "other columns": ("a.monitor.csv", '#{"t_start": 1}\nx,y\n1,2\n', "it has no column 'r'"),
    "text": ("a.monitor.csv", '#{"t_start": 1}\nr,l,t\nhello,2,1\n', "could not convert string to float"),
    "bytes": ("a.monitor.csv", b"\xff\xfe\x00", "is not a monitor file"),
    "a hole": ("a.monitor.csv", '#{"t_start": 1}\nr,l,t\n,2,1\n1,2,3\n', "it has episodes without return or length"),
    "no length": (
        "a.monitor.csv",
        '#{"t_start": 1}\nr,l,t\n1,0,1\n1,2,3\n',
        "it has episodes without return or length",
    ),
    "no episodes": ("a.monitor.csv", '#{"t_start": 1}\nr,l,t\n', "has no finished episodes"),
    "not events": ("events.out.tfevents.1", b"garbage" * 9, "has no `charts/episodic_return`"),
    "no return": ("a.csv", "step,loss\n1,2\n", "has no column for the return; name one of loss, step with `--column"),
    "words": ("a.csv", "step,return\n1,two\n", "the column `return` is not of numbers"),
    "nothing": ("a.csv", "", "is not a CSV file: No columns to parse"),
    "not csv": ("a.csv", b"\xff\x00\xfe", "is not a CSV file"),
    "ragged": ("a.csv", "step,return\n1,2\n1,2,3,4\n", "is not a CSV file"),
    "several places": ("a.csv", "step,return,env\n1,2,a\n1,2,b\n", "has several environments: a, b"),
    "unknown kind": ("a.txt", "step,return\n", "is not a log that rlzoo reads"),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_log_that_cannot_be_read_is_a_line(kind: str, tmp_path: Path) -> None:
    name, content, says = UNREADABLE[kind]
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BadInput) as caught:
        read_run(path)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_no_log_is_not_a_run(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(BadInput, match=r"is not a run: it has no manifest\.json"):
            read_run(path)


def test_several_environments_are_refused(tmp_path: Path) -> None:
    write_monitor(tmp_path / "a.monitor.csv", ONE)
    write_monitor(tmp_path / "b.monitor.csv", ONE, "Acrobot-v1")
    with pytest.raises(BadInput, match="has logs of several environments: CartPole-v1, Acrobot-v1; give one at a time"):
        read_run(tmp_path)


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cleanrl(tmp_path, 1, ONE)
    blocked: dict[str, Any] = {"tensorboard.backend.event_processing.event_accumulator": None}
    for name, module in blocked.items():
        monkeypatch.setitem(sys.modules, name, module)
    with pytest.raises(BadInput, match="run `pip install tensorboard`"):
        read_run(tmp_path)
