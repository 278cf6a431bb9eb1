"""Every built-in component keeps every rule of the conformance kit."""

import pytest

from rlzoo.catalog import SLOTS, Catalog
from rlzoo.plugins import Plugins
from rlzoo.testing import CHECKS, Case

CATALOG = Catalog(Plugins())
VARIANTS = {
    ("buffer", "uniform"): [{}, {"buffer.evict": "newest"}, {"buffer.replacement": False}],
    ("network", "mlp"): [{}, {"network.dueling": True, "network.activation": "tanh"}],
    ("network", "cnn"): [{"network.preset": "minatar"}, {"network.preset": "minatar", "network.dueling": True}],
    ("exploration", "epsilon-greedy"): [
        {},
        {"exploration.schedule": "exponential"},
        {"exploration.schedule": "inverse"},
        {"exploration.schedule": "constant", "exploration.start": 0.3},
    ],
    ("target", "hard"): [
        {"target.period": 7},
        {"target.period": 3, "target.unit": "updates"},
        {"target.period": 2, "target.unit": "episodes"},
    ],
    ("target", "soft"): [{}, {"target.tau": 0.5, "target.period": 5, "target.unit": "steps"}],
    ("objective", "q-learning"): [{}, {"objective.loss": "huber"}, {"objective.mask_terminated": False}],
    ("optimizer", "adam"): [
        {},
        {"optimizer.max_grad_norm": 0.1, "optimizer.schedule": "linear"},
        {"optimizer.schedule": "inverse-time", "optimizer.decay": 0.1},
    ],
    ("optimizer", "rmsprop"): [
        {},
        {"optimizer.eps_place": "outside", "optimizer.momentum": 0.9},
        {"optimizer.centered": False, "optimizer.max_grad_norm": 1.0},
    ],
    ("optimizer", "sgd"): [{}, {"optimizer.momentum": 0.9}],
}
OBSERVATIONS = {"table": "states", "cnn": "image"}
CASES = [
    Case(slot, name, CATALOG, settings, OBSERVATIONS.get(name, "vector"))
    for slot in SLOTS
    for name in CATALOG.names(slot)
    for settings in VARIANTS.get((slot, name), [{}])
]
CASES += [Case("environment", id_, CATALOG) for id_ in ("CartPole-v1", "rlzoo-probe/states-v0", "rlzoo-probe/image-v0")]


def _name(case: Case) -> str:
    return "-".join([case.slot, case.name, *map(str, case.settings.values())])


def _marked(case: Case) -> object:
    return pytest.param(case, id=_name(case), marks=[pytest.mark.slow] if case.name == "cnn" else [])


@pytest.mark.parametrize("case", [_marked(case) for case in CASES])
@pytest.mark.parametrize("check", CHECKS)
def test_keeps_the_rule(check: str, case: Case) -> None:
    CHECKS[check](case)
