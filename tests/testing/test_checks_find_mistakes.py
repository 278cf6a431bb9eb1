"""The kit finds the mistakes it is made for: each is planted in a component, and the rule that fails is named."""

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
    ("objective", "mean-across-lanes", "lane-independent", "values of other lanes arrive in it"),
    ("objective", "mean-across-lanes", "poison", "NaN in the lane of seed 1 reached the lane of seed 3, 7"),
    ("objective", "twice", "weights", "it is weighted twice"),
    ("objective", "averaged", "weights", "it is reduced already"),
    ("objective", "own-gamma", "bootstrapping", "does not depend on the batch's `discount`"),
    ("exploration", "global-random", "repeatable", "gave another result the second time"),
    ("exploration", "global-random", "global-state", "the global random state of numpy.random was used"),
    ("exploration", "shared-stream", "lane-independent", "a draw that lanes share"),
    ("exploration", "branch", "lane-independent", "a branch on values of all lanes"),
    ("exploration", "forgetful", "state", "something it remembers is not in state()"),
    ("exploration", "undescribed", "options", "`mystery` is not described"),
    ("exploration", "idle", "effect", "`warmth` makes any difference"),
    ("buffer", "wrong-shape", "shapes", "`weight` of a batch has shape"),
    ("buffer", "shifting", "shapes", "`add` writes into the transition's `reward`"),
    ("buffer", "unweighted", "weights", "their importance weights are the same: forgotten?"),
    ("buffer", "upside-down", "weights", "have larger importance weights too"),
    ("buffer", "hoarder", "memory", "grows by"),
    ("buffer", "tensor-hoarder", "memory", "grows by 4 bytes with each one"),
    ("buffer", "gone", "found", "No module named 'no_such_module'"),
    ("optimizer", "starts-elsewhere", "paired", "starts from other weights"),
    ("environment", "unseeded", "state", "begun again from its seed"),
    ("environment", "unseeded", "repeatable", "the second time"),
    (
        "environment",
        "believing",
        "expected-seeds",
        "told wrong seeds of the episodes to come, seed 3 gave another result",
    ),
    ("observer", "granted", "every-end", "AttributeError: 'Granted' object has no attribute 'best' (in finish, "),
    ("observer", "reseeds", "harmless", "it touches the global random state"),
    ("executor", "dropping", "jobs", "jobs said"),
    ("algorithm", "dqn-mean", "lane-independent", "values of other lanes arrive in it"),
]


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    """What is built in, and `planted`."""
    plugins = Plugins(strict=True)
    plugins.register(planted, "planted")
    return Catalog(plugins)


@pytest.fixture(scope="module")
def find(catalog: Catalog) -> Callable[[str, str, str], Finding]:
    """Tries one rule on a thing that `planted` registers."""

    def found(kind: str, name: str, rule: str) -> Finding:
        (case,) = [case for case in cases_of(catalog, "planted", name) if case.slot == kind]
        return judge(next(it for it in RULES if it.name == rule), case)

    return found


SLOW = ("effect", "memory")  # which take some seconds


@pytest.mark.parametrize(
    ("kind", "name", "rule", "said"),
    [
        pytest.param(*it, id="-".join(it[:3]), marks=[pytest.mark.slow] if it[2] in SLOW and it[1] != "hoarder" else [])
        for it in PLANTED
    ],
)
def test_a_planted_mistake_is_found(kind: str, name: str, rule: str, said: str, find) -> None:
    finding = find(kind, name, rule)
    assert (finding.verdict, said in finding.said) == ("failed", True), finding
    assert finding.guide == f"docs/checks.md#{rule}"


def test_a_buffer_may_say_that_it_leaves_weights_out(find) -> None:
    finding = find("buffer", "on-purpose", "weights")
    assert finding.verdict == "skipped"
    assert "its paper changes the loss instead" in finding.said


@pytest.mark.slow
def test_an_option_may_act_in_one_of_the_trials_only(catalog) -> None:
    cases = cases_of(catalog, "planted", "late")
    verdicts = [judge(next(it for it in RULES if it.name == "effect"), case).verdict for case in cases]
    assert verdicts == ["passed", "passed"]
    alone = judge(next(it for it in RULES if it.name == "effect"), replace(cases[0], elsewhere=()))
    assert "`floor` makes any difference" in alone.said


def test_a_value_after_the_end_is_found(catalog) -> None:
    case = Case("objective", "past-the-end", catalog)
    with pytest.raises(AssertionError, match="`terminated` must end bootstrapping"):
        CHECKS["bootstrapping"](case)


def test_a_failed_check_says_where_to_look(catalog) -> None:
    with pytest.raises(AssertionError, match=r"^shapes: .*Look for a missing lane axis.*More: docs/checks\.md#shapes"):
        CHECKS["shapes"](Case("buffer", "wrong-shape", catalog))
