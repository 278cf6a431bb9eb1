"""Every component keeps every rule of the conformance kit."""

import pytest

from rlzoo.testing import CHECKS, Case, installed

CATALOG = installed()
CASES = {
    "c51": {"objective.atoms": 7, "objective.v_min": -2.0, "objective.v_max": 2.0},
    "c51-double-dueling-n-step": {
        "objective.atoms": 7,
        "objective.double": True,
        "network.dueling": True,
        "train.n_step": 3,
    },
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("check", CHECKS)
def test_keeps_the_rule(check: str, name: str) -> None:
    CHECKS[check](Case("objective", name.split("-")[0], CATALOG, CASES[name]))
