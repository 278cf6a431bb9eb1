from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rlzoo.studies.analysis.analyse import analyse
from rlzoo.studies.analysis.conclusions import number, probability
from rlzoo.studies.analysis.tables import Analysis, Sentence
from rlzoo.studies.design.plan import Cell, Plan

from support.small_studies import FACTORS, cell_of, crossed, plan_of, variants, write_study

EVERYTHING = {"": 0.0}


def answer(plan: Plan, folder: Path, shift: dict[str, float], **more: object) -> Analysis:
    """Cells whose name contains a key are that much better."""
    rng = np.random.default_rng(0)

    def returns(cell: str, environment: str, seed: int) -> float:
        return 100 + rng.normal(0, 10) + sum(by for key, by in shift.items() if all(k in cell for k in key.split()))

    return analyse(plan, write_study(plan, folder, returns, **more))


def sentence(analysis: Analysis, subject: str, environment: str | None = "A-v0") -> Sentence:
    (own,) = [own for own in analysis.sentences if (own.subject, own.environment) == (subject, environment)]
    return own


def test_each_factor_says_what_was_found_and_what_could_have_been(tmp_path: Path) -> None:
    plan = plan_of(crossed(), factors=FACTORS, design="full")
    found = answer(plan, tmp_path, {"none": -40})
    target, buffer = sentence(found, "target"), sentence(found, "buffer")
    assert target.verdict == "difference"
    assert "none earns 3" in target.text
    assert " less in the end than hard on average over the other factors (difference -3" in target.text
    assert "no difference in final return found between soft and hard" in target.text
    assert buffer.verdict == "no difference found"
    assert "with 10 seeds a difference of" in buffer.text
    assert "or more would have been seen 80 % of the time" in buffer.text
    assert "corrected for 4 comparisons" in buffer.text
    assert "That it depends on target was not found." in buffer.text


def test_an_interaction_is_a_difference_too(tmp_path: Path) -> None:
    plan = plan_of(crossed(), factors=FACTORS, design="full")
    found = answer(plan, tmp_path, {"none recent": -40, "none uniform": 40, "hard recent": 40, "hard uniform": -40})
    assert sentence(found, "buffer").verdict == "difference"
    assert "How much it matters depends on target (p < 0.001, corrected)" in sentence(found, "buffer").text


def test_one_at_a_time_compares_with_what_the_algorithm_has(tmp_path: Path) -> None:
    base = Cell(name="dqn", levels={}, algorithm="dqn")
    same = Cell(name="target=hard", levels={"target": "hard"}, algorithm="dqn", same_as="dqn")
    plan = plan_of(
        [base, same, cell_of(target="none"), cell_of(buffer="recent")],
        factors={"target": ["hard", "none"], "buffer": ["recent"]},
        design="one-at-a-time",
    )
    found = answer(plan, tmp_path, {"none": -40, "recent": 40})
    assert [own.subject for own in found.sentences] == ["target", "buffer"]
    assert " less in the end than hard (" in sentence(found, "target").text
    assert "recent earns" in sentence(found, "buffer").text
    assert " more in the end than dqn (" in sentence(found, "buffer").text
    assert found.effects == []


def test_each_variant_of_a_list_is_compared_and_over_all_environments_as_well(tmp_path: Path) -> None:
    plan = plan_of(variants("dqn", "worse", "other"), environments=["A-v0", "B-v0"])
    found = answer(plan, tmp_path, {"worse": -40})
    assert [own.environment for own in found.sentences] == ["A-v0", "A-v0", "B-v0", "B-v0", None, None]
    assert [own.verdict for own in found.sentences][::2] == ["difference"] * 3
    assert sentence(found, "other").text.startswith(
        "other, in A-v0: no difference in final return found between other and dqn ("
    )
    assert "0 is the study's worst run and 1 its best" in sentence(found, "worse", None).text


def test_few_seeds_conclude_nothing(tmp_path: Path) -> None:
    found = answer(plan_of(variants("dqn", "worse"), seeds=3), tmp_path, {"worse": -400})
    assert sentence(found, "worse").verdict == "too few seeds"
    assert "3 seeds trained with both, and 8 are the fewest that say anything" in sentence(found, "worse").text


def test_runs_that_diverged_are_told(tmp_path: Path) -> None:
    lost = {("worse", "A-v0", seed): 500 for seed in (1, 4)}
    found = answer(plan_of(variants("dqn", "worse")), tmp_path, {}, diverged=lost)
    assert "2 of 10 runs with worse diverged and count as worst." in sentence(found, "worse").text


def test_cells_that_always_earn_the_same_differ_in_nothing(tmp_path: Path) -> None:
    plan = plan_of(variants("dqn", "other"))
    found = analyse(plan, write_study(plan, tmp_path, lambda *where: 500.0))
    assert sentence(found, "other").verdict == "no difference found"
    assert "with each of 10 seeds they differ by 0" in sentence(found, "other").text


def test_a_level_that_cannot_be_is_not_compared(tmp_path: Path) -> None:
    cells = variants("dqn", "other")
    impossible = Cell(name="never", levels={}, algorithm="dqn", impossible="no such thing")
    found = answer(plan_of([*cells, impossible]), tmp_path, {})
    assert "cannot be compared" in sentence(found, "never").text
    assert sentence(found, "never").verdict == "too few seeds"


@pytest.mark.parametrize(
    ("value", "text"), [(1234.5, "1230"), (45.678, "45.7"), (-0.012345, "-0.0123"), (0.0, "0"), (500.0, "500")]
)
def test_numbers_have_three_digits(value: float, text: str) -> None:
    assert number(value) == text


def test_probabilities_are_not_more_exact_than_they_are() -> None:
    assert [probability(p) for p in (0.0001, 0.0234, 1.0, None)] == ["< 0.001", "= 0.023", "= 1", "unknown"]
