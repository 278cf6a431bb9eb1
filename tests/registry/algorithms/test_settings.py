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
    "env.id": "CartPole-v1",
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
    "objective.mask_terminated": True,
    "optimizer.lr": 2.5e-4,
    "optimizer.eps": 1e-8,
    "optimizer.max_grad_norm": None,
}
ARTICLE_130 = {
    "env.id": "CartPole-v0",
    "env.max_episode_steps": 500,
    "train.steps": None,
    "train.episodes": 250,
    "train.batch_size": 128,
    "train.prime": 128,
    "train.update_every": 1,
    "train.update_unit": "episodes",
    "train.updates": 1,
    "buffer.capacity": 10_000,
    "buffer.evict": "oldest",
    "network.hidden": (128, 128),
    "network.activation": "relu",
    "exploration.schedule": "inverse",
    "exploration.start": 0.3,
    "target.period": 200,
    "target.unit": "episodes",
    "objective.gamma": 0.9,
    "objective.loss": "huber",
    "objective.mask_terminated": True,
    "optimizer.lr": 1e-4,
}
PUBLISHED: dict[str, dict[str, Any]] = {
    "dqn": CLEANRL,
    "dqn-no-target": {name: value for name, value in CLEANRL.items() if not name.startswith("target.")},
    "dqn-soft": {**CLEANRL, "target.period": 1, "target.unit": "updates", "target.tau": 0.005},
    "double-dqn": CLEANRL,
    "dueling-dqn": {**CLEANRL, "network.dueling": True},
    "dqn-130": ARTICLE_130,
    "dqn-130-as-printed": {
        **ARTICLE_130,
        "buffer.evict": "newest",
        "objective.gamma": 0.3,
        "objective.mask_terminated": False,
    },
    "dqn-simple": {
        "env.id": "CartPole-v0",
        "env.max_episode_steps": 200,
        "train.steps": None,
        "train.episodes": 500,
        "train.batch_size": 64,
        "train.learning_starts": 0,
        "train.update_every": 1,
        "train.update_unit": "steps",
        "buffer.capacity": 100_000,
        "network.hidden": (24, 48),
        "network.activation": "tanh",
        "exploration.schedule": "exponential",
        "exploration.start": 1.0,
        "exploration.end": 0.01,
        "exploration.decay": 0.995,
        "objective.gamma": 0.95,
        "objective.loss": "mse",
        "objective.average_actions": True,
        "optimizer.lr": 0.01,
        "optimizer.schedule": "inverse-time",
        "optimizer.decay": 0.001,
    },
    "dqn-keras-rl": {
        "env.id": "CartPole-v0",
        "train.steps": 50_000,
        "train.batch_size": 32,
        "train.learning_starts": 10,
        "train.update_every": 1,
        "train.update_unit": "steps",
        "buffer.capacity": 50_000,
        "network.hidden": (16,),
        "network.activation": "relu",
        "exploration.schedule": "constant",
        "exploration.start": 0.1,
        "target.tau": 0.01,
        "target.period": 1,
        "target.unit": "steps",
        "objective.gamma": 0.99,
        "objective.loss": "half-mse",
        "optimizer.lr": 1e-3,
    },
}


def setting(composition: Composition, name: str) -> Any:
    part, _, field = name.partition(".")
    slot = "environment" if part == "env" else part
    return getattr(composition.train if part == "train" else composition[slot], field)


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_settings_are_those_that_were_published(name: str) -> None:
    composition = compose(CATALOG, name)
    assert {field: setting(composition, field) for field in PUBLISHED[name]} == PUBLISHED[name]


def test_the_components_are_those_that_were_published() -> None:
    double = {slot: compose(CATALOG, "dqn-keras-rl").components[slot].name for slot in ("objective", "target")}
    assert double == {"objective": "double", "target": "soft"}
    assert compose(CATALOG, "dqn-simple").components["target"].name == "none"
    assert compose(CATALOG, "dqn-130").components["objective"].name == "stored-action"
