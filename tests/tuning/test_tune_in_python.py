"""A search from end to end."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import rlzoo
from rlzoo.components.executors.in_process import InProcess
from rlzoo.contracts import Event, Failed, Stop, Work
from rlzoo.contracts.errors import BadInput, NotRepeatable, RunFailed
from rlzoo.results.run_folder import RunFolder
from rlzoo.tuning.result import TuningResult

from support.tiny import CATALOG

COUNTING = "rlzoo-tests/Counting-v0"
EVALUATED = {"train.eval_episodes": 2, "train.keep": "best"}
SMALL: dict[str, Any] = {
    "set": {"train.learning_starts": 10, "train.batch_size": 8, "train.log_every": 25, **EVALUATED},
    "steps": 90,
    "trials": 11,
    "seeds": 2,
    "test_seeds": 8,
    "workers": 1,
    "quiet": True,
    "catalog": CATALOG,
}
SPACE = {"optimizer.lr": "1e-4..1e-1:log", "network.hidden": "8;8,8"}


def search(out: Path, env: str = COUNTING, **changes: Any) -> TuningResult:
    return rlzoo.tune("dqn", env, search=SPACE, out=out, **{**SMALL, **changes})


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> TuningResult:
    return search(tmp_path_factory.mktemp("tune") / "s")


def folder(result: TuningResult, trial: int, steps: int) -> RunFolder:
    name = f"trial {trial} to {steps} steps"
    return RunFolder(next(result.path.glob(f"search/trials/{name}/*/seeds-0-1")))


@pytest.mark.slow
def test_poor_trials_stop_early_and_the_best_third_goes_on(result: TuningResult) -> None:
    first = result.trials[:9]
    assert first["steps"].value_counts().to_dict() == {10: 6, 30: 2, 90: 1}
    assert list(first["state"] == "complete") == list(first["steps"] == 90)
    assert not list(result.path.glob("search/trials/trial 9 to 10 steps"))  # the second bracket starts later


def test_the_score_is_the_mean_greedy_return_at_the_rung(result: TuningResult) -> None:
    for row in result.trials.to_dict("records"):
        evaluations = folder(result, int(row["trial"]), int(row["steps"])).table("evaluations")
        assert set(evaluations["step"]) == {row["steps"]}
        assert row["score"] == pytest.approx(evaluations.groupby("seed")["return"].mean().mean())


def test_a_trial_that_continues_has_the_bytes_of_one_that_trained_at_once(result: TuningResult, tmp_path: Path) -> None:
    winner = result.trials[:9].query("state == 'complete'").index[0]
    run = folder(result, winner, 90)
    assert [resumed["steps"] for resumed in run.manifest["resumed"]] == [{"0": 30, "1": 30}]
    rlzoo.train(config=run.path / "manifest.json", out=tmp_path / "r", catalog=CATALOG, checkpoint_every="never")
    compared = [path for path in sorted(run.path.rglob("*")) if path.suffix in (".csv", ".safetensors")]
    assert len(compared) == 7  # three tables, and the last and the best weights of two seeds
    for path in compared:
        assert (tmp_path / "r" / path.relative_to(run.path)).read_bytes() == path.read_bytes(), path.name


def test_no_checkpoints_are_left(result: TuningResult) -> None:
    assert not [*result.path.rglob("checkpoint"), *result.path.rglob(".left-*")]


def test_a_trial_trains_with_its_settings(result: TuningResult) -> None:
    for row in result.trials.to_dict("records"):
        components = folder(result, int(row["trial"]), int(row["steps"])).manifest["composition"]["components"]
        assert components["optimizer"]["options"]["lr"] == row["optimizer.lr"]
        hidden = ",".join(map(str, components["network"]["options"]["hidden"]))
        assert hidden == row["network.hidden"]


def test_the_winner_and_the_default_meet_on_fresh_seeds(result: TuningResult) -> None:
    complete = result.trials[result.trials["state"] == "complete"]
    assert result.trials.loc[result.best_trial, "score"] == complete["score"].max()
    assert result.comparison is not None
    plan = result.comparison.plan
    assert (plan.base, plan.seeds) == ("default", [*range(2, 10)])
    assert plan.cell("tuned").settings["optimizer.lr"] == result.best["optimizer.lr"]
    assert "optimizer.lr" not in plan.cell("default").settings
    tested = result.tested("tuned")
    scores = result.comparison.runs.query("cell == 'tuned'")["evaluation"]
    assert tested is not None
    assert tested.value == pytest.approx(scores.mean())
    assert result.verdict.startswith("On 8 fresh seeds, the tuned settings ")
    assert f"--set optimizer.lr={result.best['optimizer.lr']}" in result.command


@pytest.mark.slow
def test_the_same_call_trains_nothing_again(result: TuningResult) -> None:
    before = {path: path.stat().st_mtime_ns for path in result.path.rglob("manifest.json")}
    again = search(result.path)
    assert {path: path.stat().st_mtime_ns for path in result.path.rglob("manifest.json")} == before
    assert again.trials.equals(result.trials)
    assert again.report.read_bytes() == result.report.read_bytes()


@pytest.mark.slow
def test_a_search_goes_on_after_losing_its_last_runs(result: TuningResult, tmp_path: Path) -> None:
    """As after a crash in the second generation: Optuna's journal is cut there, and runs are missing."""
    path = tmp_path / "s"
    shutil.copytree(result.path, path)
    lines = (path / "optuna.log").read_text().splitlines(keepends=True)
    asked = [place for place, line in enumerate(lines) if json.loads(line)["op_code"] == 4]  # a new trial
    (path / "optuna.log").write_text("".join(lines[: asked[9] + 1]))
    for run in path.glob("search/trials/trial 9 *"):
        shutil.rmtree(run)
    shutil.rmtree(path / "comparison")
    again = search(path)
    assert again.trials.equals(result.trials)
    assert (path / "trials.csv").read_bytes() == (result.path / "trials.csv").read_bytes()


class Interrupting(InProcess):
    """Is told to stop, as by Ctrl-C, when trials that have continued from a lower rung have advanced."""

    def run(self, work: Work, jobs: Sequence[Any], stop: Stop) -> Iterator[Event]:
        for event in super().run(work, jobs, stop):
            yield event
            if jobs[event.job].begins_at == 30:
                os.kill(os.getpid(), signal.SIGINT)


class Forgetful(InProcess):
    """Cannot continue, as with an environment that is not deterministic."""

    def run(self, work: Work, jobs: Sequence[Any], stop: Stop) -> Iterator[Event]:
        for place, job in enumerate(jobs):
            if job.resumed:
                yield Failed(place, NotRepeatable(0, 0, 1))
            else:
                yield from (replace(event, job=place) for event in super().run(work, [job], stop))


@pytest.mark.slow
def test_a_search_interrupted_between_rungs_comes_to_the_same_end(
    result: TuningResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("rlzoo.tuning.tune.build_executor", lambda *_, **__: Interrupting())
        with pytest.raises(KeyboardInterrupt):
            search(tmp_path / "s")
    assert [*tmp_path.rglob(".left-*/checkpoint")]
    again = search(tmp_path / "s")
    assert again.trials.equals(result.trials)
    assert episodes(again.path).equals(episodes(result.path))
    assert not [*tmp_path.rglob("checkpoint")]


@pytest.mark.slow
def test_trials_that_cannot_continue_train_from_the_beginning(
    result: TuningResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("rlzoo.tuning.tune.build_executor", lambda *_, **__: Forgetful())
        again = search(tmp_path / "s")
    assert again.trials.equals(result.trials)
    assert episodes(again.path).equals(episodes(result.path))


def episodes(path: Path) -> pd.DataFrame:
    """All episodes of all trials, and of the comparison, however their seeds are split over folders."""
    tables = [pd.read_csv(table).assign(cell=table.parts[-4]) for table in path.rglob("episodes.csv")]
    return pd.concat(tables).sort_values(["cell", "seed", "episode"], ignore_index=True)


@pytest.mark.slow
def test_the_search_does_not_depend_on_the_number_of_workers(tmp_path: Path) -> None:
    first, *others = [
        search(tmp_path / str(workers), "CartPole-v1", workers=workers, search_seed=5, command="rlzoo tune ...")
        for workers in (1, 2, 3)
    ]
    for other in others:
        for name in ("trials.csv", "search.json", "report.html", "comparison/results.csv"):
            assert (other.path / name).read_bytes() == (first.path / name).read_bytes(), name
        assert episodes(other.path).equals(episodes(first.path))


@pytest.mark.slow
def test_trials_that_cannot_be_built_fail_and_the_others_go_on(tmp_path: Path) -> None:
    space = {"network": "mlp;cnn", "optimizer.lr": "1e-3..1e-2"}  # an image is what `cnn` needs
    small = {**SMALL, "trials": 5, "pruning": False}
    found = rlzoo.tune("dqn", COUNTING, search=space, out=tmp_path / "s", **small)
    failed = found.trials["network"] == "cnn"
    assert 0 < failed.sum() < 5
    assert list(found.trials["state"]) == ["failed" if it else "complete" for it in failed]


@pytest.mark.slow
def test_a_search_of_which_every_trial_fails_says_so(tmp_path: Path) -> None:
    with pytest.raises(RunFailed, match="no trial could be trained to its end"):
        rlzoo.tune("dqn", COUNTING, search={"network": "rnn;cnn"}, out=tmp_path / "s", **{**SMALL, "trials": 2})


@pytest.mark.slow
def test_short_trials_begin_to_learn_when_short_runs_do(tmp_path: Path) -> None:
    small = {**SMALL, "trials": 1, "set": {"train.batch_size": 8}, "steps": 500}
    found = rlzoo.tune("dqn", COUNTING, search={"lr": "1e-4..1e-3"}, out=tmp_path / "s", **small)
    run = rlzoo.train("dqn", COUNTING, steps=500, set=small["set"], out=tmp_path / "r", catalog=CATALOG)
    starts = run.manifest["composition"]["train"]["learning_starts"]
    assert found.base.compose().train.learning_starts == starts == 10
    assert "--set train.learning_starts=10" in found.command


@pytest.mark.slow
def test_rungs_before_learning_begins_are_left_out(tmp_path: Path) -> None:
    small = {**SMALL, "trials": 9, "set": {**SMALL["set"], "train.learning_starts": 25}}
    found = rlzoo.tune("dqn", COUNTING, search={"lr": "1e-4..1e-3"}, out=tmp_path / "s", **small)
    assert found.trials["steps"].value_counts().to_dict() == {30: 6, 90: 3}


@pytest.mark.slow
def test_the_default_may_win(tmp_path: Path) -> None:
    space = {"network.hidden": "120,84;8"}
    found = rlzoo.tune("dqn", COUNTING, search=space, out=tmp_path / "s", **{**SMALL, "trials": 1})
    assert found.comparison is None
    assert found.verdict == "No settings were better than the default."
    assert found.best == {"network.hidden": "120,84"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"trials": 0}, "`trials` must be at least 1"),
        ({"seeds": 0}, "`seeds` must be at least 1"),
        ({"seeds": [1, 2]}, "`seeds` must be at least 1, not [1, 2]"),
        ({"test_seeds": 0}, "`test_seeds` must be at least 1"),
        ({"trials": "many"}, "`trials` must be at least 1"),
        ({"env": 5}, "`env` must name an environment"),
        ({"workers": 0}, "`workers` must be"),
        ({"set": [1]}, "`set` must be a mapping"),
        ({"buffers": "uniform"}, "unknown argument or slot `buffers`. Did you mean `buffer`?"),
        ({"search_seed": -1}, "`search_seed` must be at least 0"),
        ({"sampler": 5}, "`sampler` must be a name"),
        ({"sampler": "tpa"}, "unknown sampler `tpa`. Did you mean `tpe`?"),
        ({"steps": 8, "set": {"train.update_every": 1}}, "at least 9 steps"),
        ({"steps": "many"}, "`train.steps` must be an int"),
        ({"steps": None, "set": {"train.episodes": 5}}, "give `--steps N`"),
        ({"set": {"train.steps": 50}}, "given twice"),
        ({"set": {"optimizer.lr": 0.1}}, "both searched and set"),
        ({"preset": "none"}, "has no preset `none`"),
        ({"target": "sfot"}, "unknown target `sfot`"),
        ({"device": "tpu"}, "tpu"),
        ({"executor": "locl"}, "unknown executor `locl`"),
        ({"set": {"buffer.capacity": 10**12}}, "memory"),
    ],
)
def test_bad_input_is_refused_before_anything_is_written(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=re.escape(message)):
        search(tmp_path / "s", **changes)
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize("space", [None, "optimizer.lr=1..2", {5: "1..2"}, {"optimizer.lr": 5}, {}])
def test_a_search_maps_settings_to_domains(space: Any, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="search"):
        rlzoo.tune("dqn", COUNTING, search=space, out=tmp_path / "s", **SMALL)


@pytest.mark.slow
def test_a_search_grows(result: TuningResult, tmp_path: Path) -> None:
    path = tmp_path / "s"
    shutil.copytree(result.path, path)
    larger = search(path, trials=13)
    assert larger.trials[:11].equals(result.trials)
    assert list(larger.trials["steps"][11:]) == [90, 90]  # of the third bracket
    assert larger.search.grown == [11]
    assert larger.search.test_seeds == [*range(10, 18)]  # 2 to 9 have been seen
    assert "13 trials, grown from 11" in larger.report.read_text()
    assert search(path, trials=13).trials.equals(larger.trials)
    with pytest.raises(BadInput, match=r"already has 13 trials. A search cannot shrink: use `--trials 13` or more"):
        search(path)


def test_another_search_or_anything_else_is_not_overwritten(result: TuningResult, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"contains another search \(different: search_seed\); choose a new folder"):
        search(result.path, search_seed=1)
    with pytest.raises(BadInput, match="with 2 seeds each, by which trials were stopped early"):
        search(result.path, seeds=3)
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(BadInput, match="is not empty and does not contain a search"):
        search(tmp_path)
    (tmp_path / "search.json").write_text("{}")
    with pytest.raises(BadInput, match="is damaged"):
        search(tmp_path)


def test_without_optuna_the_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rlzoo.tuning.tune.find_spec", lambda name: None)
    with pytest.raises(BadInput, match=re.escape("pip install 'rlzoo-lanes[tune]'")):
        search(tmp_path / "s")
    assert not (tmp_path / "s").exists()


def test_it_shows_the_settings_and_the_verdict(result: TuningResult) -> None:
    assert f"optimizer.lr={result.best['optimizer.lr']}" in repr(result)
    assert result.verdict in repr(result)
