"""The conformance kit finds typical mistakes: each is planted in a component, and the expected rule must fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from rlzoo.registry.catalog import Catalog
from rlzoo.registry.plugins import Plugins
from rlzoo.testing import CHECKS, Case
from rlzoo.testing.cases import cases_of
from rlzoo.testing.examination import Finding, judge
from rlzoo.testing.rules import RULES

from support import planted

PLANTED = [
    ("objective", "mean-across-lanes", "lane-independent", "it depends on values of other lanes"),
    ("objective", "mean-across-lanes", "diverging-lane", "NaN in the lane of seed 1 changed seed 3, 7"),
    ("objective", "twice", "weights", "it is weighted twice"),
    ("objective", "averaged", "weights", "it is already reduced"),
    ("objective", "wide-column", "shapes", "the column `best` has shape (1, 1, 1), not (1, 1)"),
    ("objective", "wrong-dtype", "shapes", "the column `best` is float32, but declared int64"),
    ("objective", "own-gamma", "bootstrapping", "does not depend on the batch's `discount`"),
    ("exploration", "global-random", "repeatable", "gave a different result the second time"),
    ("exploration", "global-random", "global-state", "the global random state of numpy.random was used"),
    ("exploration", "shared-stream", "lane-independent", "a random draw shared by lanes"),
    ("exploration", "branch", "lane-independent", "a branch on values of all lanes"),
    ("exploration", "forgetful", "resumable", "something is missing from `state()`"),
    ("exploration", "forgets-a-column", "shapes", "returns the columns ['chosen'], but declared ['chosen', 'coin']"),
    ("network", "forgets-the-sum", "gradient", "the gradient of `weight` is not the one that autograd finds"),
    ("objective", "ignores-weights", "gradient", "the gradient of its loss is not the one that autograd finds"),
    ("exploration", "miscompiled", "compiled", "gave a different result with compiled steps"),
    ("objective", "miscompiled", "compiled", "the compiled Q values are not those of the network and the objective"),
    ("exploration", "draws-to-explain", "explained", "a different result after it was explained"),
    ("objective", "wrong-formula", "explained", "the formula `{target} = {reward} + {next value}` does not hold"),
    ("exploration", "undescribed", "options", "`mystery` has no description"),
    ("exploration", "idle", "effect", "`warmth` has an effect"),
    ("exploration", "first-lane", "per-lane", "lanes whose `start` is 1.0 and"),
    ("buffer", "wrong-shape", "shapes", "`weight` of a batch has shape"),
    ("buffer", "shuffles-columns", "shapes", "belong to other transitions than its actions"),
    ("buffer", "drops-columns", "shapes", "a batch has the columns []"),
    ("buffer", "shifting", "shapes", "`add` modifies the transition's `reward`"),
    ("buffer", "unweighted", "weights", "but have the same importance weights"),
    ("buffer", "upside-down", "weights", "and have larger importance weights"),
    ("buffer", "hoarder", "memory", "grows by"),
    ("buffer", "tensor-hoarder", "memory", "grows by 4 bytes per added transition"),
    ("buffer", "gone", "found", "No module named 'no_such_module'"),
    ("optimizer", "starts-elsewhere", "paired", "does not start from the network's initial weights"),
    ("environment", "unseeded", "repeatable-episodes", "repeated with the same seed"),
    ("environment", "unseeded", "repeatable", "the second time"),
    (
        "environment",
        "believing",
        "expected-seeds",
        "with wrong announced seeds, seed 3 gave a different result",
    ),
    ("observer", "third", "stopping-rule", "after state() and load_state() it decides differently"),
    ("observer", "stops-here", "stopping-rule", "Can't pickle local object"),
    ("observer", "granted", "failed-run", "AttributeError: 'Granted' object has no attribute 'best'"),
    ("observer", "reseeds", "harmless", "it uses the global random state"),
    ("executor", "dropping", "jobs", "the events of the jobs were"),
    ("algorithm", "dqn-mean", "lane-independent", "it depends on values of other lanes"),
]


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    """The built-in components and the plugin `planted`."""
    plugins = Plugins(strict=True)
    plugins.register(planted, "planted")
    return Catalog(plugins)


@pytest.fixture(scope="module")
def find(catalog: Catalog) -> Callable[[str, str, str], Finding]:
    """Checks one rule on a component that `planted` registers."""

    def found(kind: str, name: str, rule: str) -> Finding:
        (case,) = [case for case in cases_of(catalog, "planted", name) if case.slot == kind]
        return judge(next(it for it in RULES if it.name == rule), case)

    return found


SLOW = ("effect", "memory", "per-lane")  # which take some seconds


@pytest.mark.parametrize(
    ("kind", "name", "rule", "said"),
    [
        pytest.param(*it, id="-".join(it[:3]), marks=[pytest.mark.slow] if it[2] in SLOW and it[1] != "hoarder" else [])
        for it in PLANTED
    ],
)
def test_a_planted_mistake_is_found(kind: str, name: str, rule: str, said: str, find) -> None:
    finding = find(kind, name, rule)
    assert (finding.verdict, said in finding.message) == ("failed", True), finding
    assert finding.guide == f"docs/checks.md#{rule}"


def test_a_buffer_may_declare_uncorrected_sampling(find) -> None:
    finding = find("buffer", "on-purpose", "weights")
    assert finding.verdict == "skipped"
    assert "its paper changes the loss instead" in finding.message


@pytest.mark.slow
def test_an_option_may_act_in_one_of_the_trials_only(catalog) -> None:
    cases = cases_of(catalog, "planted", "late")
    verdicts = [judge(next(it for it in RULES if it.name == "effect"), case).verdict for case in cases]
    assert verdicts == ["passed", "passed"]
    alone = judge(next(it for it in RULES if it.name == "effect"), replace(cases[0], trials=()))
    assert "`floor` has an effect" in alone.message


@pytest.mark.parametrize("name", ["past-the-end", "sarsa-past-the-end"])
def test_a_value_after_the_end_is_found(catalog: Catalog, name: str) -> None:
    case = Case("objective", name, catalog)
    with pytest.raises(AssertionError, match="`terminated` must end bootstrapping"):
        CHECKS["bootstrapping"](case)


def test_a_failed_check_names_the_likely_cause(catalog) -> None:
    with pytest.raises(AssertionError, match=r"^shapes: .*cause: a missing lane axis.*See docs/checks\.md#shapes"):
        CHECKS["shapes"](Case("buffer", "wrong-shape", catalog))
