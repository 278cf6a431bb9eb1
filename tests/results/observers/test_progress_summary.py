from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from rlzoo.contracts import Episode, Log, Run
from rlzoo.registry.composition import compose
from rlzoo.results.observers.progress_summary import CURVE_WIDTH, ProgressSummary, format_duration

from support.tiny import CATALOG


def counted(steps: int, diverged_at: int | None = None) -> dict[str, Any]:
    return {"steps": steps, "episodes": 2, "diverged_at": diverged_at}


def make_run(seeds: list[int], come_to: int, **train: int) -> Run:
    """A run whose seeds have all come so many steps."""
    composition = compose(CATALOG, "dqn", {}, {f"train.{name}": value for name, value in train.items()})
    run = Run(composition, seeds, Path("runs/x"), "cpu", "", datetime(2026, 1, 1))
    come(run, come_to)
    return run


def come(run: Run, steps: int) -> None:
    run.counts = {seed: counted(steps) for seed in run.seeds}


def ended(seed: int, *returns: float) -> list[Episode]:
    return [Episode(seed, 1, 1, value, 1, True, False) for value in returns]


def test_it_tells_how_far_and_how_fast_the_run_is() -> None:
    run = make_run([0, 1], 0, steps=1000)
    summary = ProgressSummary(run, 0.0)
    come(run, 250)
    facts = summary.facts(5.0)
    assert facts["steps"] == "500 of 2,000 (25%)"
    assert facts["speed"] == "100 steps/s"
    assert facts["time left"] == "0:00:15"


def test_speed_is_that_of_the_last_seconds() -> None:
    run = make_run([0], 0, steps=100_000)
    summary = ProgressSummary(run, 0.0)
    for now in range(60):
        come(run, run.steps + (1000 if now < 30 else 10))
        facts = summary.facts(float(now + 1))
    assert facts["speed"] == "10 steps/s"


def test_a_run_that_is_over_has_no_time_left() -> None:
    run = make_run([0], 0, steps=100)
    summary = ProgressSummary(run, 0.0)
    come(run, 100)
    facts = summary.facts(5.0)
    assert facts["speed"] == "20 steps/s"
    assert "time left" not in facts


def test_nothing_is_said_of_speed_before_anything_has_moved() -> None:
    assert list(ProgressSummary(make_run([0], 0, steps=10), 0.0).facts(9.0)) == ["steps"]


def test_returns_are_means_of_each_seeds_last_episodes_and_their_range() -> None:
    summary = ProgressSummary(make_run([0, 1], 1, steps=10), 0.0)
    summary.update(Log([0, 1], 1, 0, [*ended(0, *[1000.0] * 5, *[3.0] * 100), *ended(1, 6.0, 8.0)]))
    assert summary.facts(1.0)["return"] == "5.0 (seeds 3.0 to 7.0), last 100 episodes"


def test_metrics_are_means_over_seeds_and_unknown_ones_are_left_out() -> None:
    summary = ProgressSummary(make_run([0, 1], 0, steps=10), 0.0)
    summary.update(Log([0, 1], 1, 0, [], {0: {"loss": 1.0, "q": math.nan}, 1: {"loss": 2.0, "q": math.nan}}))
    summary.update(Log([0, 1], 2, 0, []))
    facts = summary.facts(1.0)
    assert facts["loss"] == "1.5"
    assert "q" not in facts


def test_seeds_that_train_one_by_one_are_counted() -> None:
    run = make_run([4, 7, 9], 0, steps=100)
    run.counts = {}
    run.take(Log([4], 100, 0, [], counts={4: counted(100, diverged_at=60)}, last=True))
    run.take(Log([7], 30, 0, [], counts={7: counted(30)}))
    facts = ProgressSummary(run, 0.0).facts(0.0)
    assert facts["seeds"] == "1 of 3 done"
    assert facts["steps"] == "130 of 300 (43%)"
    assert facts["diverged"] == "seed 4"


@pytest.mark.parametrize(("counts", "done"), [(counted(100), 1.0), (counted(30), 0.65), (counted(30, 30), 1.0)])
def test_an_interrupted_seed_is_not_done_and_a_diverged_one_is(counts: dict[str, Any], done: float) -> None:
    run = make_run([0, 1], 0, steps=100)
    run.counts = {0: counted(100), 1: counts}
    assert run.done == done


def test_a_run_counted_in_episodes_has_no_number_of_steps_to_come() -> None:
    run = make_run([0], 70, episodes=8)
    assert ProgressSummary(run, 0.0).facts(0.0)["steps"] == "70 (25%)"


def test_the_curve_goes_from_left_to_right_and_from_low_to_high() -> None:
    run = make_run([0], 0, steps=CURVE_WIDTH)
    summary = ProgressSummary(run, 0.0)
    assert summary.curve() == ""
    for step in range(CURVE_WIDTH // 2):
        come(run, step)
        summary.update(Log([0], step, 0, ended(0, *[float(step)] * 100)))
    curve = summary.curve()
    assert len(curve) == CURVE_WIDTH
    assert curve.rstrip() == "".join(sorted(curve.rstrip()))
    assert (curve[0], curve.rstrip()[-1], len(curve.rstrip())) == ("▁", "█", CURVE_WIDTH // 2)


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0:00:00"), (75.9, "0:01:15"), (90_061, "1 day, 1:01:01")])
def test_time_is_told_as_a_clock_does(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


def test_the_curve_has_no_holes() -> None:
    summary = ProgressSummary(make_run([0], 0, steps=100), 0.0)
    assert summary.curve() == ""
    summary.bins[2], summary.bins[5], summary.bins[6] = 1.0, 3.0, 2.0
    assert summary.curve() == "  ▁▁▁█▄".ljust(CURVE_WIDTH).replace("▄", summary.curve()[6])
    assert summary.curve()[6] not in " ▁█"
