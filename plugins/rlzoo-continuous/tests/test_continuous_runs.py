"""Whole runs: the rules of the kit, published settings, a control problem that is solved, and one line of refusal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from continuous_problems import solution
from gymnasium.spaces import Box

import rlzoo
from rlzoo.contracts.errors import BadInput
from rlzoo.registry.catalog import KINDS
from rlzoo.registry.composition import compose
from rlzoo.testing import CHECKS, Case, installed
from rlzoo.testing.cases import cases_of
from rlzoo.training.runner import Runner

CATALOG = installed()


class Unbounded(gymnasium.Env[Any, Any]):
    observation_space, action_space = Box(-1, 1, (3,)), Box(-np.inf, np.inf, (1,))


@pytest.mark.parametrize(
    ("check", "case"),
    [
        pytest.param(name, case, marks=[pytest.mark.slow] if case.slot == "algorithm" else [])
        for case in cases_of(CATALOG, "rlzoo-continuous")
        for name in CHECKS
        if case.slot in CHECKS[name].checks
    ],
    ids=lambda it: it if isinstance(it, str) else it.name,
)
def test_keeps_the_rule(check: str, case: Case) -> None:
    CHECKS[check](case)


def test_everything_says_where_it_was_published() -> None:
    entries = [CATALOG.get(kind, name) for kind in KINDS if kind != "command" for name in CATALOG.names(kind)]
    own = [entry for entry in entries if entry.plugin == "rlzoo-continuous"]
    assert own
    assert all(entry.reference for entry in own)


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", ["naf", "ddpg"])
def test_the_regulator_is_solved(algorithm: str) -> None:
    """The greedy action and its value are those of the Riccati equation."""
    settings = {
        "train.steps": 3_000,
        "train.update_every": 2,
        "exploration.sigma": 0.3,
        "objective.gamma": 0.9,
        "objective.reward_scale": 1.0,
        "target.tau": 0.02,
        "optimizer.lr": 3e-3,
        "optimizer.schedule": "linear",
        "optimizer.max_grad_norm": None,
    }
    made = compose(CATALOG, algorithm, {"exploration": "gaussian"}, settings, "continuous_problems:Regulator")
    runner = Runner(made, [0, 1], torch.device("cpu"))
    list(runner.run())
    x = np.linspace(-0.8, 0.8, 9, dtype=np.float32).reshape(1, 9, 1).repeat(2, 0)
    gain, cost = solution(0.9)
    np.testing.assert_allclose(runner.learner.evaluate(x), -gain * x, atol=0.1)
    np.testing.assert_allclose(runner.learner.q(x), -cost * x**2, atol=0.15)


@pytest.mark.parametrize(
    ("algorithm", "components", "env", "message"),
    [
        ("naf", {}, "CartPole-v1", r"`objective=naf` needs continuous actions, a Box of floats, but .* Discrete\(2\)"),
        ("naf", {}, "test_continuous_runs:Unbounded", "`objective=naf` needs bounded actions, but the bounds of"),
        ("dqn", {}, "Pendulum-v1", r"`objective=q-learning` takes a maximum over actions, so it needs a Discrete one"),
        ("dqn", {"exploration": "gaussian"}, "CartPole-v1", "`exploration=gaussian` needs continuous actions"),
        ("dqn", {"network": "naf"}, "CartPole-v1", "`network=naf` needs continuous actions"),
        ("naf", {"exploration": "epsilon-greedy"}, "Pendulum-v1", "chooses among the values of discrete actions, but"),
        ("ddpg", {}, "CartPole-v1", "`objective=ddpg` needs continuous actions"),
        (
            "ddpg",
            {"network": "mlp"},
            "Pendulum-v1",
            "`objective=ddpg` needs a network that takes `action`, which `netw",
        ),
        (
            "naf",
            {"network": "actor-critic"},
            "Pendulum-v1",
            "`network=actor-critic` needs an objective that gives it `ac",
        ),
        ("naf", {"objective": "double"}, "Pendulum-v1", "`objective=double` takes a maximum over actions"),
    ],
)
def test_what_cannot_work_is_refused_before_training(
    algorithm: str, components: dict[str, str], env: str, message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        Runner(compose(CATALOG, algorithm, components, {}, env), [0], torch.device("cpu"))


@pytest.mark.parametrize("algorithm", ["naf", "ddpg"])
def test_the_settings_are_those_of_keras_rl(algorithm: str) -> None:
    made = compose(CATALOG, algorithm)
    train, noise, objective, optimizer = made.train, made["exploration"], made["objective"], made["optimizer"]
    assert (train.steps, train.batch_size, train.learning_starts, train.update_every) == (50_000, 32, 100, 1)
    assert (noise.theta, noise.sigma, noise.dt) == (0.15, 0.3, 0.01)
    assert (objective.gamma, objective.loss) == (0.99, "half-mse")
    assert objective.reward_scale == (0.01 if algorithm == "naf" else 1)
    assert (optimizer.lr, optimizer.max_grad_norm, made["target"].tau) == (1e-3, 1.0, 1e-3)
    assert algorithm == "ddpg" or not objective.squash
    network = made["network"]
    wider = network.matrix_hidden if algorithm == "naf" else network.critic_hidden
    assert (network.hidden, wider) == ((16,) * 3, (32,) * 3)
    assert made["buffer"].capacity == 100_000


@pytest.fixture(scope="module", params=["naf", "ddpg"])
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("continuous") / request.param
    rlzoo.train(request.param, steps=130, seeds=1, out=folder)
    return rlzoo.load(folder)


def test_an_agent_acts_greedily_within_the_bounds(trained: Any) -> None:
    observations = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    actions = trained.act(observations)
    assert (actions.shape, actions.dtype, trained.q_values(observations).shape) == ((5, 1), np.float32, (5, 1))
    assert all(map(trained.action_space.contains, actions))
    np.testing.assert_allclose(trained.act(observations[2]), actions[2], atol=1e-6)


@pytest.mark.slow
def test_an_exported_agent_acts_alike(trained: Any, tmp_path: Path) -> None:
    trained.export(tmp_path / "agent.pt2")
    program = torch.export.load(tmp_path / "agent.pt2").module()
    observations = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    action, value = program(observation=torch.from_numpy(observations))
    np.testing.assert_allclose(action.detach(), trained.act(observations), atol=1e-6)
    np.testing.assert_allclose(value.detach(), trained.q_values(observations), atol=1e-6)
