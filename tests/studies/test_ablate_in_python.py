from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import rlzoo
from rlzoo.contracts.errors import BadInput
from rlzoo.studies.study_result import StudyResult

from support.fabricated import hostile
from support.tiny import CATALOG

SMALL: dict[str, Any] = {
    "steps": 100,
    "set": {"train.learning_starts": 20, "train.batch_size": 8, "train.log_every": 50},
    "workers": 1,
    "quiet": True,
    "catalog": CATALOG,
}
COUNTING = "rlzoo-tests/Counting-v0"


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> StudyResult:
    vary = {"target": ["hard", "none"], "buffer": ["uniform", "recent"]}
    return rlzoo.ablate("dqn", COUNTING, vary=vary, seeds=8, out=tmp_path_factory.mktemp("study") / "s", **SMALL)


@pytest.mark.slow
def test_the_tables_have_the_whole_analysis(result: StudyResult) -> None:
    assert len(result.runs) == 4 * 8
    assert {"cell", "environment", "seed", "status", "final", "auc"} <= set(result.runs.columns)
    assert set(result.estimates["measure"]) == {"final", "evaluation", "auc"}
    assert {"value", "low", "high", "seeds"} <= set(result.estimates.columns)
    assert len(result.comparisons) == 3 * 3
    assert {"difference", "difference_low", "difference_high", "p_holm", "improvement"} <= set(
        result.comparisons.columns
    )
    assert len(result.effects) == 3 * (2 + 2 + 4)
    assert set(result.curves.columns) == {"cell", "environment", "step", "value", "low", "high"}
    assert list(result.conclusions["subject"]) == ["learning", "target", "buffer", "target × buffer"]
    assert result.failures.empty
    assert result.report.exists()


def test_it_shows_its_conclusions(result: StudyResult) -> None:
    lines = repr(result).splitlines()
    assert lines[0] == f"StudyResult({str(result.path)!r}: 4 cells, 1 environment, 8 seeds)"
    none_learned = f"  {COUNTING}: No cell has a final return significantly above that of a random policy, "
    assert lines[1] in (f"{none_learned}15.49.", f"{none_learned}15.50.")  # it is 15.495, rounded up or down
    assert lines[2].startswith(f"  {COUNTING}: target=none: ")
    assert result._repr_html_().count("<tr>") == 1 + 4


def test_names_are_escaped_in_a_notebook() -> None:
    html = StudyResult(Path("<b>"), hostile())._repr_html_()
    assert "<script" not in html
    assert "<img" not in html
    assert "<b>" not in html
    assert "\x1b" not in html


@pytest.mark.slow
def test_variants_are_a_list_and_the_same_call_trains_nothing_again(tmp_path: Path) -> None:
    variants = {"plain": {}, "no target": {"target": "none"}}
    first = rlzoo.ablate("dqn", COUNTING, variants=variants, seeds=[3, 5], out=tmp_path / "s", **SMALL)
    assert list(first.runs["cell"].unique()) == ["plain", "no target"]
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "s").glob("trials/*/*/*/manifest.json")}
    again = rlzoo.ablate("dqn", COUNTING, variants=variants, seeds=[3, 5], out=tmp_path / "s", **SMALL)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert again.runs.equals(first.runs)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "name an algorithm"),
        ({"algorithm": "dqn"}, "needs a factor"),
        ({"algorithm": "dqn", "vary": {"target": ["hard", "nnoe"]}}, "Did you mean `none`"),
        ({"algorithm": "dqn", "vary": {"target": ["hard", "none"]}, "design": "half"}, "design"),
        ({"algorithm": "dqn", "vary": {"target": ["hard", "none"]}, "executor": "lcoal"}, "Did you mean `local`"),
    ],
)
def test_an_invalid_question_writes_nothing(tmp_path: Path, given: dict[str, Any], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        rlzoo.ablate(env=COUNTING, out=tmp_path / "s", **SMALL | given)
    assert not (tmp_path / "s").exists()
