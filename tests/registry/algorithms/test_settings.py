"""The settings that were published with each algorithm, so that none of them changes unnoticed."""

from __future__ import annotations

from typing import Any

import pytest

from rlzoo.contracts import Composition
from rlzoo.registry.catalog import Catalog
from rlzoo.registry.composition import compose
from rlzoo.registry.plugins import Plugins

CATALOG = Catalog(Plugins())
CLEANRL = {
    "environment.id": "CartPole-v1",
    "train.steps": 500_000,
    "train.envs": 1,
    "train.batch_size": 128,
    "train.learning_starts": 10_000,
    "train.update_every": 10,
    "train.update_unit": "steps",
    "train.updates": 1,
    "buffer.capacity": 10_000,
    "network.hidden": (120, 84),
    "network.activation": "relu",
    "exploration.schedule": "linear",
    "exploration.start": 1.0,
    "exploration.end": 0.05,
    "exploration.fraction": 0.5,
    "target.period": 500,
    "target.unit": "steps",
    "objective.gamma": 0.99,
    "objective.loss": "mse",
    "optimizer.lr": 2.5e-4,
    "optimizer.eps": 1e-8,
    "optimizer.max_grad_norm": None,
}
PUBLISHED: dict[str, dict[str, Any]] = {
    "dqn": CLEANRL,
    "dqn-no-target": {name: value for name, value in CLEANRL.items() if not name.startswith("target.")},
    "dqn-soft": {**CLEANRL, "target.period": 1, "target.unit": "updates", "target.tau": 0.005},
    "double-dqn": CLEANRL,
    "dueling-dqn": {**CLEANRL, "network.dueling": True},
}


def setting(composition: Composition, name: str) -> Any:
    part, _, field = name.partition(".")
    return getattr(composition.train if part == "train" else composition[part], field)


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_settings_are_those_that_were_published(name: str) -> None:
    composition = compose(CATALOG, name)
    assert {field: setting(composition, field) for field in PUBLISHED[name]} == PUBLISHED[name]
