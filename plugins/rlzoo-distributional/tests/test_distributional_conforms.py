"""Every component keeps every rule of the conformance kit."""

import pytest

from rlzoo.testing import CHECKS, Case, installed

CATALOG = installed()
COMPOSED = {"network.dueling": True, "train.n_step": 3}
CASES = {
    "c51": Case("objective", "c51", CATALOG, {"objective.atoms": 7, "objective.v_min": -2.0, "objective.v_max": 2.0}),
    "c51 composed": Case("objective", "c51", CATALOG, {"objective.double": True} | COMPOSED),
    "qr-dqn": Case("objective", "qr-dqn", CATALOG, {"objective.quantiles": 7, "objective.double": True} | COMPOSED),
    "munchausen": Case("objective", "munchausen", CATALOG, {"objective.loss": "huber"} | COMPOSED),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("check", CHECKS)
def test_keeps_the_rule(check: str, name: str) -> None:
    CHECKS[check](CASES[name])
