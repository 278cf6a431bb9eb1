"""Steps collected by compiled code have the bits of those taken by the parts."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch

from rlzoo.components.exploration.epsilon_greedy import EpsilonGreedyPolicy
from rlzoo.components.objectives.one_step import OneStepObjective
from rlzoo.contracts import Episode, StoppingRule
from rlzoo.lanes.kernels import offered
from rlzoo.lanes.params import Params
from rlzoo.registry.composition import compose
from rlzoo.results.observers.early_stopping import ReturnReached
from rlzoo.testing.compiling import PlainRunner
from rlzoo.training.collector import Collector
from rlzoo.training.compiled_collector import CompiledCollector
from rlzoo.training.groups import one_thread
from rlzoo.training.runner import Runner

from support.tiny import CATALOG, make_runner

SMALL = {
    "train.steps": 700,
    "train.learning_starts": 100,
    "train.batch_size": 8,
    "network.hidden": (8, 20),
    "buffer.capacity": 300,  # so that the ring begins anew
    "target.period": 70,
}
VARIANTS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "as it is": ({}, {}),
    "four environments": ({"train.envs": 4}, {}),
    "updates at every step": ({"train.update_every": 1}, {}),
    "odd intervals": ({"train.update_every": 7, "train.log_every": 11, "train.envs": 3}, {}),
    "target between updates": ({"target.period": 7}, {}),
    "soft target between updates": (
        {"target.period": 3, "target.tau": 0.1, "target.unit": "steps"},
        {"target": "soft"},
    ),
    "three-step returns": ({"train.n_step": 3}, {}),
    "evaluations": ({"train.eval_every": 130, "train.eval_episodes": 1, "train.eval_max_steps": 20}, {}),
    "stops early": ({"train.update_every": 50, "train.steps": 4_000}, {}),
    "diverges": ({"optimizer.lr": 1e30}, {"optimizer": "sgd"}),
    "boltzmann": ({}, {"exploration": "boltzmann"}),
    "greedy": ({}, {"exploration": "greedy"}),
    "epsilon by episodes": ({"exploration.schedule": "exponential"}, {}),
    "sarsa": ({}, {"objective": "sarsa"}),
    "expected sarsa": ({}, {"objective": "expected-sarsa"}),
    "dueling": ({"network.dueling": True, "network.hidden": (24, 20)}, {}),
    "recent": ({}, {"buffer": "recent"}),
    "online": ({"train.batch_size": None, "train.update_every": 1}, {"buffer": "online"}),
}


def made(
    kind: type[Runner],
    settings: dict[str, Any],
    parts: dict[str, str],
    env: str,
    seeds: Sequence[int],
    rules: Sequence[StoppingRule] = (),
) -> Runner:
    kept = {name: value for name, value in SMALL.items() if name != "buffer.capacity" or "buffer" not in parts}
    return kind(compose(CATALOG, "dqn", parts, kept | settings, env), seeds, torch.device("cpu"), rules=rules)


def results(runner: Runner) -> tuple[list[Episode], dict[int, Any], dict[int, Params]]:
    with one_thread():
        episodes = [episode for log in runner.run() for episode in log.episodes]
    return sorted(episodes, key=lambda it: (it.step, it.seed, it.episode)), runner.counts(), runner.weights()


def same(one: Runner, other: Runner) -> None:
    (episodes, counts, weights), (expected_episodes, expected_counts, expected_weights) = results(one), results(other)
    assert episodes == expected_episodes
    assert counts == expected_counts
    for seed, leaves in expected_weights.items():
        for name, leaf in leaves.items():
            assert weights[seed][name].numpy().tobytes() == leaf.numpy().tobytes(), name


@pytest.mark.slow
@pytest.mark.parametrize("variant", VARIANTS)
def test_compiled_steps_change_no_bit(variant: str) -> None:
    settings, parts = VARIANTS[variant]
    rules = [ReturnReached(20.0)] if variant == "stops early" else []
    compiled, plain = (made(kind, settings, parts, "CartPole-v1", (4, 1, 9), rules) for kind in (Runner, PlainRunner))
    assert isinstance(compiled.collector, CompiledCollector)
    assert not isinstance(plain.collector, CompiledCollector)
    same(compiled, plain)


@pytest.mark.slow
@pytest.mark.parametrize("env", ["Acrobot-v1", "MountainCar-v0", "CartPole-v0"])
def test_compiled_steps_change_no_bit_in_other_environments(env: str) -> None:
    settings = {"environment.max_episode_steps": 60, "train.steps": 600}
    compiled, plain = (made(kind, settings, {}, env, (4, 1)) for kind in (Runner, PlainRunner))
    assert isinstance(compiled.collector, CompiledCollector)
    same(compiled, plain)


def test_a_lane_is_the_same_alone() -> None:
    together = results(made(Runner, {}, {}, "CartPole-v1", (4, 1, 9)))
    alone = results(made(Runner, {}, {}, "CartPole-v1", (1,)))
    assert [episode for episode in together[0] if episode.seed == 1] == alone[0]
    assert all(torch.equal(leaf, together[2][1][name]) for name, leaf in alone[2][1].items())


@pytest.mark.parametrize(
    ("settings", "parts", "env"),
    [
        ({}, {"buffer": "uniform"}, "rlzoo-probe/vector-v0"),
        ({"environment.engine": "gymnasium"}, {}, "CartPole-v1"),
        ({"network.activation": "tanh"}, {}, "CartPole-v1"),
        ({"train.envs": 3_000, "buffer.capacity": 6_000}, {}, "CartPole-v1"),  # more draws than a block has
    ],
)
def test_parts_without_kernels_take_the_plain_collector(
    settings: dict[str, Any], parts: dict[str, str], env: str
) -> None:
    assert type(made(Runner, settings, parts, env, (0,)).collector) is Collector


class Louder(EpsilonGreedyPolicy):
    def act(self, q: np.ndarray, clock: Any) -> np.ndarray:
        return super().act(-q, clock)


class Halved(OneStepObjective):
    def q_values(self, output: torch.Tensor) -> torch.Tensor:
        return output / 2


class WithKernel(Halved):
    kernel = OneStepObjective.kernel


def test_a_kernel_is_not_inherited_by_a_class_that_overrides_its_method() -> None:
    runner = made(Runner, {}, {}, "CartPole-v1", (0,))
    policy, objective = runner.parts.exploration, runner.parts.objective
    assert offered(policy, "kernel", "act") is not None
    for cls, part, method in ((Louder, policy, "act"), (Halved, objective, "q_values")):
        changed = cls.__new__(cls)
        vars(changed).update(vars(part))
        assert offered(changed, "kernel", method) is None
    deliberate = WithKernel.__new__(WithKernel)
    vars(deliberate).update(vars(objective))
    assert offered(deliberate, "kernel", "q_values") is not None


def test_an_interval_says_when_it_fires_next() -> None:
    from rlzoo.lanes.clock import Clock, Interval

    clock = Clock(1)
    for steps, expected in ((0, 7), (6, 7), (7, 14), (8, 14)):
        clock.steps = steps
        assert Interval(7, "steps").next(clock) == expected
    assert Interval(7, "updates").next(clock) is None


def test_a_run_stops_within_a_thousand_vector_steps() -> None:
    runner = made(Runner, {"train.learning_starts": 10**6, "train.update_every": 10**6, "train.log_every": 10**6,
                           "train.steps": 10**6}, {}, "Acrobot-v1", (0,))  # fmt: skip
    with one_thread():
        runner.begin()
        runner.step()
    assert 0 < runner.clock.steps <= 1_000


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, {"collector": "compiled", "gradients": "closed form"}),
        ({"network.activation": "tanh"}, {"collector": "step by step", "gradients": "closed form"}),
    ],
)
def test_logs_say_which_engine_ran(settings: dict[str, Any], expected: dict[str, str]) -> None:
    runner = made(Runner, settings, {}, "CartPole-v1", (0,))
    with one_thread():
        logs = list(runner.run())
    assert all(log.engine == expected for log in logs)


def test_parts_whose_gradient_autograd_finds_are_named() -> None:
    runner = make_runner("dqn", env="rlzoo-probe/rows-v0", network="rnn")
    assert runner.engine["gradients"].startswith("autograd for ")
