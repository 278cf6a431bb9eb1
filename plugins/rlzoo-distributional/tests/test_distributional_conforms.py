"""Every component keeps every rule of the conformance kit."""

import pytest

from rlzoo.testing import CHECKS, Case, installed

CATALOG = installed()
COMPOSED = {"network.dueling": True, "train.n_step": 3}
CASES = {
    "c51": Case("objective", "c51", CATALOG, {"objective.atoms": 7, "objective.v_min": -2.0, "objective.v_max": 2.0}),
    "c51 composed": Case("objective", "c51", CATALOG, {"objective.double": True} | COMPOSED),
    "qr-dqn": Case("objective", "qr-dqn", CATALOG, {"objective.quantiles": 7, "objective.double": True} | COMPOSED),
    "iqn": Case(
        "objective",
        "iqn",
        CATALOG,
        {"objective.fractions": 5, "objective.target_fractions": 3},
        beside={"network": "iqn"},
    ),
    "iqn composed": Case("objective", "iqn", CATALOG, {"objective.double": True} | COMPOSED, beside={"network": "iqn"}),
    "iqn network": Case("network", "iqn", CATALOG, {"network.cosines": 5, "network.hidden": (9, 7)}),
    "munchausen": Case("objective", "munchausen", CATALOG, {"objective.loss": "huber"} | COMPOSED),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("check", CHECKS)
def test_keeps_the_rule(check: str, name: str) -> None:
    CHECKS[check](CASES[name])
