from __future__ import annotations

import json
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

import rlzoo
from rlzoo.contracts import Component, Log, Observer, Run
from rlzoo.contracts.errors import BadInput, EnvironmentFailed, NotRepeatable, OptionError
from rlzoo.registry.catalog import Catalog
from rlzoo.registry.plugins import Plugins
from rlzoo.results.checkpoints import CheckpointFolder
from rlzoo.results.result import Interrupted, Result
from rlzoo.results.run_folder import RunFolder
from rlzoo.training.evaluation import Evaluator
from rlzoo.training.learner import Learner

from support.plugin_sources import plugin
from support.runs import train_tiny
from support.tiny import Counting, Random

CONSTANT = {"exploration.schedule": "constant", "exploration.start": 0.1}
TABLES = ("episodes.csv", "metrics.csv", "evaluations.csv")


@dataclass(frozen=True)
class CtrlC(Component):
    """Interrupts the run once a seed has made some steps."""

    at: int = 40

    def build(self) -> Observer:
        return CtrlCObserver(self.at)


class CtrlCObserver(Observer):
    def __init__(self, at: int) -> None:
        self.at: float = at

    def log(self, run: Run, log: Log) -> None:
        if log.step >= self.at and not run.resumed:
            self.at = np.inf
            os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture
def catalog() -> Catalog:
    catalog = Catalog(Plugins())
    catalog.plugins.register(plugin(rlzoo_observers={"ctrl-c": CtrlC}), "rlzoo-interrupting", "1.0")
    return catalog


def interrupted(path: Path, catalog: Catalog, at: int = 40, **options: Any) -> Path:
    """A run that was stopped by Ctrl-C; every second step is a chance to do so."""
    settings = {"train.log_every": 2, "ctrl-c.at": at, **options.pop("set", {})}
    with pytest.raises(Interrupted):
        train_tiny(path, catalog=catalog, observers=["ctrl-c"], set=settings, **options)
    return path


def content(path: Path) -> dict[str, Any]:
    """The tables, weights and counts of a run."""
    files = [*(path / name for name in TABLES), *sorted(path.glob("weights/**/*.safetensors"))]
    counts = json.loads((path / "manifest.json").read_text())["counts"]
    return {"counts": counts, **{str(it.relative_to(path)): it.read_bytes() for it in files if it.exists()}}


def changed_manifest(path: Path, **changes: Any) -> None:
    manifest = json.loads((path / "manifest.json").read_text())
    (path / "manifest.json").write_text(json.dumps(manifest | changes))


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"envs": 3, "eval_every": 20},
        {"eval_every": 20, "keep": "best"},
        {"buffer": "recent", "set": {"train.n_step": 3}},
        {"set": {"environment.engine": "gymnasium"}, "env": "CartPole-v1", "steps": 200},
        {"env": "CartPole-v1", "steps": 200},
        {"steps": None, "set": {"train.episodes": 12, **CONSTANT}},
    ],
    ids=str,
)
def test_a_resumed_run_has_the_bytes_of_one_that_was_not_stopped(
    tmp_path: Path, catalog: Catalog, options: dict[str, Any]
) -> None:
    steps, settings = options.get("steps", 100), {"train.log_every": 2, **options.get("set", {})}
    whole = train_tiny(tmp_path / "whole", catalog=catalog, **{**options, "set": settings})
    part = interrupted(tmp_path / "part", catalog, **options)
    before = json.loads((part / "manifest.json").read_text())
    assert before["status"] == "interrupted"
    assert any(counts["steps"] < (steps or 60) for counts in before["counts"].values())
    result = rlzoo.resume(part, catalog=catalog)
    assert content(part) == content(whole.path)
    assert result.manifest["status"] == "finished"
    assert result.manifest["started"] == before["started"]
    (entry,) = result.manifest["resumed"]
    assert all(0 < step < (steps or 60) for step in entry["steps"].values())


@pytest.mark.slow
@pytest.mark.parametrize("workers", [(1, 2), (2, 1), (2, 3)])
def test_the_number_of_workers_may_change(tmp_path: Path, catalog: Catalog, workers: tuple[int, int]) -> None:
    options: dict[str, Any] = {"seeds": 3, "env": "CartPole-v1", "steps": 4_000}
    whole = train_tiny(tmp_path / "whole", **options, set={"train.log_every": 2})
    part = interrupted(tmp_path / "part", catalog, 1_000, workers=workers[0], **options)
    rlzoo.resume(part, catalog=catalog, workers=workers[1])
    assert content(part) == content(whole.path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "at", "end"),
    [
        ({"env": "rlzoo-tests/Exploding-v0", "steps": 100}, 40, "diverged_at"),
        ({"env": "CartPole-v1", "stop_at": 12, "steps": 3_000}, 1_430, "stopped_at"),
    ],
    ids=["diverged", "stopped"],
)
def test_a_seed_that_has_diverged_or_stopped_stays_so(
    tmp_path: Path, catalog: Catalog, options: dict[str, Any], at: int, end: str
) -> None:
    whole = train_tiny(tmp_path / "whole", set={"train.log_every": 2}, seeds=4, **options)
    part = interrupted(tmp_path / "part", catalog, at, seeds=4, **options)
    ends = [counts[end] for counts in content(part)["counts"].values()]
    assert any(ends)
    assert not all(ends)
    rlzoo.resume(part, catalog=catalog)
    assert content(part) == content(whole.path)


def test_an_evaluation_that_was_cut_off_is_repeated(
    tmp_path: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train_tiny(tmp_path / "whole", eval_every=20, catalog=catalog)
    play = Evaluator.play

    def cut_off(self: Evaluator, act: Any, step: int, stopped: Any) -> Any:
        if step == 60:
            os.kill(os.getpid(), signal.SIGINT)
        return play(self, act, step, stopped)

    with monkeypatch.context() as patched:
        patched.setattr(Evaluator, "play", cut_off)
        with pytest.raises(Interrupted):
            train_tiny(tmp_path / "part", eval_every=20, catalog=catalog)
    assert set(RunFolder(tmp_path / "part").table("evaluations")["step"]) == {20, 40}
    rlzoo.resume(tmp_path / "part", catalog=catalog)
    assert content(tmp_path / "part") == content(whole.path)


@pytest.mark.slow
def test_a_finished_run_can_be_extended(tmp_path: Path) -> None:
    long = train_tiny(tmp_path / "long", steps=200, set={"train.schedule_steps": 100})
    short = train_tiny(tmp_path / "short", steps=100)
    with pytest.raises(OptionError, match=r"schedules of `exploration` are a fraction of the run: add `--keep-sche"):
        rlzoo.resume(short.path, steps=200)
    extended = rlzoo.resume(short.path, steps="200", schedules="keep")
    assert content(short.path) == content(long.path)
    assert extended.manifest["composition"]["train"] == long.manifest["composition"]["train"]


@pytest.mark.slow
def test_without_schedules_over_the_run_an_extension_is_a_longer_run(tmp_path: Path) -> None:
    long = train_tiny(tmp_path / "long", steps=200, set=CONSTANT)
    short = train_tiny(tmp_path / "short", steps=100, set=CONSTANT)
    rlzoo.resume(short.path, steps=200)
    assert content(short.path) == content(long.path)


def test_schedules_can_be_stretched(tmp_path: Path) -> None:
    short = train_tiny(tmp_path / "short", steps=100, set={"train.log_every": 25, "exploration.fraction": 1.0})
    result = rlzoo.resume(short.path, steps=200, schedules="stretch")
    epsilon = result.metrics.query("seed == 0").set_index("step")["epsilon"]
    assert epsilon[100] == pytest.approx(0.05)
    assert epsilon[150] == pytest.approx(1.0 - 0.95 * 150 / 200)


def test_a_run_that_counts_episodes_can_be_extended(tmp_path: Path) -> None:
    long = train_tiny(tmp_path / "long", steps=None, set={"train.episodes": 20, **CONSTANT})
    short = train_tiny(tmp_path / "short", steps=None, set={"train.episodes": 10, **CONSTANT})
    rlzoo.resume(short.path, episodes=20)
    assert content(short.path) == content(long.path)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "is finished; to extend it, use `--steps` with more than 100"),
        ({"steps": 100, "schedules": "keep"}, "is finished; to extend it, use `--steps` with more than 100"),
        ({"steps": 60, "schedules": "keep"}, "is finished; to extend it, use `--steps` with more than 100"),
        ({"steps": "many"}, "`train.steps` must be an int >= 1 or none, got many"),
        ({"episodes": 10}, "the run counts steps; extend it with `--steps N`"),
        ({"schedules": "keep"}, "`--keep-schedules` has no effect without `--steps`"),
        ({"steps": 200, "schedules": "keep", "device": "tpu"}, "unknown device `tpu`"),
        ({"steps": 200, "schedules": "keep", "observers": ["tensorbord"]}, "unknown observer `tensorbord`"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(tmp_path: Path, options: dict[str, Any], says: str) -> None:
    path = train_tiny(tmp_path / "r", steps=100).path
    before = {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}
    with pytest.raises(BadInput) as refusal:
        rlzoo.resume(path, **options)
    assert says in str(refusal.value)
    assert {file: file.read_bytes() for file in path.rglob("*") if file.is_file()} == before


def test_a_folder_without_a_run_or_with_one_that_is_going_on_is_refused(tmp_path: Path, catalog: Catalog) -> None:
    with pytest.raises(BadInput, match="is not a run"):
        rlzoo.resume(tmp_path / "nothing")
    part = interrupted(tmp_path / "part", catalog)
    changed_manifest(part, status="running", process={"host": os.uname().nodename, "pid": os.getpid()})
    with pytest.raises(BadInput, match=rf"is still running \(process {os.getpid()}\)"):
        rlzoo.resume(part, catalog=catalog)
    changed_manifest(part, status="running", process={"host": "elsewhere", "pid": 1})
    with pytest.raises(BadInput, match="is still running"):
        rlzoo.resume(part, catalog=catalog)
    for file in part.rglob("*"):
        os.utime(file, (0, 0))
    assert not RunFolder(part).running  # it has written nothing for a long time


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"versions": {"torch": "1.0"}}, "torch is 2.13.0"),
        ({"versions": {"rlzoo-gone": "1.0"}}, ""),
        ({"machine": "Plan9 mips"}, ", not Plan9 mips"),
        ({"device": "cuda"}, "the device is cpu, not cuda"),
    ],
    ids=str,
)
def test_what_has_changed_is_named_and_may_be_accepted(
    tmp_path: Path, catalog: Catalog, change: Mapping[str, Any], says: str
) -> None:
    part = interrupted(tmp_path / "part", catalog)
    changed_manifest(part, **change)
    if says:
        with pytest.raises(BadInput, match=f"would not continue bit-identically: .*{says}.*--inexact"):
            rlzoo.resume(part, catalog=catalog, device="cpu")
    result = rlzoo.resume(part, catalog=catalog, device="cpu", inexact=bool(says))
    assert result.manifest["status"] == "finished"
    assert says in " ".join(result.manifest["resumed"][0]["changes"])


class Moody(Counting):
    """Gives other observations in every process that plays it, whatever the seed."""

    moods = np.random.default_rng()

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[np.ndarray, dict[str, Any]]:
        observation, info = super().reset(seed=seed)
        self.mood = float(self.moods.normal())
        return observation + self.mood, info

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        observation, *rest = super().step(action)
        return observation + self.mood, *rest


class Failing(Counting):
    """Fails once, in the step that `broken` says; then that is mended."""

    broken: int | None = None
    steps = 0

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        type(self).steps += 1
        if type(self).steps == type(self).broken:
            raise RuntimeError("a loose cable")
        return super().step(action)


gymnasium.register("rlzoo-tests/Moody-v0", Moody)
gymnasium.register("rlzoo-tests/Failing-v0", Failing)
gymnasium.register("rlzoo-tests/Exploding-v0", Random, kwargs={"explode_at": 3})


def test_an_environment_that_does_not_repeat_itself_is_found_before_anything_changes(
    tmp_path: Path, catalog: Catalog
) -> None:
    part = interrupted(tmp_path / "part", catalog, 43, env="rlzoo-tests/Moody-v0")
    before = content(part)
    with pytest.raises(NotRepeatable, match=r"environment 0 of seed 0 is not deterministic: .* `--inexact`"):
        rlzoo.resume(part, catalog=catalog)
    assert content(part) == before
    result = rlzoo.resume(part, catalog=catalog, inexact=True)
    assert result.manifest["status"] == "finished"
    assert set(result.episodes["length"]) == {5}  # the running episode was abandoned


@pytest.mark.slow
@pytest.mark.parametrize("broken", [1, 60, 61, 62, 65])
def test_a_run_whose_environment_failed_continues_where_it_failed(
    tmp_path: Path, broken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train_tiny(tmp_path / "whole", env="rlzoo-tests/Failing-v0")
    monkeypatch.setattr(Failing, "broken", broken)
    monkeypatch.setattr(Failing, "steps", 0)
    with pytest.raises(EnvironmentFailed, match="a loose cable"):
        train_tiny(tmp_path / "part", env="rlzoo-tests/Failing-v0")
    monkeypatch.setattr(Failing, "broken", None)
    result = rlzoo.resume(tmp_path / "part")
    assert content(tmp_path / "part") == content(whole.path)
    steps = result.manifest["resumed"][0]["steps"]
    assert steps == {"0": (broken - 1) // 2, "1": (broken - 1) // 2}


@pytest.mark.slow
def test_a_failure_between_two_updates_of_a_step_continues_from_the_checkpoint_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"train.updates": 3, "train.log_every": 2}
    whole = train_tiny(tmp_path / "whole", set=settings)
    update, calls = Learner.update, []

    def failing(self: Learner, batch: Any) -> Any:
        calls.append(1)
        if len(calls) == 14:  # the second of three
            raise RuntimeError("out of luck")
        return update(self, batch)

    with monkeypatch.context() as patched:
        patched.setattr(Learner, "update", failing)
        with pytest.raises(RuntimeError, match="out of luck"):
            train_tiny(tmp_path / "part", set=settings, checkpoint_every=15)
    result = rlzoo.resume(tmp_path / "part")
    assert result.manifest["resumed"][0]["steps"] == {"0": 45, "1": 45}
    assert content(tmp_path / "part") == content(whole.path)


@pytest.mark.slow
@pytest.mark.parametrize("damaged", [1, 2])
def test_a_damaged_checkpoint_is_noticed_and_the_one_before_is_used(
    tmp_path: Path, catalog: Catalog, damaged: int, caplog: pytest.LogCaptureFixture
) -> None:
    whole = train_tiny(tmp_path / "whole", set={"train.log_every": 2})
    part = interrupted(tmp_path / "part", catalog, 50, checkpoint_every=10)
    states = sorted((part / "checkpoint").glob("seed-0.*"), key=lambda path: path.stat().st_mtime_ns)
    states = [path for path in states if path.name.split(".")[1].isdigit()]
    assert len(states) == 2
    for path in states[-damaged:]:
        content_ = bytearray(path.read_bytes())
        content_[len(content_) // 2] ^= 1
        path.write_bytes(content_)
    result = rlzoo.resume(part, catalog=catalog)
    assert content(part) == content(whole.path)
    steps = result.manifest["resumed"][0]["steps"]
    assert steps.get("0") == (None if damaged == 2 else 40)
    assert steps["1"] == 50
    assert ("no checkpoint for seed 0: starting from the beginning" in caplog.text) == (damaged == 2)


def test_tables_that_lost_rows_are_refused(tmp_path: Path, catalog: Catalog) -> None:
    part = interrupted(tmp_path / "part", catalog, 60)
    lines = (part / "episodes.csv").read_text().splitlines(keepends=True)
    (part / "episodes.csv").write_text("".join([*lines[:1], *lines[3:]]))
    with pytest.raises(BadInput, match=r"episodes.csv` has 1\d episodes of seed \d up to step .*its checkpoint counts"):
        rlzoo.resume(part, catalog=catalog)
    (part / "episodes.csv").write_text("what?\n")
    with pytest.raises(BadInput, match=r"episodes.csv` is damaged, so the run cannot be resumed"):
        rlzoo.resume(part, catalog=catalog)


@pytest.mark.slow
def test_a_killed_process_leaves_half_a_line(tmp_path: Path, catalog: Catalog) -> None:
    whole = train_tiny(tmp_path / "whole", set={"train.log_every": 2})
    part = interrupted(tmp_path / "part", catalog, 60)
    with (part / "episodes.csv").open("a") as table:
        table.write("0,99,62,1.0")
    rlzoo.resume(part, catalog=catalog)
    assert content(part) == content(whole.path)


def test_an_unfinished_run_cannot_become_shorter_than_it_is(tmp_path: Path, catalog: Catalog) -> None:
    part = interrupted(tmp_path / "part", catalog, 60)
    with pytest.raises(BadInput, match="already has 60 steps per seed, more than 20"):
        rlzoo.resume(part, catalog=catalog, steps=20, schedules="keep")


@pytest.mark.slow
@pytest.mark.parametrize("left", [(), ("episodes.csv",)])
def test_a_run_that_was_killed_before_it_had_tables_begins_again(
    tmp_path: Path, catalog: Catalog, left: tuple[str, ...]
) -> None:
    whole = train_tiny(tmp_path / "whole", set={"train.log_every": 2})
    part = interrupted(tmp_path / "part", catalog, checkpoint_every="never")
    for table in part.glob("*.csv"):
        table.write_bytes(b"") if table.name in left else table.unlink()
    rlzoo.resume(part, catalog=catalog)
    assert content(part) == content(whole.path)


@pytest.mark.slow
def test_without_checkpoints_a_run_begins_again(
    tmp_path: Path, catalog: Catalog, caplog: pytest.LogCaptureFixture
) -> None:
    whole = train_tiny(tmp_path / "whole", set={"train.log_every": 2})
    part = interrupted(tmp_path / "part", catalog, 60, checkpoint_every="never")
    assert not (part / "checkpoint").exists()
    rlzoo.resume(part, catalog=catalog)
    assert content(part) == content(whole.path)
    assert "no checkpoint for seed 0, 1: starting from the beginning" in caplog.text


def test_a_checkpoint_that_cannot_be_written_costs_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", str(tmp_path / "x"))

    monkeypatch.setattr(CheckpointFolder, "write", full)
    assert train_tiny(tmp_path / "r").manifest["status"] == "finished"
    assert "no checkpoint could be written" in caplog.text
    assert "training continues" in caplog.text


def test_the_result_of_a_resumed_run_is_one(tmp_path: Path, catalog: Catalog) -> None:
    part = interrupted(tmp_path / "part", catalog)
    assert isinstance(rlzoo.resume(str(part), catalog=catalog), Result)
