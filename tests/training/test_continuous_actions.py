"""Continuous actions are a matter of components: a quadratic Q function learns a contextual bandit in closed form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import pytest
import torch
from gymnasium.spaces import Box
from torch import Tensor

from rlzoo import hookimpl
from rlzoo.contracts import (
    Batch,
    BuildSpec,
    Component,
    Environment,
    EnvironmentFamily,
    ExplorationPolicy,
    Objective,
)
from rlzoo.contracts.errors import BadInput
from rlzoo.lanes.clock import Clock
from rlzoo.lanes.params import Params, Predict
from rlzoo.lanes.rng import LaneRng, stream
from rlzoo.registry.catalog import Catalog
from rlzoo.registry.composition import compose
from rlzoo.registry.plugins import Plugins
from rlzoo.training.runner import Runner

BEST = np.array([[0.5, -0.25]])
"""The best action is the observation times this."""


class Targets(Environment):
    """Episodes of one step: the reward is the negative squared distance of the action from the best one."""

    observation_space = Box(-1, 1, (1,))
    action_space = Box(-2, 2, (2,))

    def __init__(self, lanes: int, envs: int) -> None:
        self.current = np.zeros((lanes, envs, 1), np.float32)

    def reset(self, mask: np.ndarray, seeds: np.ndarray) -> np.ndarray:
        for place in np.argwhere(mask):
            self.current[tuple(place)] = stream(int(seeds[tuple(place)]), "targets").uniform(-1, 1)
        return self.current.copy()

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        reward = -np.square(actions - self.current @ BEST).sum(-1)
        return self.current.copy(), reward, np.ones(reward.shape, np.bool_), np.zeros(reward.shape, np.bool_)

    def close(self) -> None:
        pass


@dataclass(frozen=True)
class TargetsFamily(EnvironmentFamily):
    """The contextual bandit."""

    id: str

    def build(self, lanes: int, envs: int) -> Environment:
        return Targets(lanes, envs)


@dataclass(frozen=True)
class Quadratic(Component):
    """Q(s, a) = V(s) - |a - mu(s)|^2, of which V and mu are learned."""

    def build(self, spec: BuildSpec) -> Objective:
        return QuadraticObjective()


class QuadraticObjective(Objective):
    """The network gives mu, two numbers, and V, one."""

    outputs, gamma, continuous = 3, 1.0, True

    def q_values(self, output: Tensor) -> Tensor:
        return output[..., 2]  # [..., 1]

    def greedy(self, output: Tensor, mask: Tensor | None = None) -> Tensor:
        return output[..., 0, :2]

    def __call__(self, predict: Predict, online: Params, target: Params, batch: Batch) -> tuple[Tensor, Tensor]:
        output = predict(online, batch.observation)  # [L, B, 1, 3]
        q = self.q_values(output)[..., 0] - (batch.action - self.greedy(output)).square().sum(-1)
        error = batch.reward - q
        return error.square(), error.detach()


@dataclass(frozen=True)
class Gaussian(Component):
    """The greedy action plus normal noise."""

    def build(self, spec: BuildSpec) -> ExplorationPolicy:
        return GaussianPolicy(spec.rng)


class GaussianPolicy(ExplorationPolicy):
    sees: ClassVar[Literal["values", "heads", "actions"]] = "actions"

    def __init__(self, rng: LaneRng) -> None:
        self.rng = rng

    def act(self, q: np.ndarray, clock: Clock) -> np.ndarray:
        return (q + 0.5 * self.rng.normal(q.shape[1:])).astype(np.float32)

    def probabilities(self, q: np.ndarray, clock: Clock) -> np.ndarray:
        raise NotImplementedError


class Plugin:
    @hookimpl
    def rlzoo_environments(self) -> Mapping[str, Any]:
        return {"bandit": TargetsFamily}

    @hookimpl
    def rlzoo_objectives(self) -> Mapping[str, Any]:
        return {"quadratic": Quadratic}

    @hookimpl
    def rlzoo_exploration_policies(self) -> Mapping[str, Any]:
        return {"gaussian": Gaussian}


def make_runner(seeds: tuple[int, ...], steps: int = 1_500, **components: str) -> Runner:
    plugins = Plugins()
    plugins.register(Plugin(), "rlzoo-bandit")
    chosen = {"objective": "quadratic", "exploration": "gaussian", "network": "linear", "optimizer": "adam"}
    settings = {"train.steps": steps, "train.learning_starts": 64, "train.update_every": 1, "train.batch_size": 32}
    composition = compose(Catalog(plugins), "dqn", chosen | components, settings | {"optimizer.lr": 0.02}, "bandit/two")
    return Runner(composition, seeds, torch.device("cpu"))


def test_a_quadratic_q_function_finds_the_best_continuous_actions() -> None:
    runner = make_runner((0, 1, 2))
    list(runner.run())
    observation = np.linspace(-1, 1, 9, dtype=np.float32).reshape(1, 9, 1).repeat(3, 0)
    np.testing.assert_allclose(runner.learner.evaluate(observation), observation @ BEST, atol=0.05)
    np.testing.assert_allclose(runner.learner.q(observation), 0, atol=0.05)


def test_lanes_with_continuous_actions_are_independent() -> None:
    together = make_runner((3, 1, 7), steps=200)
    episodes = [episode for log in together.run() for episode in log.episodes if episode.seed == 1]
    alone = make_runner((1,), steps=200)
    assert [episode for log in alone.run() for episode in log.episodes] == episodes
    for name, leaf in alone.weights()[1].items():
        assert torch.equal(leaf, together.weights()[1][name])


def test_an_objective_of_discrete_actions_is_refused() -> None:
    with pytest.raises(BadInput, match=r"`objective=q-learning` takes a maximum over actions"):
        make_runner((0,), objective="q-learning", exploration="greedy")
