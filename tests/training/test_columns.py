"""Columns that parts declare and record: from the collector through the buffer to the batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch

from rlzoo.components.exploration.greedy import GreedyPolicy
from rlzoo.components.objectives.one_step import OneStepObjective
from rlzoo.components.objectives.q_learning import QLearning, max_target_value
from rlzoo.contracts import BuildSpec, Column, Component, Transition
from rlzoo.contracts.errors import OptionError
from rlzoo.contracts.hooks import hookimpl
from rlzoo.registry.catalog import Catalog
from rlzoo.registry.composition import compose
from rlzoo.registry.plugins import Plugins
from rlzoo.training.runner import Runner

import support.tiny  # noqa: F401 - registers the environments


@dataclass(frozen=True)
class Sure(Component):
    """Acts greedily, and records the probability of what it did."""

    def build(self, spec: BuildSpec) -> Any:
        class SurePolicy(GreedyPolicy):
            columns = (Column("probability", (), "float64"),)

            def record(
                self, transition: Transition, q_values: Callable[[np.ndarray], np.ndarray]
            ) -> Mapping[str, np.ndarray]:
                return {"probability": transition.observation[..., 0] + 1.0}

        return SurePolicy(spec)


@dataclass(frozen=True)
class Valued(QLearning):
    """Q-learning that records the values of all actions in both observations."""

    first: str = "values"

    def build(self, spec: BuildSpec) -> Any:
        class ValuedObjective(OneStepObjective):
            columns = (Column(self.first, (3,), "float32"), Column("next_values", (3,), "float32"))

            def record(
                self, transition: Transition, q_values: Callable[[np.ndarray], np.ndarray]
            ) -> Mapping[str, np.ndarray]:
                before, after = q_values(transition.observation), q_values(transition.next_observation)
                return {self.columns[0].name: before, "next_values": after}

        return ValuedObjective(self, max_target_value)


class Plugin:
    @hookimpl
    def rlzoo_exploration_policies(self) -> Mapping[str, Any]:
        return {"sure": Sure}

    @hookimpl
    def rlzoo_objectives(self) -> Mapping[str, Any]:
        return {"valued": Valued}


def make_runner(settings: dict[str, Any]) -> Runner:
    plugins = Plugins()
    plugins.register(Plugin(), "rlzoo-recording")
    parts = {"exploration": "sure", "objective": "valued"}
    small = {"train.steps": 200, "train.envs": 2, "train.learning_starts": 1_000, "buffer.capacity": 50}
    composition = compose(Catalog(plugins), "dqn", parts, small | settings, "rlzoo-tests/Counting-v0")
    return Runner(composition, [0, 1], torch.device("cpu"))


@pytest.mark.parametrize("n", [1, 3])
def test_a_batch_has_what_was_recorded_with_its_transitions(n: int) -> None:
    runner = make_runner({"train.n_step": n})
    list(runner.run())
    batch = runner.parts.buffer.sample(64)
    assert set(batch.columns) == {"probability", "values", "next_values"}
    assert torch.equal(batch.columns["probability"], batch.observation[..., 0].double() + 1)
    for name, observation in (("values", batch.observation), ("next_values", batch.next_observation)):
        expected = runner.learner.q(observation.numpy())  # the weights have not changed
        np.testing.assert_allclose(batch.columns[name], expected, rtol=1e-5)


def test_two_parts_with_the_same_column_are_refused() -> None:
    with pytest.raises(OptionError, match="two parts supply the column `probability` of a transition"):
        make_runner({"objective.first": "probability"})


@pytest.mark.parametrize("name", ["action_mask", "next_action_mask"])
def test_a_column_of_the_environment_is_refused_to_others(name: str) -> None:
    plugins = Plugins()
    plugins.register(Plugin(), "rlzoo-recording")
    settings = {"objective.first": name, "network.hidden": (8,)}
    composition = compose(Catalog(plugins), "dqn", {"objective": "valued"}, settings, "Taxi-v4")
    with pytest.raises(OptionError, match=f"two parts supply the column `{name}`"):
        Runner(composition, [0], torch.device("cpu"))
