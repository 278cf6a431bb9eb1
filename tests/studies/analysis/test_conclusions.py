from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from rlzoo.studies.analysis.analyse import analyse
from rlzoo.studies.analysis.tables import Analysis, Conclusion
from rlzoo.studies.design.plan import Cell, Plan

from support.small_studies import FACTORS, cell_of, crossed, plan_of, variants, write_study

EVERYTHING = {"": 0.0}


def answer(plan: Plan, folder: Path, shift: dict[str, float], **more: object) -> Analysis:
    """Cells whose name contains a key are that much better."""
    rng = np.random.default_rng(0)

    def returns(cell: str, environment: str, seed: int) -> float:
        return 100 + rng.normal(0, 10) + sum(by for key, by in shift.items() if all(k in cell for k in key.split()))

    return analyse(plan, write_study(plan, folder, returns, **more))


def conclusions(analysis: Analysis, subject: str, environment: str | None = "A-v0") -> list[Conclusion]:
    return [item for item in analysis.conclusions if (item.subject, item.environment) == (subject, environment)]


def only(analysis: Analysis, subject: str, environment: str | None = "A-v0") -> Conclusion:
    (item,) = conclusions(analysis, subject, environment)
    return item


def test_each_contrast_has_a_verdict_that_agrees_with_its_sentence(tmp_path: Path) -> None:
    plan = plan_of(crossed(), factors=FACTORS, design="full")
    found = answer(plan, tmp_path, {"none": -40})
    soft, none = conclusions(found, "target")
    assert soft.verdict == "no significant difference"
    assert soft.text.startswith("target=soft: no significant difference in final return from target=hard (")
    assert none.verdict == "difference"
    assert re.fullmatch(
        r"target=none: final return 3\d\.\d lower than with target=hard \(95% CI [\d.]+ to [\d.]+\)\.", none.text
    )
    assert none.statistics.startswith("Paired t test over 10 seeds: p < 0.001; Holm-corrected for 4 tests: p < 0.001.")
    assert none.statistics.endswith("Averaged over buffer.")


def test_no_difference_says_what_could_have_been_detected(tmp_path: Path) -> None:
    plan = plan_of(crossed(), factors=FACTORS, design="full")
    buffer = only(answer(plan, tmp_path, {}), "buffer")
    assert buffer.verdict == "no significant difference"
    assert re.search(r"10 seeds give 80% power to detect a difference of [\d.]+\.$", buffer.text)


def test_a_difference_that_correction_hides_says_so(tmp_path: Path) -> None:
    plan = plan_of(variants("dqn", *"abcdefghijkl"))
    found = answer(plan, tmp_path, {"a": 18})
    hidden = [item for item in found.conclusions if "after correction for 12 tests" in item.text]
    assert hidden
    for item in hidden:
        p_value, p_holm = map(float, re.findall(r"p = ([\d.]+\d)", item.statistics))
        assert p_value < 0.05 <= p_holm
        assert item.verdict == "no significant difference"


def test_interactions_have_their_own_conclusion(tmp_path: Path) -> None:
    plan = plan_of(crossed(), factors=FACTORS, design="full")
    shift = {"none recent": -40.0, "none uniform": 40.0, "hard recent": 40.0, "hard uniform": -40.0}
    found = only(answer(plan, tmp_path / "a", shift), "target × buffer")
    assert found.verdict == "interaction"
    assert found.text.startswith("target and buffer interact: the effect of one depends on the other.")
    assert "p < 0.001" in found.statistics
    none = only(answer(plan, tmp_path / "b", {}), "target × buffer")
    assert none.verdict == "no significant interaction"
    assert none.text == "No significant interaction between target and buffer."


def test_one_at_a_time_compares_with_the_level_of_the_algorithm(tmp_path: Path) -> None:
    base = Cell(name="dqn", levels={}, algorithm="dqn")
    same = Cell(name="target=hard", levels={"target": "hard"}, algorithm="dqn", same_as="dqn")
    plan = plan_of(
        [base, same, cell_of(target="none"), cell_of(buffer="recent")],
        factors={"target": ["hard", "none"], "buffer": ["recent"]},
        design="one-at-a-time",
    )
    found = answer(plan, tmp_path, {"none": -40, "recent": 40})
    assert [item.subject for item in found.conclusions] == ["target", "buffer"]
    assert " lower than with target=hard (" in only(found, "target").text
    assert only(found, "buffer").text.startswith("buffer=recent: final return ")
    assert " higher than with “dqn” (" in only(found, "buffer").text
    assert found.effects == []


def test_variants_are_quoted_and_compared_over_all_environments_as_well(tmp_path: Path) -> None:
    plan = plan_of(variants("dqn", "worse", "other"), environments=["A-v0", "B-v0"])
    found = answer(plan, tmp_path, {"worse": -40})
    assert [item.environment for item in found.conclusions] == ["A-v0", "A-v0", "B-v0", "B-v0", None, None]
    assert [item.verdict for item in found.conclusions][::2] == ["difference"] * 3
    assert only(found, "other").text.startswith("“other”: no significant difference in final return from “dqn” (")
    overall = only(found, "worse", None)
    assert overall.text.startswith("“worse”: normalized final return 0.")
    assert "0 is the study's worst run and 1 its best." in overall.statistics


def test_few_seeds_conclude_nothing(tmp_path: Path) -> None:
    found = only(answer(plan_of(variants("dqn", "worse"), seeds=3), tmp_path, {"worse": -400}), "worse")
    assert found.verdict == "too few seeds"
    assert found.text == (
        "“worse”: too few seeds for a comparison with “dqn”. 3 seeds trained with both; at least 8 are needed."
    )


def test_runs_that_diverged_are_counted(tmp_path: Path) -> None:
    diverged = {("worse", "A-v0", seed): 500 for seed in (1, 4)}
    found = answer(plan_of(variants("dqn", "worse")), tmp_path, {}, diverged=diverged)
    assert "2 of 10 runs with “worse” diverged, scored as the worst run." in only(found, "worse").statistics


def test_equal_returns_are_no_difference(tmp_path: Path) -> None:
    plan = plan_of(variants("dqn", "other"))
    found = only(analyse(plan, write_study(plan, tmp_path, lambda *where: 500.0)), "other")
    assert found.verdict == "no significant difference"
    assert "(0, the same with each of 10 seeds)" in found.text
    assert found.statistics == "Sign test over 10 seeds: p = 1.000."


def test_an_invalid_cell_is_not_compared(tmp_path: Path) -> None:
    cells = variants("dqn", "other")
    invalid = Cell(name="never", levels={}, algorithm="dqn", impossible="no such thing")
    found = only(answer(plan_of([*cells, invalid]), tmp_path, {}), "never")
    assert (found.verdict, found.text) == (
        "not compared",
        "“never”: not compared with “dqn”, since no seed trained with both.",
    )
