"""The settings that were published with each agent, so that none of them changes unnoticed."""

from __future__ import annotations

from typing import Any

import pytest

from rlzoo.contracts import Composition
from rlzoo.registry.composition import compose
from rlzoo.testing import installed

CATALOG = installed()
DQN_130 = {
    "environment.id": "CartPole-v0",
    "environment.max_episode_steps": 500,
    "train.steps": None,
    "train.episodes": 250,
    "train.batch_size": 128,
    "train.update_every": 1,
    "train.update_unit": "episodes",
    "train.updates": 1,
    "buffer.capacity": 10_000,
    "buffer.prime": 128,
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
    "dqn-130": DQN_130,
    "dqn-130-as-printed": {
        **DQN_130,
        "buffer.evict": "newest",
        "objective.gamma": 0.3,
        "objective.mask_terminated": False,
    },
    "dqn-simple": {
        "environment.id": "CartPole-v0",
        "environment.max_episode_steps": 200,
        "train.steps": None,
        "train.episodes": 500,
        "train.batch_size": 64,
        "train.learning_starts": 0,
        "train.update_every": 1,
        "train.update_unit": "steps",
        "buffer.capacity": 100_000,
        "buffer.replacement": False,
        "network.hidden": (24, 48),
        "network.activation": "tanh",
        "exploration.schedule": "exponential",
        "exploration.start": 1.0,
        "exploration.end": 0.01,
        "exploration.decay": 0.995,
        "objective.gamma": 0.95,
        "objective.loss": "mse",
        "optimizer.lr": 0.01,
        "optimizer.eps": 1e-7,
        "optimizer.schedule": "inverse-time",
        "optimizer.decay": 0.001,
    },
    "dqn-keras-rl": {
        "environment.id": "CartPole-v0",
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
        "optimizer.eps": 1e-7,
    },
}
COMPONENTS = {
    "dqn-130": {"buffer": "primed", "target": "hard", "objective": "stored-action", "optimizer": "adam"},
    "dqn-130-as-printed": {"buffer": "primed", "target": "hard", "objective": "stored-action", "optimizer": "adam"},
    "dqn-simple": {"buffer": "uniform", "target": "none", "objective": "averaged-q-learning", "optimizer": "adam"},
    "dqn-keras-rl": {"buffer": "uniform", "target": "soft", "objective": "double", "optimizer": "adam"},
}


def setting(composition: Composition, name: str) -> Any:
    part, _, field = name.partition(".")
    return getattr(composition.train if part == "train" else composition[part], field)


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_settings_are_those_that_were_published(name: str) -> None:
    composition = compose(CATALOG, name)
    assert {field: setting(composition, field) for field in PUBLISHED[name]} == PUBLISHED[name]


@pytest.mark.parametrize("name", COMPONENTS)
def test_the_components_are_those_that_were_published(name: str) -> None:
    composition = compose(CATALOG, name)
    assert {slot: composition.components[slot].name for slot in COMPONENTS[name]} == COMPONENTS[name]


def test_dqn_130_as_printed_differs_from_its_description_in_three_settings() -> None:
    described, printed = compose(CATALOG, "dqn-130"), compose(CATALOG, "dqn-130-as-printed")
    changed = {
        (slot, field)
        for slot in described.components
        for field, value in vars(described[slot]).items()
        if getattr(printed[slot], field) != value
    }
    assert changed == {("objective", "gamma"), ("objective", "mask_terminated"), ("buffer", "evict")}
    assert described.train == printed.train
