from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.spaces import Discrete

import rlzoo
from rlzoo.components.networks.mlp import MLP
from rlzoo.lanes.rng import LaneRng
from rlzoo.lanes.stacking import stack
from rlzoo.registry.composition import compose
from rlzoo.results.result import Result
from rlzoo.testing import installed
from rlzoo_distributional.c51 import C51
from rlzoo_distributional.classification import HLGauss, TwoHot
from rlzoo_distributional.iqn import IQN
from rlzoo_distributional.munchausen import Munchausen
from rlzoo_distributional.qr_dqn import QRDQN
from rlzoo_distributional.quantile_network import QuantileMLP

ALGORITHMS = {  # what makes each small enough to test
    "c51": {"objective.atoms": 13, "objective.v_min": 0.0, "objective.v_max": 6.0},
    "two-hot": {"objective.atoms": 13, "objective.v_min": 0.0, "objective.v_max": 6.0},
    "hl-gauss": {"objective.atoms": 14, "objective.v_min": -0.2, "objective.v_max": 6.2},
    "qr-dqn": {"objective.quantiles": 5},
    "iqn": {"objective.acting_fractions": 5},
    "munchausen-dqn": {"objective.temperature": 0.001},
}


class OneState(gymnasium.Env[int, int]):
    """Reward 1 at every step, in a single state; an episode ends after `length` steps, in the way told."""

    observation_space, action_space = Discrete(1), Discrete(2)

    def __init__(self, length: int, ends: str) -> None:
        self.length, self.ends = length, ends

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[int, dict[str, Any]]:
        self.time = 0
        return 0, {}

    def step(self, action: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        self.time += 1
        over = self.time == self.length
        return 0, 1.0, over and self.ends == "terminated", over and self.ends == "truncated", {}


gymnasium.register("rlzoo-distributional/OneState-v0", OneState)


def trained(algorithm: str, ends: str, out: Path) -> Result:
    settings = {
        "train.learning_starts": 20,
        "train.update_every": 2,
        "train.batch_size": 16,
        "network.hidden": (8, 8),
        "objective.gamma": 0.8,
        "optimizer.lr": 0.02,
        "target.period": 20,
        "environment.kwargs.length": 3 if ends == "truncated" else 1,
        "environment.kwargs.ends": ends,
    }
    settings |= ALGORITHMS[algorithm]
    return rlzoo.train(
        algorithm, env="rlzoo-distributional/OneState-v0", steps=600, seeds=2, out=out / "run", set=settings
    )


@pytest.mark.slow
@pytest.mark.parametrize(("ends", "value"), [("truncated", 5.0), ("terminated", 1.0)])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_pitfall_01_truncation_is_not_termination(algorithm, ends, value, tmp_path):
    result = trained(algorithm, ends, tmp_path)
    for seed in (0, 1):
        np.testing.assert_allclose(result.agent(seed).q_values(0), value, atol=0.25)


def test_c51_has_the_settings_of_cleanrl():
    own, dqn = (compose(installed(), name) for name in ("c51", "dqn"))
    objective, optimizer = own["objective"], own["optimizer"]
    assert (objective.atoms, objective.v_min, objective.v_max, objective.gamma) == (101, -100, 100, 0.99)
    assert (optimizer.lr, optimizer.eps) == (2.5e-4, 0.01 / 128)
    assert own.train == dqn.train
    assert all(own[slot] == dqn[slot] for slot in ("buffer", "network", "exploration", "target", "environment"))


@pytest.mark.parametrize("name", ["two-hot", "hl-gauss"])
def test_agents_by_classification_differ_from_c51_in_the_target_only(name):
    own, c51 = compose(installed(), name), compose(installed(), "c51")
    shared = ("gamma", "atoms", "v_min", "v_max", "double")
    assert [getattr(own["objective"], option) for option in shared] == [
        getattr(c51["objective"], option) for option in shared
    ]
    assert own.train == c51.train
    assert all(own[slot] == c51[slot] for slot in own.components if slot != "objective")


OBJECTIVES = {
    "c51": (C51(atoms=7, v_min=-1.0, v_max=2.0), MLP((8,))),
    "two-hot": (TwoHot(atoms=7, v_min=-1.0, v_max=2.0), MLP((8,))),
    "hl-gauss": (HLGauss(atoms=7, v_min=-1.0, v_max=2.0), MLP((8,))),
    "qr-dqn": (QRDQN(quantiles=7), MLP((8,))),
    "iqn": (IQN(fractions=9, target_fractions=8, acting_fractions=7), QuantileMLP((32, 16))),
    "munchausen": (Munchausen(), MLP((8,))),
    "qr-dqn munchausen": (QRDQN(quantiles=7, policy="munchausen"), MLP((8,))),
    "iqn munchausen": (
        IQN(fractions=9, target_fractions=8, acting_fractions=7, policy="munchausen"),
        QuantileMLP((32, 16)),
    ),
}


@pytest.mark.parametrize("name", OBJECTIVES)
def test_a_lane_has_the_same_loss_error_and_gradient_alone(name, spec, batch):
    """The errors too, which the conformance kit does not see: they are priorities of replay."""
    options, network = OBJECTIVES[name]
    outputs = options.build(spec()).outputs
    modules = [network.build(spec(outputs=outputs)) for _ in range(3)]

    def learn(lanes: slice) -> list[torch.Tensor]:
        params, predict = stack(modules[lanes])
        still = {key: leaf.detach() for key, leaf in params.items()}
        rows = {key: field[lanes] for key, field in vars(batch).items() if isinstance(field, torch.Tensor)}
        rng = LaneRng(range(3)[lanes], "test")
        objective = options.build(spec(rng=rng, lanes=len(modules[lanes])))
        loss, error = objective(predict, params, still, replace(batch, **rows))
        trained = [leaf for leaf in params.values() if leaf.requires_grad]
        return [loss.detach(), error, *torch.autograd.grad(loss.sum(), trained)]

    together = learn(slice(None))
    for lane in range(3):
        for leaf, alone in zip(together, learn(slice(lane, lane + 1)), strict=True):
            assert torch.equal(leaf[lane], alone[0])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["c51", "qr-dqn", "iqn"])
def test_it_learns_the_distribution_not_its_mean_alone(name, spec, batch):
    """Every episode ends at once, with reward 1 in three of ten cases, else 0."""
    options, network = OBJECTIVES[name]
    objective = options.build(spec())
    params, predict = stack([network.build(spec(outputs=objective.outputs)) for _ in range(3)])
    optimizer = torch.optim.Adam([leaf for leaf in params.values() if leaf.requires_grad], lr=0.004)
    rng = np.random.default_rng(0)
    size = (3, 150)
    for _ in range(400):
        rows = {"observation": torch.ones(*size, 4), "next_observation": torch.ones(*size, 4)}
        rows |= {"action": torch.zeros(size, dtype=torch.int64), "terminated": torch.ones(size, dtype=torch.bool)}
        rows |= {"discount": torch.ones(size), "reward": torch.from_numpy(rng.random(size) < 0.3).float()}
        loss, _ = objective(predict, params, params, replace(batch, **rows))
        optimizer.zero_grad()
        loss.mean(-1).sum().backward()
        optimizer.step()
    numbers = predict(params, torch.ones(3, 1, 4))[:, 0, 0].detach()  # [L, K]
    if name == "c51":  # at -1, -0.5, 0, 0.5, 1, 1.5, 2
        expected, got = [0, 0, 0.7, 0, 0.3, 0, 0], numbers.softmax(-1)
    else:  # no error exceeds kappa, so that the quantile Huber loss is least at the expectiles
        fractions = (np.arange(7) + 0.5) / 7
        expected, got = 0.3 * fractions / (0.3 * fractions + 0.7 * (1 - fractions)), numbers
    np.testing.assert_allclose(got, np.broadcast_to(expected, (3, 7)), atol=0.08)
