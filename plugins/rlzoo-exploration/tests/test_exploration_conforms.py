"""Every policy keeps every rule of the conformance kit."""

import pytest

from rlzoo.testing import CHECKS, Case, installed

CATALOG = installed()
CASES = [
    Case("exploration", "ez-greedy", CATALOG, {"exploration.start": 0.3, "exploration.longest": 20}),
    Case("exploration", "ucb", CATALOG, observations="states"),
    Case("exploration", "boltzmann-gumbel", CATALOG, observations="states"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("check", CHECKS)
def test_keeps_the_rule(check: str, case: Case) -> None:
    CHECKS[check](case)
