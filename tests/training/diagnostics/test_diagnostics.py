"""Diagnostics look at training and change nothing."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
import torch

from rlzoo.contracts.diagnostics import DIAGNOSTICS
from rlzoo.registry.catalog import open_catalog
from rlzoo.registry.composition import compose
from rlzoo.testing import CHECKS, Case
from rlzoo.testing.verdict import RuleBroken
from rlzoo.training.diagnostics import diagnostics
from rlzoo.training.diagnostics.diagnostics import ROWS, SHARE, Diagnostics, examined
from rlzoo.training.runner import Runner

from support.masked import ENV as MASKED
from support.tiny import CATALOG, make_runner

SMALL = {
    "train.steps": 240,
    "train.learning_starts": 10,
    "train.update_every": 2,
    "train.batch_size": 8,
    "train.log_every": 40,
}
COLUMNS = {it.column for it in DIAGNOSTICS}
Rows = dict[tuple[int, int], dict[str, float]]


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Examine every third update, so that short runs have numbers in each row."""
    monkeypatch.setattr(diagnostics, "examined", lambda update: update % 3 == 0)


def rows_of(runner: Runner) -> Rows:
    """By seed and step."""
    return {(seed, log.step): dict(row) for log in runner.run() for seed, row in log.metrics.items()}


@pytest.mark.parametrize("period", [2, 3, 10, 50, 100, 500])
def test_updates_are_examined_at_any_time_of_a_period(period: int) -> None:
    numbers = np.flatnonzero([examined(n) for n in range(200_000)])
    assert len(numbers) == pytest.approx(200_000 * SHARE, rel=0.01)
    parts = min(period, 10)
    counts = np.bincount(numbers % period * parts // period, minlength=parts)
    np.testing.assert_allclose(counts / len(numbers), 1 / parts, rtol=0.05)


@pytest.mark.slow
@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("algorithm", ["dqn", "dqn-no-target", "noisy-dqn", "iqn", "bootstrapped-dqn", "dueling-dqn"])
def test_results_are_the_same_bytes(algorithm: str) -> None:
    def train(diagnose: bool) -> tuple[Rows, list[Any], list[bytes], Any]:
        settings = {**SMALL, "train.diagnose": diagnose}
        composition = compose(open_catalog(), algorithm, {}, settings, "CartPole-v1")
        runner = Runner(composition, [3, 1], torch.device("cpu"))
        logs = list(runner.run())
        rows = {(seed, log.step): dict(row) for log in logs for seed, row in log.metrics.items()}
        weights = [leaf.numpy().tobytes() for lane in runner.weights().values() for leaf in lane.values()]
        return rows, [episode for log in logs for episode in log.episodes], weights, runner.engine

    (rows, *others), (plain, *expected) = train(True), train(False)
    assert others == expected
    assert {key: {name: row[name] for name in row.keys() - COLUMNS} for key, row in rows.items()} == plain
    assert all(row.keys() >= COLUMNS for row in rows.values())
    slow = [row for row in rows.values() if np.isfinite(row["effective_rank"])]
    assert len(slow) == 2 * (1 + 5 // ROWS)  # of six rows
    assert all(row["effective_rank"] >= 1 and 0 <= row["dormant_share"] < 1 for row in slow)
    assert all(row["early_td_error"] > 0 and 0 < row["replay_coverage"] <= 1 for row in slow)
    assert not any(row.keys() & COLUMNS for row in plain.values())


@pytest.mark.slow
@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("env", ["Random", MASKED])
def test_a_lane_has_the_same_numbers_alone(env: str) -> None:
    settings = {**SMALL, "train.diagnose": True, "train.envs": 2}
    together = rows_of(make_runner("dqn", settings, env, [5, 2, 9]))
    alone = [rows_of(make_runner("dqn", settings, env, [seed])) for seed in (5, 2, 9)]
    assert repr(sorted(together.items())) == repr(sorted((key, row) for rows in alone for key, row in rows.items()))
    assert np.isfinite([row["value_churn"] for row in together.values()]).all()


@pytest.mark.parametrize("complete", [True, False])
def test_a_run_with_diagnostics_can_be_resumed(complete: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnostics, "examined", lambda update: True)
    if not complete:  # then the rule finds it
        monkeypatch.setattr(diagnostics.Diagnostics, "load_state", lambda self, state: None)
    with nullcontext() if complete else pytest.raises(RuleBroken, match="other metrics"):
        CHECKS["resumable"](Case("objective", "q-learning", CATALOG, {"train.diagnose": True}))


@pytest.mark.usefixtures("often")
def test_without_a_target_network_nothing_drifts() -> None:
    rows = rows_of(make_runner("dqn", {**SMALL, "train.diagnose": True}, "Random", [0], target="none")).values()
    assert {row["target_drift"] for row in rows} == {0}
    assert all(row["value_churn"] > 0 for row in rows)


def test_an_examined_update_is_described_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    """With SGD at a learning rate of 1 the weights change by the gradient."""
    monkeypatch.setattr(diagnostics, "examined", lambda update: update == 20)
    settings = {**SMALL, "train.diagnose": True, "optimizer.lr": 0.5, "optimizer.momentum": 0.0}
    runner = make_runner("dqn", settings, "Random", [4, 8], optimizer="sgd")
    learner, seen = runner.learner, []
    update = learner.update

    def spy(batch: Any, examine: Any = None) -> Any:
        states = learner.last_seen.get("observation")
        if examine is None or states is None:
            return update(batch, examine)
        target = learner.predict(learner.target, states).detach().numpy()
        row, q = learner.row.detach().clone(), learner.q(states.numpy())
        td_error = update(batch, examine)
        after = learner.q(states.numpy())
        moved = (learner.row.detach() - row).norm(dim=1) / 0.5
        seen.append((moved, abs(q - target), abs(q - after), q.argmax(-1) != after.argmax(-1), td_error.abs()))
        return td_error

    monkeypatch.setattr(learner, "update", spy)
    row = next(row for log in runner.run() for seed, row in log.metrics.items() if seed == 8 and log.step == 80)
    (moved, drift, churn, changed, errors), *more = seen
    assert not more
    assert row["gradient_norm"] == pytest.approx(float(moved[1]), rel=1e-4)
    assert row["target_drift"] == pytest.approx(drift[1].mean(), rel=1e-5)
    assert row["value_churn"] == pytest.approx(churn[1].mean(), rel=1e-5)
    assert row["policy_churn"] == changed[1].mean()
    assert row["td_error_p50"] == pytest.approx(float(errors[1].quantile(0.5)), rel=1e-6)


@pytest.mark.slow
def test_both_collectors_show_the_same() -> None:
    settings = {**SMALL, "train.diagnose": True, "train.steps": 2_000, "train.envs": 2, "buffer.capacity": 60}
    composition = compose(CATALOG, "dqn", {}, settings, "CartPole-v1")
    runners = [Runner(composition, [3, 1], torch.device("cpu"), transitions=each) for each in (False, True)]
    assert [runner.engine["collector"] for runner in runners] == ["compiled", "step by step"]
    rows, others = map(rows_of, runners)
    assert repr(rows) == repr(others)
    assert sum(np.isfinite(row["overestimation"]) for row in rows.values()) > 20


@pytest.mark.parametrize("ends", ["terminated", "truncated"])
def test_overestimation_is_q_minus_the_return(ends: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rewards are 1, 2, 3, 4, 5 and a tenth of the action, and the first pair after each row is followed."""
    settings = {**SMALL, "train.diagnose": True, "train.log_every": 12, "environment.kwargs.ends": ends}
    runner = make_runner("dqn", settings, "Counting", [4], buffer="uniform")
    calls: list[tuple[int, float, float, bool]] = []
    wants = Diagnostics.wants_steps.fget
    assert wants is not None
    diagnostics = runner.diagnostics
    assert diagnostics is not None
    see = diagnostics.see_steps
    monkeypatch.setattr(type(diagnostics), "wants_steps", True)

    def spy(observation: np.ndarray, action: np.ndarray, reward: np.ndarray, *over: np.ndarray) -> None:
        q = runner.learner.q(observation)[0, 0, action[0, 0]]
        calls.append((runner.clock.steps, float(q), float(reward[0, 0, 0]), bool(over[0][0, 0] or over[1][0, 0])))
        if wants(diagnostics):
            see(observation, action, reward, *over)

    monkeypatch.setattr(diagnostics, "see_steps", spy)
    rows = {step: row["overestimation"] for (_, step), row in rows_of(runner).items()}
    expected = dict.fromkeys(rows, np.nan)
    for begin in range(12, 229, 12) if ends == "terminated" else ():
        length = next(n for n, call in enumerate(calls[begin:], 1) if call[3])
        returned = sum(0.99**n * call[2] for n, call in enumerate(calls[begin : begin + length]))
        expected[begin + 12] = calls[begin][1] - returned
    np.testing.assert_allclose(list(rows.values())[2:], list(expected.values())[2:], rtol=1e-5)


def test_lanes_that_diverge_warn_of_nothing() -> None:
    runner = make_runner("dqn", {**SMALL, "train.diagnose": True}, "Random", [4, 8])
    runner.begin()
    runner.learner.row[0] = torch.nan
    rows = rows_of(runner)
    assert {seed for seed, _ in rows} == {8}
