"""Everything keeps the rules of the conformance kit."""

import pytest

from rlzoo.testing import CHECKS, Case, installed
from rlzoo.testing.cases import cases_of

CATALOG = installed()


@pytest.mark.parametrize(
    ("check", "case"),
    [
        (name, case)
        for case in cases_of(CATALOG, "rlzoo-plasticity")
        for name in CHECKS
        if case.slot in CHECKS[name].checks
    ],
    ids=lambda it: it if isinstance(it, str) else it.name,
)
@pytest.mark.slow
def test_keeps_the_rule(check: str, case: Case) -> None:
    CHECKS[check](case)
