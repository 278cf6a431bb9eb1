"""What the loggers wrote is read back and compared with the run's own tables."""

from __future__ import annotations

import json
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData
from wandb.proto.wandb_internal_pb2 import Record

import rlzoo
from rlzoo.cli import main
from rlzoo.results.result import Result
from rlzoo.testing import rules_of

SEEDS = [3, 1]


def trained(out: Path, observer: str, **options: object) -> Result:
    """A small run with rows of metrics and evaluations, observed with these options."""
    small = {"train.learning_starts": 60, "train.log_every": 100, "train.eval_episodes": 2, "target.period": 50}
    return rlzoo.train(
        "dqn",
        "rlzoo-probe/vector-v0",
        steps=300,
        seeds=SEEDS,
        eval_every=150,
        set=small | {f"{observer}.{name}": value for name, value in options.items()},
        out=out,
        observers=[observer],
    )


def expected(result: Result, seed: int) -> dict[str, list[tuple[int, float]]]:
    """Name to (step, number), from the run's own tables."""
    tables = {name: table[table.seed == seed] for name, table in _tables(result).items()}
    series = {
        "train/return": _pairs(tables["episodes"], "return"),
        "train/length": _pairs(tables["episodes"], "length"),
    }
    for name in tables["metrics"].columns[3:]:
        series[f"metrics/{name}"] = _pairs(tables["metrics"].dropna(subset=name), name)
    means = tables["evaluations"].groupby("step").mean().reset_index()
    return series | {f"evaluation/{name}": _pairs(means, name) for name in ("return", "length")}


def _tables(result: Result) -> dict[str, Any]:
    return {"episodes": result.episodes, "metrics": result.metrics, "evaluations": result.evaluations}


def _pairs(table: Any, name: str) -> list[tuple[int, float]]:
    return [(int(step), float(value)) for step, value in zip(table.step, table[name], strict=True)]


def same(got: dict[str, list[tuple[int, float]]], wanted: dict[str, list[tuple[int, float]]]) -> None:
    """Compare names, steps and numbers; TensorBoard keeps these as float32."""
    assert got.keys() == wanted.keys()
    for name, pairs in wanted.items():
        assert [step for step, _ in got[name]] == [step for step, _ in pairs], name
        assert [value for _, value in got[name]] == pytest.approx([value for _, value in pairs], rel=1e-6), name


@pytest.mark.slow
def test_tensorboard_has_a_series_for_each_seed(tmp_path: Path) -> None:
    result = trained(tmp_path / "run", "tensorboard")
    for seed in SEEDS:
        events = EventAccumulator(str(result.path / "tensorboard" / f"seed-{seed}")).Reload()
        series = {name: [(it.step, it.value) for it in events.Scalars(name)] for name in events.Tags()["scalars"]}
        ((step, value),) = series.pop("result/return")
        own = result.episodes[result.episodes.seed == seed]
        assert (step, value) == (300, pytest.approx(own["return"].tail(100).mean(), rel=1e-6))
        same(series, expected(result, seed))


def test_tensorboard_has_the_settings(tmp_path: Path) -> None:
    result = trained(tmp_path / "run", "tensorboard")
    events = EventAccumulator(str(result.path / "tensorboard" / "seed-3")).Reload()
    content = events.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    told = HParamsPluginData.FromString(content).session_start_info.hparams
    assert told["seed"].number_value == 3
    assert told["algorithm"].string_value == "dqn"
    assert told["target.period"].number_value == 50
    assert told["network.hidden"].string_value == "[120, 84]"


def records(file: Path) -> Iterator[Record]:
    """The records of a `.wandb` file: LevelDB's log format, blocks of 32 KiB, after a header of seven bytes."""
    content, place, whole = file.read_bytes(), 7, b""
    while place + 7 <= len(content):
        if 32768 - place % 32768 < 7:
            place += 32768 - place % 32768
            continue
        length, kind = struct.unpack("<4xHB", content[place : place + 7])
        whole += content[place + 7 : place + 7 + length]
        place += 7 + length
        if kind in (1, 4):  # whole, or the last part of several
            yield Record.FromString(whole)
            whole = b""


@pytest.mark.slow
def test_tensorboard_writes_to_a_folder(tmp_path: Path) -> None:
    result = trained(tmp_path / "the-run", "tensorboard", folder=str(tmp_path / "logs"))
    assert {path.name for path in (tmp_path / "logs" / "the-run").iterdir()} == {f"seed-{seed}" for seed in SEEDS}
    assert not (result.path / "tensorboard").exists()
    assert result.manifest["observers"]["tensorboard"] == {"folder": str(tmp_path / "logs")}


@pytest.mark.slow
def test_wandb_takes_a_project_and_a_mode(tmp_path: Path) -> None:
    result = trained(tmp_path / "the-run", "wandb", project="frozen-lakes", mode="offline")
    for file in (result.path / "wandb").glob("offline-run-*/run-*.wandb"):
        (run,) = [it.run for it in records(file) if it.WhichOneof("record_type") == "run"]
        assert run.project == "frozen-lakes"
    assert len(list((result.path / "wandb").glob("offline-run-*"))) == len(SEEDS)


@pytest.mark.slow
def test_wandb_has_a_run_for_each_seed_in_a_group_offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WANDB_MODE", "WANDB_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    result = trained(tmp_path / "the-run", "wandb")
    found = {}
    for file in (result.path / "wandb").glob("offline-run-*/run-*.wandb"):
        kept = list(records(file))
        (run,) = [it.run for it in kept if it.WhichOneof("record_type") == "run"]
        config = {item.key: json.loads(item.value_json) for item in run.config.update}
        assert (run.project, run.run_group) == ("rlzoo", "the-run")
        assert run.display_name == f"the-run-seed-{config['seed']}"
        assert config["target.period"] == 50
        found[config["seed"]] = kept
    assert found.keys() == set(SEEDS)
    for seed, kept in found.items():
        same(_series(kept), expected(result, seed))
        assert _last(kept, "exit").exit.exit_code == 0


def _series(kept: list[Record]) -> dict[str, list[tuple[int, float]]]:
    series: dict[str, list[tuple[int, float]]] = {}
    for row in (it.history for it in kept if it.WhichOneof("record_type") == "history"):
        told = {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in row.item}
        for name in told.keys() - {"step"}:
            if not name.startswith("_"):
                series.setdefault(name, []).append((told["step"], told[name]))
    return series


def _last(kept: list[Record], kind: str) -> Record:
    return [it for it in kept if it.WhichOneof("record_type") == kind][-1]


@pytest.mark.parametrize(("observer", "module"), [("tensorboard", "tensorboardX"), ("wandb", "wandb")])
def test_a_missing_library_is_told_with_its_extra_before_anything_runs(
    observer: str, module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    assert main(["run", "dqn", "--observer", observer, "--out", str(tmp_path / "run")]) == 2
    said = f"observer `{observer}` needs {module}: pip install 'rlzoo-loggers[{observer}]'"
    assert said in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(("rule", "case"), rules_of("rlzoo-loggers"), ids=lambda it: it.name)
def test_keeps_the_rule(rule: Any, case: Any) -> None:
    rule(case)
