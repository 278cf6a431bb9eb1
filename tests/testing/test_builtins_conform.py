"""All built-in components and algorithms pass the conformance kit, also with other settings."""

import pytest

from rlzoo.registry.catalog import Catalog
from rlzoo.registry.plugins import Plugins
from rlzoo.testing import CHECKS, Case, Rule
from rlzoo.testing.cases import cases_of
from rlzoo.testing.rules import RULES

CATALOG = Catalog(Plugins())
VARIANTS = {
    ("buffer", "uniform"): [{"buffer.replacement": False}],
    ("network", "mlp"): [
        {"network.dueling": True, "network.activation": "tanh"},
        {"network.layer_norm": True, "network.hidden": (9, 5), "network.init": "orthogonal"},
    ],
    ("network", "cnn"): [
        {"network.preset": "minatar"},
        {"network.preset": "minatar", "network.dueling": True},
        {"network.preset": "minatar", "network.layer_norm": True, "network.init": "orthogonal"},
    ],
    ("exploration", "epsilon-greedy"): [
        {"exploration.schedule": "exponential"},
        {"exploration.schedule": "inverse"},
        {"exploration.schedule": "constant", "exploration.start": 0.3},
    ],
    ("target", "hard"): [
        {"target.period": 7},
        {"target.period": 3, "target.unit": "updates"},
        {"target.period": 2, "target.unit": "episodes"},
    ],
    ("target", "soft"): [{"target.tau": 0.5, "target.period": 5, "target.unit": "steps"}],
    ("objective", "q-learning"): [{"objective.loss": "huber"}],
    ("objective", "sarsa"): [{"train.n_step": 3}],
    ("objective", "expected-sarsa"): [{"train.n_step": 3}],
    ("optimizer", "adam"): [
        {"optimizer.max_grad_norm": 0.1, "optimizer.schedule": "linear"},
        {"optimizer.schedule": "inverse-time", "optimizer.decay": 0.1},
    ],
    ("optimizer", "radam"): [{"optimizer.betas": (0.5, 0.9), "optimizer.max_grad_norm": 0.1}],
    ("optimizer", "rmsprop"): [
        {"optimizer.eps_place": "outside", "optimizer.momentum": 0.9},
        {"optimizer.centered": False, "optimizer.max_grad_norm": 1.0},
    ],
    ("optimizer", "sgd"): [{"optimizer.momentum": 0.9}],
}
OBSERVATIONS = {"cnn": "image"}
CASES = [
    Case(slot, name, CATALOG, settings, OBSERVATIONS.get(name, "vector"))
    for (slot, name), variants in VARIANTS.items()
    for settings in variants
]
CASES += [Case("environment", id_, CATALOG) for id_ in ("rlzoo-probe/states-v0", "rlzoo-probe/image-v0")]
SLOW = {"cnn"}


def _marked(rule: Rule, case: Case) -> object:
    name = "-".join([case.slot, case.name, *map(str, case.settings.values()), rule.name])
    slow = {rule.name, case.name} & SLOW or case.slot == "algorithm"
    return pytest.param(rule, case, id=name, marks=[pytest.mark.slow] if slow else [])


@pytest.mark.parametrize(
    ("rule", "case"),
    [_marked(rule, case) for case in cases_of(CATALOG, "rlzoo") for rule in RULES if case.slot in rule.checks],
)
def test_keeps_the_rule(rule: Rule, case: Case) -> None:
    rule(case)


@pytest.mark.slow  # each is quick, but there are two hundred
@pytest.mark.parametrize(
    ("rule", "case"),
    [
        _marked(rule, case)
        for case in CASES
        for rule in CHECKS.values()
        if case.slot in rule.checks and rule.name != "effect"
    ],
)
def test_keeps_the_rule_with_other_settings(rule: Rule, case: Case) -> None:
    rule(case)
