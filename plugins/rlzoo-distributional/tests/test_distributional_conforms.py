"""Every component keeps every rule of the conformance kit."""

import pytest

from rlzoo.registry.catalog import KINDS
from rlzoo.testing import CHECKS, Case, installed

CATALOG = installed()
SETTINGS = {
    "c51": {"objective.atoms": 7, "objective.v_min": -2.0, "objective.v_max": 2.0, "objective.double": True},
    "two-hot": {"objective.atoms": 7, "objective.v_min": -2.0, "objective.v_max": 2.0},
    "hl-gauss": {"objective.atoms": 7, "objective.v_min": -2.0, "objective.v_max": 2.0, "objective.double": True},
    # Within so few updates, who picks the next action matters only where they are large.
    "qr-dqn": {"objective.quantiles": 7, "optimizer.lr": 0.05},
    "iqn": {"objective.fractions": 5, "objective.target_fractions": 3, "optimizer.lr": 0.05},
    "munchausen": {"objective.loss": "huber"},
}
COMPOSED = {"network.dueling": True, "network.hidden": (9, 7), "train.n_step": 3}
CASES = {
    name: Case("objective", name, CATALOG, settings | COMPOSED, beside={"network": "iqn" if name == "iqn" else "mlp"})
    for name, settings in SETTINGS.items()
}
MUNCHAUSEN = SETTINGS["iqn"] | {"objective.policy": "munchausen"} | COMPOSED
CASES["iqn munchausen"] = Case("objective", "iqn", CATALOG, MUNCHAUSEN, beside={"network": "iqn"})
CASES["iqn network"] = Case("network", "iqn", CATALOG, {"network.cosines": 5, "network.hidden": (9, 7)})
CASES["iqn-cnn network"] = Case(
    "network",
    "iqn-cnn",
    CATALOG,
    {"network.preset": "minatar", "network.cosines": 5},
    observations="image",
)


@pytest.mark.parametrize("name", [*SETTINGS, pytest.param("iqn network", marks=pytest.mark.slow)])
@pytest.mark.parametrize("check", CHECKS)
def test_keeps_the_rule(check: str, name: str) -> None:
    CHECKS[check](CASES[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["iqn munchausen", "iqn-cnn network"])
@pytest.mark.parametrize("check", CHECKS)
def test_keeps_the_rule_as_well(check: str, name: str) -> None:
    CHECKS[check](CASES[name])


def test_everything_says_where_it_was_published() -> None:
    entries = [CATALOG.get(kind, name) for kind in KINDS if kind != "command" for name in CATALOG.names(kind)]
    own = [entry for entry in entries if entry.plugin == "rlzoo-distributional"]
    assert own
    assert all(entry.reference for entry in own)
