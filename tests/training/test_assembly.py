from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from rlzoo.components.exploration.greedy import GreedyPolicy
from rlzoo.components.objectives.one_step import OneStepObjective
from rlzoo.components.objectives.q_learning import QLearning, max_target_value
from rlzoo.contracts import BuildSpec, Component, ExplorationPolicy, QNetwork
from rlzoo.contracts.errors import BadInput, OptionError
from rlzoo.contracts.hooks import hookimpl
from rlzoo.registry.catalog import Catalog
from rlzoo.registry.composition import compose
from rlzoo.registry.plugins import Plugins
from rlzoo.training.groups import Group, check_group
from rlzoo.training.runner import Runner

from support.tiny import CATALOG


@dataclass(frozen=True)
class Shifting(QLearning):
    """Q-learning that asks the network for all values shifted by 3."""

    def build(self, spec: BuildSpec) -> Any:
        class Shifted(OneStepObjective):
            inputs = ("shift",)

            def __call__(self, predict, online, target, batch):
                asked = {"shift": torch.full((spec.lanes, *batch.action.shape[1:], 1), 3.0)}
                return super().__call__(predict, online | asked, target, batch)

        return Shifted(self, max_target_value)


class Shiftable(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 2)
        self.register_buffer("shift", torch.zeros(1, 1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x) + self.shift


@dataclass(frozen=True)
class Shift(QNetwork):
    """A linear network that takes a shift."""

    def build(self, spec: BuildSpec) -> nn.Module:
        return Shiftable()


@dataclass(frozen=True)
class Tied(QNetwork):
    """A network that uses one layer twice."""

    def build(self, spec: BuildSpec) -> nn.Module:
        layer = nn.Linear(4, 4)
        return nn.Sequential(layer, nn.ReLU(), layer)


@dataclass(frozen=True)
class FirstOfHeads(Component):
    """Act by the first of several heads."""

    def build(self, spec: BuildSpec) -> ExplorationPolicy:
        class FirstOfHeadsPolicy(GreedyPolicy):
            sees = "heads"

            def act(self, q, clock):
                assert q.shape == (spec.lanes, spec.envs, 2, spec.outputs)
                return q[..., 0].argmax(-1)

        return FirstOfHeadsPolicy(spec)


@dataclass(frozen=True)
class Pair(Component):
    """Two Q functions, of which the second is never learnt."""

    gamma: float = 0.9

    def build(self, spec: BuildSpec) -> Any:
        class TwoHeads(OneStepObjective):
            outputs, heads = 2, True

            def q_values(self, output):
                return output.mean(-1)

            def __call__(self, predict, online, target, batch):
                return super().__call__(lambda params, x: predict(params, x)[..., 0], online, target, batch)

        return TwoHeads(QLearning(self.gamma), max_target_value)


class Plugin:
    @hookimpl
    def rlzoo_exploration_policies(self) -> Mapping[str, Any]:
        return {"first-of-heads": FirstOfHeads}

    @hookimpl
    def rlzoo_objectives(self) -> Mapping[str, Any]:
        return {"shifting": Shifting, "pair": Pair}

    @hookimpl
    def rlzoo_q_networks(self) -> Mapping[str, Any]:
        return {"shift": Shift, "tied": Tied}


def make_runner(**components: str) -> Runner:
    plugins = Plugins()
    plugins.register(Plugin(), "rlzoo-shift")
    composition = compose(Catalog(plugins), "dqn", components, {"train.learning_starts": 10}, "CartPole-v1")
    return Runner(composition, [0, 1], torch.device("cpu"))


def test_an_objective_gives_the_network_what_it_takes_beside_the_observation() -> None:
    runner = make_runner(objective="shifting", network="shift")
    runner.begin()
    for _ in range(20):
        runner.step()
    batch, learner, objective = runner.parts.buffer.sample(5), runner.learner, runner.parts.objective
    _, error = objective(learner.predict, learner.online, learner.target, batch)
    _, plain = OneStepObjective(QLearning(), max_target_value)(learner.predict, learner.online, learner.target, batch)
    torch.testing.assert_close(plain - error, torch.full_like(error, 3.0))
    seen = np.ones((2, 1, 4), np.float32)
    weights = learner.weights(0)
    expected = weights["linear.weight"].sum(1) + weights["linear.bias"]
    np.testing.assert_allclose(learner.q(seen)[0, 0], expected, rtol=1e-5)  # acting leaves it as the module has it


def test_a_network_that_does_not_take_it_is_refused() -> None:
    with pytest.raises(
        OptionError, match="`objective=shifting` needs a network that takes `shift`, which `network=mlp`"
    ):
        make_runner(objective="shifting", network="mlp")


def test_a_parameter_under_two_names_is_refused() -> None:
    with pytest.raises(BadInput, match=r"`0\.weight` is also its `2\.weight`"):
        make_runner(network="tied")


def test_a_policy_that_sees_heads_acts_by_the_networks_own_outputs() -> None:
    runner = make_runner(objective="pair", exploration="first-of-heads")
    runner.begin()
    for _ in range(20):
        outputs = runner.learner.heads(runner.collector._observation)
        np.testing.assert_array_equal(runner.collector._act(), outputs[..., 0].argmax(-1))
        np.testing.assert_allclose(runner.learner.q(runner.collector._observation), outputs.mean(-1), rtol=1e-5)
        runner.step()


def test_a_policy_that_sees_heads_is_refused_where_there_are_none() -> None:
    with pytest.raises(
        OptionError, match=r"`exploration=first-of-heads` acts by one of several Q functions.*q-learning"
    ):
        make_runner(exploration="first-of-heads")


def test_what_a_component_raises_in_building_says_whose_it_is() -> None:
    @dataclass(frozen=True)
    class Unlucky(Component):
        def build(self, spec: BuildSpec) -> Any:
            raise ZeroDivisionError("no luck")

    class Plugin:
        @staticmethod
        @hookimpl
        def rlzoo_buffers() -> Mapping[str, type]:
            return {"unlucky": Unlucky}

    plugins = Plugins(strict=True)
    plugins.register(Plugin, "rlzoo-unlucky", "0.3")
    composition = compose(Catalog(plugins), "dqn", {"buffer": "unlucky"})
    with pytest.raises(ZeroDivisionError) as raised:
        Runner(composition, [0], torch.device("cpu"))
    assert raised.value.__notes__ == ["It was raised in building the buffer `unlucky` of rlzoo-unlucky 0.3."]


def test_weights_that_no_memory_holds_are_refused_before_they_are_allocated() -> None:
    made = compose(Catalog(Plugins()), "dqn", {}, {"network.hidden": (10**10,)})
    with pytest.raises(BadInput, match=r"[\d,]+ weights and their gradients in 2 lanes need at least .* GiB"):
        Runner(made, [0, 1], torch.device("cpu"))


@pytest.mark.parametrize(
    ("network", "env", "said"),
    [
        ("mlp", "Images", "are images, 6x6x3, of which `network=mlp` makes plain vectors; try `--network cnn`"),
        ("linear", "Images", "try `--network cnn`"),
        ("cnn", "Images", ""),
        ("mlp", "Counting", ""),
    ],
)
def test_images_that_become_vectors_are_noted(network: str, env: str, said: str) -> None:
    settings = {"network.preset": "minatar"} if network == "cnn" else {}
    composition = compose(
        CATALOG, "dqn", {"network": network}, {"buffer.capacity": 10, **settings}, f"rlzoo-tests/{env}-v0"
    )
    note = check_group(Group(composition, [0], "cpu"))
    assert said in note
    assert bool(said) == bool(note)
