"""Every policy and objective keeps every rule of the conformance kit."""

import pytest

from rlzoo.registry.catalog import KINDS
from rlzoo.testing import CHECKS, Case, installed

CATALOG = installed()
CASES = [
    Case("exploration", "ez-greedy", CATALOG, {"exploration.start": 0.3, "exploration.longest": 20}),
    Case("exploration", "ucb", CATALOG, observations="states"),
    Case("exploration", "boltzmann-gumbel", CATALOG, observations="states"),
    Case("exploration", "one-head", CATALOG, beside={"objective": "bootstrapped"}),
    Case("objective", "bootstrapped", CATALOG, {"objective.double": True, "objective.heads": 3}),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("check", CHECKS)
def test_keeps_the_rule(check: str, case: Case) -> None:
    CHECKS[check](case)


def test_everything_says_where_it_was_published() -> None:
    entries = [CATALOG.get(kind, name) for kind in KINDS if kind != "command" for name in CATALOG.names(kind)]
    own = [entry for entry in entries if entry.plugin == "rlzoo-exploration"]
    assert own
    assert all(entry.reference for entry in own)
