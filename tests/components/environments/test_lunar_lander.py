"""LunarLander, which needs the extra `box2d`: its physics keep the rules, and a run finishes."""

from dataclasses import replace
from pathlib import Path

import pytest

import rlzoo
from rlzoo.testing import CHECKS, Case, installed
from rlzoo.testing.cases import cases_of

CATALOG = installed()


@pytest.mark.parametrize("check", [pytest.param(it, marks=[pytest.mark.slow] * (it == "effect")) for it in CHECKS])
def test_it_keeps_the_rule(check: str) -> None:
    case = Case("environment", "LunarLander-v3", CATALOG)
    # Some options of the family act in other environments only.
    CHECKS[check](replace(case, trials=(case, *cases_of(CATALOG, "rlzoo", "gymnasium"))))


@pytest.mark.slow
def test_a_run_goes_through(tmp_path: Path) -> None:
    small = {
        "train.learning_starts": 200,
        "train.eval_every": 600,
        "train.eval_episodes": 1,
        "train.eval_max_steps": 50,
    }
    result = rlzoo.train("dqn", "LunarLander-v3", steps=600, seeds=2, set=small, out=tmp_path / "run", workers=1)
    assert set(result.episodes["seed"]) == {0, 1}
    assert result.agent(seed=1).q_values([0.0] * 8).shape == (4,)
