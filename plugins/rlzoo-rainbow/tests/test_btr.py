from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from gymnasium.spaces import Discrete
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from rlzoo.contracts import BuildSpec, Composition
from rlzoo.contracts.spaces import FrameStack
from rlzoo.lanes.rng import LaneRng
from rlzoo.lanes.stacking import stack
from rlzoo.registry.composition import compose
from rlzoo.testing import CHECKS, installed, run
from rlzoo.testing.cases import cases_of
from rlzoo.training.runner import Runner
from rlzoo_rainbow.network import AdaptiveMaxPool, BTRNetwork
from rlzoo_rainbow.spectral import SpectralConv2d

CATALOG = installed()
PARTS = {  # what tells in the composition that a part is there
    "impala": lambda made: made["network"].convolutions == "impala",
    "spectral": lambda made: made["network"].spectral is not False,
    "pooling": lambda made: made["network"].pool != 0,
    "iqn": lambda made: made.components["objective"].name == "iqn" and made["network"].quantiles,
    "munchausen": lambda made: (
        made.components["objective"].name == "munchausen" or made["objective"].policy == "munchausen"
    ),
    "priority": lambda made: made.components["buffer"].name == "prioritized",
    "n-step": lambda made: made.train.n_step == 3,
    "dueling": lambda made: made["network"].dueling,
    "noise": lambda made: made["network"].sigma == 0.5,
    "vectorization": lambda made: made.train.envs == 64,
}
COMMON = {
    "train.steps": 50_000_000,
    "train.update_every": 64,
    "train.batch_size": 256,
    "buffer.capacity": 2**20,
    "exploration.end": 0.01,
    "target.period": 500,
    "target.unit": "updates",
    "objective.gamma": 0.997,
    "optimizer.lr": 1e-4,
    "optimizer.eps": 0.005 / 256,
    "optimizer.max_grad_norm": 10.0,
}
SMALL: dict[str, Any] = {
    "train.steps": 120,
    "train.envs": 4,
    "train.update_every": 4,
    "train.batch_size": 6,
    "train.learning_starts": 80,
    "train.log_every": 40,
    "buffer.capacity": 100,
    "network.width": 1,
    "network.cosines": 5,
    "target.period": 7,
}


def resolved(made: Composition, name: str) -> Any:
    section, _, field = name.partition(".")
    return getattr(made.train if section == "train" else made[section], field)


def test_btr_has_all_parts() -> None:
    made = compose(CATALOG, "btr")
    assert [part for part, there in PARTS.items() if not there(made)] == []


@pytest.mark.parametrize("part", PARTS)
def test_each_part_can_be_left_out_by_one_word(part: str) -> None:
    made = compose(CATALOG, f"btr-no-{part}")
    assert [name for name, there in PARTS.items() if not there(made)] == [part]
    assert {name: resolved(made, name) for name in COMMON} == COMMON


def spec(lanes: int = 1, outputs: int = 8) -> BuildSpec:
    frames, rng = FrameStack(0, 255, (4, 84, 84), np.uint8), LaneRng(range(lanes), "test")
    return BuildSpec(frames, Discrete(4), lanes, 1, torch.device("cpu"), rng, 1_000, outputs=outputs)


def test_the_network_has_the_layers_of_the_paper() -> None:
    """Three blocks of 32, 64 and 64 filters, five convolutions in each, and 64 images of 6x6 for two streams of 512."""
    module = BTRNetwork().build(spec())
    shapes = [tuple(leaf.shape) for name, leaf in module.named_parameters() if name.endswith(("weight", "weight_mu"))]
    convolutions = [
        (filters, inputs if place == 0 else filters, 3, 3)
        for inputs, filters in ((4, 32), (32, 64), (64, 64))
        for place in range(5)
    ]
    embedding, value, advantage = (2304, 64), [(512, 2304), (1, 512)], [(512, 2304), (4, 512)]
    assert shapes == [*convolutions, embedding, *value, *advantage]
    assert sum(isinstance(part, SpectralConv2d) for part in module.modules()) == 12
    assert not any(isinstance(part, SpectralConv2d) for part in BTRNetwork(spectral=False).build(spec()).modules())
    images = module.trunk[:-1](torch.zeros(1, 4, 84, 84))
    assert images.shape == (1, 64, 6, 6)
    assert BTRNetwork(pool=0).build(spec()).trunk[:-1](torch.zeros(1, 4, 84, 84)).shape == (1, 64, 11, 11)


def test_a_block_is_that_of_the_paper_by_hand() -> None:
    """In plain functions of PyTorch, with weights divided by exact singular values, to which the method converges."""
    torch.manual_seed(0)
    block = BTRNetwork(width=1).build(spec()).trunk[1]
    functional, x = nn.functional, torch.rand(2, 4, 9, 9)
    for _ in range(300):
        for part in block.modules():
            if isinstance(part, SpectralConv2d):
                part.after_update(part.state_dict())
    leaves = block.state_dict()

    def convolved(name: str, x: torch.Tensor) -> torch.Tensor:
        weight = leaves[f"{name}.weight"]
        weight = weight / torch.linalg.matrix_norm(weight.flatten(1), 2) if name != "0" else weight
        return functional.conv2d(x, weight, leaves[f"{name}.bias"], padding=1)

    y = functional.max_pool2d(convolved("0", x), 3, 2, 1)
    for residual in ("2", "3"):
        y = y + convolved(f"{residual}.second", convolved(f"{residual}.first", y.relu()).relu())
    torch.testing.assert_close(block(x), y, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("size", [2, 6, 7, 11, 12])
def test_adaptive_max_pooling_is_that_of_pytorch(size: int) -> None:
    x = torch.randn(2, 3, size, size + 1)
    assert torch.equal(AdaptiveMaxPool(6)(x), nn.AdaptiveMaxPool2d(6)(x))


def test_spectral_normalization_has_the_bits_of_pytorch() -> None:
    """Outputs and gradients over some updates, where PyTorch iterates before each of them."""
    torch.manual_seed(0)
    own, other = SpectralConv2d(3, 5, 3, padding=1), nn.Conv2d(3, 5, 3, padding=1)
    other.load_state_dict({name: own.state_dict()[name] for name in ("weight", "bias")})
    spectral_norm(other)
    theirs: Any = other.parametrizations
    theirs.weight[0]._u.copy_(own.left)
    theirs.weight[0]._v.copy_(own.right)
    for _ in range(3):
        own.after_update(own.state_dict())
        outputs, x = [], torch.randn(2, 3, 6, 6)
        for module, weight in ((own, own.weight), (other, theirs.weight.original)):
            weight.grad = None
            outputs.append(module(x))
            outputs[-1].square().sum().backward()
            with torch.no_grad():
                weight -= 0.01 * weight.grad
        assert torch.equal(*outputs)
        assert torch.equal(own.weight, theirs.weight.original)


@pytest.mark.slow
def test_updates_move_the_vectors_of_lanes_that_are_not_frozen_and_acting_does_not() -> None:
    runner = Runner(compose(CATALOG, "btr", {}, SMALL, "rlzoo-probe/frame-v0"), [0, 1], torch.device("cpu"))
    learner, name = runner.learner, next(name for name in runner.learner.online if name.endswith("first.left"))
    learner.frozen[1] = True
    before = learner.online[name].clone()
    assert torch.equal(before, learner.target[name])
    list(runner.run())
    assert runner.clock.updates > 7  # so the target has been replaced
    after = learner.online[name].clone()
    assert (after == before).all(1).tolist() == (learner.target[name] == before).all(1).tolist() == [False, True]
    frames = np.zeros((2, 4, 36, 36, 2), np.uint8)
    learner.q(frames)
    learner.evaluate(frames)
    assert torch.equal(learner.online[name], after)


def test_a_lane_has_the_bits_of_its_module() -> None:
    modules = [BTRNetwork(width=1, cosines=5).build(spec(2)) for _ in range(2)]
    params, predict = stack(modules)
    x = torch.randint(256, (2, 3, 4, 84, 84), dtype=torch.uint8)
    torch.testing.assert_close(predict(params, x), torch.stack([m(row) for m, row in zip(modules, x, strict=True)]))


MINATAR, IMPALA = cases_of(CATALOG, "rlzoo-rainbow", "btr")[:2]
RULES = [("minatar", check) for check in CHECKS] + [("impala", check) for check in CHECKS if check != "effect"]
"""The effect of each option takes minutes with residual blocks; above, their layers are looked at instead."""


@pytest.mark.slow
@pytest.mark.parametrize(("form", "check"), RULES)
def test_the_network_keeps_the_rule(form: str, check: str) -> None:
    CHECKS[check](IMPALA if form == "impala" else MINATAR)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["btr", "btr-no-impala", "btr-no-iqn", "btr-no-munchausen", "btr-no-spectral", "btr-no-vectorization"]
)
def test_lanes_are_exact_in_the_whole(name: str) -> None:
    settings = {
        setting: value
        for setting, value in SMALL.items()
        if not (setting == "network.width" and name == "btr-no-impala")
        and not (setting == "network.cosines" and name == "btr-no-iqn")
        and not (setting == "train.envs" and name == "btr-no-vectorization")
    }
    made = compose(CATALOG, name, {}, settings, "rlzoo-probe/frame-v0")
    together = run(made, [3, 1])
    for seed, outcome in run(made, [1]).items():
        assert outcome.same(together[seed])
