from __future__ import annotations

import random
from pathlib import Path

import msgspec
import numpy as np
import pytest

from rlzoo.results.bootstrap import interquartile_estimate
from rlzoo.results.statistics import mean_estimate
from rlzoo.studies.analysis.analyse import analyse, check_width
from rlzoo.studies.analysis.tables import Analysis, Failure
from rlzoo.studies.design.plan import Cell
from rlzoo.studies.statistics.paired import effect_size, p_value
from rlzoo.studies.statistics.sequential import planned_looks

from support.small_studies import EPISODES, FACTORS, Returns, crossed, plan_of, variants, write_study, write_trial


def noisy(spread: float = 10.0, **shift: float) -> Returns:
    """Seeds that differ, cells that differ by what is said, and noise."""

    def returns(cell: str, environment: str, seed: int) -> float:
        item = np.random.default_rng([seed, *map(ord, cell + environment)]).normal(0, spread)
        return 100 + 5 * seed + shift.get(cell, 0) + item

    return returns


def score_of(analysis: Analysis, cell: str, environment: str = "A-v0", measure: str = "final") -> np.ndarray:
    item = [run for run in analysis.runs if (run.cell, run.environment) == (cell, environment)]
    return np.array([run.scores[measure] for run in item], float)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    plan = plan_of(variants("base", "same", "worse"), thresholds={"A-v0": 110})
    return analyse(plan, write_study(plan, tmp_path_factory.mktemp("small"), noisy(worse=-60)))


def test_every_number_is_that_of_its_method(small: Analysis) -> None:
    base, worse = score_of(small, "base"), score_of(small, "worse")
    (estimate,) = [item for item in small.estimates if (item.measure, item.cell) == ("final", "worse")]
    assert (estimate.estimate, estimate.seeds, estimate.environment) == (interquartile_estimate([worse]), 10, "A-v0")
    (comparison,) = [item for item in small.comparisons if (item.measure, item.cell) == ("final", "worse")]
    assert comparison.base == "base"
    assert comparison.difference == mean_estimate(worse - base)
    assert comparison.p_value == p_value(worse - base)
    assert comparison.p_holm == 2 * comparison.p_value
    assert comparison.effect_size == effect_size(worse - base)
    assert comparison.improvement.value == np.mean(worse[:, None] > base)
    assert comparison.pairs == 10


def test_fewer_steps_are_an_improvement(small: Analysis) -> None:
    (comparison,) = [item for item in small.comparisons if (item.measure, item.cell) == ("steps_to_threshold", "worse")]
    assert comparison.difference.value > 0
    assert comparison.improvement.value < 0.5
    assert not [item for item in small.profiles if item.measure == "steps_to_threshold"]
    assert any("runs in A-v0 never reached the threshold of 110 (" in note for note in small.notes)


def test_a_threshold_that_no_run_reached_is_no_measure(tmp_path: Path) -> None:
    plan = plan_of(variants("base", "other"), thresholds={"A-v0": 1e6})
    found = analyse(plan, write_study(plan, tmp_path, noisy()))
    assert "steps_to_threshold" not in [measure.key for measure in found.measures]
    assert "No run reached the threshold of 1e+06 in A-v0; steps to threshold are left out." in found.notes


def test_profiles_fall_from_all_runs_to_none(small: Analysis) -> None:
    for profile in small.profiles:
        assert profile.share == sorted(profile.share, reverse=True)
        assert profile.share[-1] == 0
        assert len(profile.thresholds) == len(profile.share) == len(profile.low) == len(profile.high)
    (item,) = [profile for profile in small.profiles if (profile.measure, profile.cell) == ("final", "base")]
    assert item.share == [np.mean(score_of(small, "base") > threshold) for threshold in item.thresholds]


def test_it_is_the_same_in_any_order_and_however_seeds_were_put_together(tmp_path: Path) -> None:
    plan = plan_of(variants("base", "other"), environments=["A-v0", "B-v0"])
    returns = noisy(other=-20)
    trials = write_study(plan, tmp_path, returns)
    pieces = [
        write_trial(
            tmp_path / f"piece-{cell.name}-{environment}-{seed}",
            cell.name,
            environment,
            {seed: [returns(cell.name, environment, seed)] * EPISODES},
            {seed: [returns(cell.name, environment, seed)]},
        )
        for cell in plan.cells
        for environment in plan.environments
        for seed in plan.seeds
    ]
    random.Random(0).shuffle(pieces)
    assert analyse(plan, trials) == analyse(plan, trials[::-1]) == analyse(plan, pieces)


def test_an_answer_survives_being_written(small: Analysis) -> None:
    assert msgspec.json.decode(msgspec.json.encode(small), type=Analysis) == small


def test_over_all_environments_scores_are_scaled_by_the_worst_and_the_best_run(tmp_path: Path) -> None:
    plan = plan_of(variants("base", "other"), environments=["A-v0", "B-v0"])
    returns = noisy(other=-20)
    found = analyse(plan, write_study(plan, tmp_path, lambda c, e, s: returns(c, e, s) * (100 if e == "B-v0" else 1)))
    scaled = {}
    for environment in plan.environments:
        both = np.array([score_of(found, cell.name, environment) for cell in plan.cells])
        scaled[environment] = (both - both.min()) / np.ptp(both)
    (estimate,) = [
        item for item in found.estimates if (item.measure, item.environment, item.cell) == ("auc", None, "other")
    ]
    assert estimate.estimate.value == pytest.approx(
        interquartile_estimate([scaled[name][1] for name in plan.environments]).value
    )
    (comparison,) = [item for item in found.comparisons if (item.measure, item.environment) == ("final", None)]
    mean = np.mean(list(scaled.values()), axis=0)
    assert comparison.difference.value == pytest.approx((mean[1] - mean[0]).mean())


def test_a_cell_that_is_the_same_takes_the_results_and_costs_no_correction(tmp_path: Path) -> None:
    cells = [*variants("base", "other"), Cell(name="again", levels={}, algorithm="dqn", same_as="other")]
    plan, plain = plan_of(cells), plan_of(cells[:2])
    found = analyse(plan, write_study(plan, tmp_path / "a", noisy(other=9)))
    expected = analyse(plain, write_study(plain, tmp_path / "b", noisy(other=9)))
    assert [item for item in found.comparisons if item.cell != "again"] == expected.comparisons
    again = [msgspec.structs.replace(item, cell="other") for item in found.comparisons if item.cell == "again"]
    assert again == expected.comparisons
    assert {run.cell for run in found.runs} == {curve.cell for curve in found.curves} == {"base", "other", "again"}


def test_failed_runs_are_missing_and_diverged_runs_score_the_worst(tmp_path: Path) -> None:
    plan = plan_of(variants("base", "other"))
    trials = write_study(plan, tmp_path, noisy(), {("other", "A-v0", 2): 600})
    (tmp_path / "episodes").mkdir()
    part = write_trial(
        tmp_path / "part", "other", "A-v0", {s: [float(s)] * EPISODES for s in range(2, 9)}, None, {2: 600}
    )
    failed = Failure("other", "A-v0", [9], "failed", "the worker was killed")
    found = analyse(plan, [trials[0], part], [failed])
    status = {run.seed: run.status for run in found.runs if run.cell == "other"}
    assert status == {0: "missing", 1: "missing", 2: "diverged", 9: "failed"} | dict.fromkeys(range(3, 9), "finished")
    assert found.runs[12].scores["final"] == 2.0  # the lowest mean of a hundred episodes: its own
    (comparison,) = [item for item in found.comparisons if item.measure == "final"]
    assert comparison.pairs == 7
    assert found.failures[0] == failed
    assert (found.failures[1].kind, found.failures[1].seeds) == ("diverged", [2])
    assert "600 (seed 2)" in found.failures[1].text
    assert any(note.startswith("1 of 20 runs diverged") for note in found.notes)
    assert any(note.startswith("1 of 20 runs failed and 2 have not been trained") for note in found.notes)


def test_what_else_differs_is_noted_first(tmp_path: Path) -> None:
    plan = msgspec.structs.replace(plan_of(variants("base", "other")), confounds=["`x` differs as well."])
    assert analyse(plan, write_study(plan, tmp_path, noisy())).notes[0] == "`x` differs as well."


def test_runs_without_a_finished_episode_are_noted(tmp_path: Path) -> None:
    plan = plan_of(variants("base", "other"))
    (base, _) = write_study(plan, tmp_path / "a", noisy())
    empty = {seed: [] if seed < 2 else [50.0] for seed in plan.seeds}
    found = analyse(plan, [base, write_trial(tmp_path / "b", "other", "A-v0", empty)])
    assert "2 of 20 runs finished no episode. They have no return and are left out of all comparisons." in found.notes
    assert {item.pairs for item in found.comparisons if item.measure in ("final", "auc")} == {8}


def test_an_untrained_study_has_no_results() -> None:
    plan = plan_of(variants("base", "other"))
    found = analyse(plan, [])
    assert (found.measures, found.estimates, found.comparisons, found.curves) == ([], [], [], [])
    assert {run.status for run in found.runs} == {"missing"}


def test_planted_effects_of_a_factorial_are_found_and_no_others(tmp_path: Path) -> None:
    plan = plan_of(crossed(), factors=FACTORS, design="full")
    shift = {"target=none, buffer=recent": -60.0, "target=none, buffer=uniform": -60.0}
    found = analyse(plan, write_study(plan, tmp_path, noisy(**shift)))
    final = [item for item in found.effects if item.measure == "final"]
    significant = {tuple(item.factors): item.p_holm < 0.05 for item in final}
    assert significant == {("target",): True, ("buffer",): False, ("target", "buffer"): False}
    (none,) = [item.estimate for item in final if item.levels == ["none"]]
    assert none.low < -40 < none.high
    (interaction,) = [item for item in final if item.levels == ["none", "recent"]]
    assert interaction.estimate.low < 0 < interaction.estimate.high


def test_a_factorial_with_an_invalid_cell_has_no_effects_but_conclusions(tmp_path: Path) -> None:
    cells = crossed()
    cells[-1] = msgspec.structs.replace(cells[-1], impossible="it cannot be")
    plan = plan_of(cells, factors=FACTORS, design="full")
    found = analyse(plan, write_study(plan, tmp_path, noisy()))
    assert found.effects == []
    assert any(note.startswith("Effects: not available") for note in found.notes)
    assert [item.subject for item in found.conclusions] == ["target", "target", "buffer"]


def test_more_looks_make_wider_intervals_and_larger_p_values(tmp_path: Path) -> None:
    plan = plan_of(variants("base", "other"), seeds=12)
    trials = write_study(plan, tmp_path, noisy(other=-10))
    looking = msgspec.structs.replace(plan, looks=planned_looks(12, 96))
    (once, *_), (often, *_) = (analyse(item, trials).comparisons for item in (plan, looking))
    assert often.difference.low < once.difference.low < once.difference.high < often.difference.high
    assert once.p_value < often.p_value < 4 * once.p_value
    found = analyse(looking, trials)
    note = found.notes[-1]
    assert "interim looks at 12, 24, 48 or 96 seeds" in note
    assert "Every interval has a level of 98.4%" in note
    assert "mean over seeds with a 98.4% CI" in found.notes[0]
    assert "98.4% CI" in found.conclusions[0].text
    assert "95% CI" in analyse(plan, trials).conclusions[0].text


def test_seeds_are_added_until_the_differences_are_known_well_enough(tmp_path: Path) -> None:
    plan = plan_of(variants("base", "other"), environments=["A-v0", "B-v0"], seeds=12)
    plan = msgspec.structs.replace(plan, looks=planned_looks(12, 48))
    trials = write_study(plan, tmp_path, noisy())
    decision = check_width(plan, trials, 1.0)
    assert (decision.stop, decision.seeds) == (False, 24)
    assert check_width(plan, trials, decision.widest).stop
    comparisons = [item for item in analyse(plan, trials).comparisons if item.environment is not None]
    widths = [item.difference.high - item.difference.low for item in comparisons if item.measure == "final"]
    assert decision.widest == pytest.approx(max(widths))
