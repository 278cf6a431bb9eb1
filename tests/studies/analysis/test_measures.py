from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from rlzoo.contracts.errors import BadInput
from rlzoo.results.returns import moving_average
from rlzoo.results.run_folder import RunFolder
from rlzoo.studies.analysis.learning_curves import POINTS, diagnostic_curves, learning_curve
from rlzoo.studies.analysis.measures import registered_thresholds, score_run
from rlzoo.studies.analysis.run_histories import EnvironmentRuns, RunHistory, environment_runs, read_histories
from rlzoo.studies.execution.trials import Trial

from support.small_studies import EPISODES, EVERY, Episodes, write_trial

STEPS = EVERY * EPISODES


def read(path: Path, episodes: Episodes, **more: object) -> tuple[list[RunHistory], EnvironmentRuns]:
    histories = read_histories([write_trial(path / "trial", "a", "A-v0", episodes, **more)])
    return histories, environment_runs(histories, STEPS)


def climbing(seed: int = 0) -> list[float]:
    return (np.linspace(0, 200, EPISODES) + np.random.default_rng(seed).normal(0, 9, EPISODES)).tolist()


def test_the_final_return_is_the_mean_of_the_last_hundred_episodes(tmp_path: Path) -> None:
    (first, second), field = read(tmp_path, {3: climbing(), 5: [7.0, 8.0]})
    assert score_run(first, field, None)["final"] == pytest.approx(np.mean(climbing()[-100:]))
    assert score_run(second, field, None)["final"] == 7.5


def test_the_evaluation_is_the_mean_of_the_last_one(tmp_path: Path) -> None:
    (first, second), field = read(tmp_path, {0: climbing(), 1: climbing(1)}, evaluations={0: [5, 60], 1: [4]})
    assert [score_run(item, field, None)["evaluation"] for item in (first, second)] == [60, 4]
    (alone,), field = read(tmp_path / "other", {0: climbing()})
    assert score_run(alone, field, None)["evaluation"] is None


def test_the_area_is_the_mean_over_steps_of_the_running_return(tmp_path: Path) -> None:
    (item,), field = read(tmp_path, {0: climbing()[:90]})
    curve = np.empty(STEPS)
    for step in range(EVERY, STEPS):  # from the end of the first episode on
        curve[step] = np.mean(climbing()[:90][: step // EVERY][-100:])
    assert score_run(item, field, None)["auc"] == pytest.approx(curve[EVERY:].mean())


def test_a_diagnostic_is_the_mean_of_the_rows_that_have_it(tmp_path: Path) -> None:
    trial = write_trial(tmp_path / "trial", "a", "A-v0", {3: climbing(), 5: climbing(1), 7: climbing(2)})
    manifest = trial.folder.manifest | {"composition": {"train": {"diagnose": True}}}
    (tmp_path / "trial" / "manifest.json").write_bytes(msgspec.json.encode(manifest))
    (early, *_) = read_histories([Trial("a", "A-v0", RunFolder(tmp_path / "trial"))])
    assert not early.diagnostics
    rows = ["seed,step,loss,overestimation", "3,10,9,", "5,10,9,7", "3,20,9,1.5", "3,30,9,4.5", "5,20,9,", "7,10,9,"]
    (tmp_path / "trial" / "metrics.csv").write_text("\n".join(rows))
    histories = read_histories([Trial("a", "A-v0", RunFolder(tmp_path / "trial"))])
    field = environment_runs(histories, STEPS)
    assert [score_run(it, field, None).get("overestimation") for it in histories] == [3, 7, None]
    assert all("target_drift" not in score_run(it, field, None) for it in histories)
    (curve,) = diagnostic_curves(histories, replace(field, horizon=40.0), 0.05)
    assert (curve.measure, curve.steps) == ("overestimation", list(range(1, 41)))
    assert curve.center == [None] * 9 + [7] + [None] * 9 + [1.5] * 10 + [4.5] + [None] * 10


def test_the_threshold_is_for_a_hundred_episodes_and_the_step_exact(tmp_path: Path) -> None:
    values = [500.0] * 5 + [0.0] * 100 + [100.0] * 15
    (item,), field = read(tmp_path, {0: values})
    first = next(n for n in range(99, EPISODES) if np.mean(values[n - 99 : n + 1]) >= 10)
    assert score_run(item, field, 10)["steps_to_threshold"] == EVERY * (first + 1)
    assert score_run(item, field, 26)["steps_to_threshold"] is None
    assert score_run(item, field, None)["steps_to_threshold"] is None


def test_a_run_without_episodes_has_no_scores(tmp_path: Path) -> None:
    (_, item), field = read(tmp_path, {0: climbing(), 1: []})
    assert set(score_run(item, field, 10).values()) == {None}


def test_from_where_it_diverged_a_run_earns_what_the_worst_hundred_episodes_did(tmp_path: Path) -> None:
    worst = [90.0] * 10 + [30.0] * 100 + [90.0] * 10
    half = [100.0] * (EPISODES // 2)
    episodes, evaluations = {0: half, 1: worst, 2: [2.0]}, {0: [90], 1: [8, 70]}
    (item, *_), field = read(tmp_path, episodes, evaluations=evaluations, diverged={0: STEPS // 2, 2: 15})
    scores = score_run(item, field, 100)
    assert field.worst == 2.0  # all that one run ever earned
    assert scores["final"] == 2
    assert scores["evaluation"] == 8
    steps = np.arange(EVERY, STEPS)
    assert scores["auc"] == pytest.approx(np.where(steps < STEPS // 2, 100, 2).mean())
    assert scores["steps_to_threshold"] is None


def test_a_threshold_reached_before_diverging_was_reached(tmp_path: Path) -> None:
    (item,), field = read(tmp_path, {0: [50.0] * 110}, diverged={0: 1150})
    assert score_run(item, field, 50)["steps_to_threshold"] == 1000


def test_a_run_that_diverged_at_once_counts_too(tmp_path: Path) -> None:
    (item, _), field = read(tmp_path, {0: [], 1: climbing()}, diverged={0: 5})
    scores = score_run(item, field, None)
    worst = moving_average(np.array(climbing()))[99:].min()
    assert [scores["final"], scores["auc"], field.worst] == pytest.approx([worst] * 3)


def test_a_run_whose_return_is_no_number_has_diverged_there(tmp_path: Path) -> None:
    broken = [100.0] * 50 + [np.nan] + [100.0] * 69
    histories, field = read(
        tmp_path, {0: broken, 1: [90.0] * 10 + [30.0] * 110, 2: [50.0] * EPISODES}, diverged={2: 600}
    )
    scores = [score_run(item, field, 100.0) for item in histories]
    assert field.worst == 30
    assert [item.diverged for item in histories] == [True, False, True]
    assert [item["final"] for item in scores] == [30, 30, 30]
    steps = np.arange(EVERY, STEPS)
    assert scores[0]["auc"] == pytest.approx(np.where(steps < 51 * EVERY, 100, 30).mean())


def test_an_evaluation_that_is_no_number_is_the_worst(tmp_path: Path) -> None:
    evaluations = {0: [7.0, np.nan], 1: [8.0, 9.0], 2: [5.0, 9.0]}
    histories, field = read(tmp_path, dict.fromkeys(range(3), climbing()), evaluations=evaluations)
    assert [score_run(item, field, None)["evaluation"] for item in histories] == [5, 9, 9]


def test_runs_that_earned_the_same_do_not_differ_by_rounding(tmp_path: Path) -> None:
    same = [0.93] * EPISODES
    histories, field = read(tmp_path, {0: same, 1: [0.1] * 7 + same[7:], 2: same[:-9]})
    assert {score_run(item, field, None)["final"] for item in histories} == {0.93}


@pytest.mark.parametrize("name", ["episodes", "evaluations"])
def test_a_table_that_was_cut_off_is_refused(tmp_path: Path, name: str) -> None:
    trial = write_trial(tmp_path / "u", "a", "A-v0", {0: climbing(), 1: climbing()}, {0: [1.0, 2.0], 1: [3.0, 4.0]})
    manifest = trial.folder.manifest | {"composition": {"train": {"eval_every": 100}}}
    (tmp_path / "u" / "manifest.json").write_bytes(msgspec.json.encode(manifest))
    assert len(read_histories([Trial("a", "A-v0", RunFolder(tmp_path / "u"))])) == 2
    table = tmp_path / "u" / f"{name}.csv"
    table.write_text("".join(table.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(BadInput, match=rf"{name}.csv` .*delete that folder"):
        read_histories([Trial("a", "A-v0", RunFolder(tmp_path / "u"))])


def test_a_seed_that_stopped_early_has_fewer_evaluations(tmp_path: Path) -> None:
    trial = write_trial(tmp_path / "u", "a", "A-v0", {0: climbing(), 1: climbing()}, {0: [1.0, 2.0], 1: [3.0]})
    counts = {"0": {"stopped_at": None}, "1": {"stopped_at": 150}}
    manifest = trial.folder.manifest | {"composition": {"train": {"eval_every": 100}}, "counts": counts}
    (tmp_path / "u" / "manifest.json").write_bytes(msgspec.json.encode(manifest))
    histories = read_histories([Trial("a", "A-v0", RunFolder(tmp_path / "u"))])
    assert [len(history.evaluations) for history in histories] == [2, 1]


def test_a_duplicate_seed_is_refused(tmp_path: Path) -> None:
    trials = [write_trial(tmp_path / name, "a", "A-v0", {4: climbing()}) for name in "xy"]
    with pytest.raises(BadInput, match="Duplicate seed 4 of `a` in `A-v0`"):
        read_histories(trials)


def test_thresholds_are_those_of_the_registry_or_yours() -> None:
    environments = ["CartPole-v1", "some.module:Acrobot-v1", "Nowhere-v0"]
    found = registered_thresholds(environments, {"CartPole-v1": 200.0})
    assert found == {"CartPole-v1": 200.0, "some.module:Acrobot-v1": -100.0}
    assert registered_thresholds(["CartPole-v1"]) == {"CartPole-v1": 475.0}


def test_a_curve_keeps_the_last_value_and_falls_where_a_seed_diverges(tmp_path: Path) -> None:
    episodes = {seed: [100.0] * 60 for seed in range(5)} | {9: [10.0] * EPISODES}
    histories, field = read(tmp_path, episodes, diverged={0: STEPS // 2})
    (one,) = [item for item in histories if item.seed == 0]
    curve = learning_curve([one], field, 0.05)
    steps = np.array(curve.steps)
    assert len(steps) == POINTS
    assert steps[-1] == STEPS
    assert curve.low == [None] * POINTS
    expected = np.where(steps < STEPS / 2, 100.0, 10.0)
    assert curve.center == [None if step < EVERY else value for step, value in zip(steps, expected, strict=True)]
    others = learning_curve([item for item in histories if item.seed in range(1, 6)], field, 0.05)
    assert others.center[-1] == 100
