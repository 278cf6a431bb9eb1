"""Every component and algorithm keeps every rule of the conformance kit."""

from typing import Any

import pytest

from rlzoo.registry.catalog import KINDS
from rlzoo.testing import CHECKS, Case, Rule, installed, rules_of

CATALOG = installed()
SLOW = {"algorithm", "effect", "memory", "per-lane"}
AS_PRINTED = {"objective.mask_terminated": False}
VARIANTS = [
    Case("buffer", "primed", CATALOG, {"buffer.evict": "newest", "buffer.prime": 0}),
    Case("buffer", "primed", CATALOG, {"buffer.prime": 9, "train.n_step": 3}, beside={"objective": "stored-action"}),
    Case("buffer", "primed", CATALOG, beside={"objective": "sarsa"}),
    Case("objective", "stored-action", CATALOG, {"objective.loss": "huber", "train.n_step": 3}),
    Case("objective", "stored-action", CATALOG, AS_PRINTED),
]


def _marked(rule: Rule, case: Case) -> Any:
    slow = {rule.name, case.slot} & SLOW
    return pytest.param(rule, case, id=f"{case.name}-{rule.name}", marks=[pytest.mark.slow] if slow else [])


@pytest.mark.parametrize(("rule", "case"), [_marked(rule, case) for rule, case in rules_of("rlzoo-articles")])
def test_keeps_the_rule(rule: Rule, case: Case) -> None:
    rule(case)


@pytest.mark.slow
@pytest.mark.parametrize("case", VARIANTS, ids=lambda case: f"{case.name}-{'-'.join(map(str, case.settings.values()))}")
@pytest.mark.parametrize("check", sorted(CHECKS.keys() - {"effect"}))
def test_keeps_the_rule_with_other_settings(check: str, case: Case) -> None:
    if (check, case.settings) == ("bootstrapping", AS_PRINTED):
        pytest.skip("the printed code bootstraps from terminal states, which this option reproduces")
    CHECKS[check](case)


def test_everything_names_its_publication() -> None:
    entries = [CATALOG.get(kind, name) for kind in KINDS if kind != "command" for name in CATALOG.names(kind)]
    added = [entry for entry in entries if entry.plugin == "rlzoo-articles"]
    assert len(added) == 7
    assert all(entry.reference for entry in added)
