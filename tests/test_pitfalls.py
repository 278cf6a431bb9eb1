"""Mistakes that other libraries shipped, each a test; those of a single part are tested with it, under the same number.

1 to 3 boundaries, 6 to 10 target network, 12 and 13 losses and optimizers, 16 to 18 seeds, 19 options.
"""

import random
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch

from rlzoo.contracts import Episode
from rlzoo.contracts.errors import OptionError
from rlzoo.registry.catalog import SLOTS
from rlzoo.registry.composition import compose, read_composition
from rlzoo.registry.options import field_names
from rlzoo.training.runner import Runner

from support.tiny import CATALOG, make_runner

BASE = {"train.steps": 60, "train.learning_starts": 10, "train.batch_size": 8, "train.update_every": 2}


def trained(settings: dict[str, Any], env: str = "Random", seeds: tuple[int, ...] = (0,), **components: str) -> Runner:
    runner = make_runner("dqn", BASE | settings, env, seeds, **components)
    list(runner.run())
    return runner


def outcome(*seeds: int, settings: Mapping[str, Any] = {}, **components: str) -> tuple[list[Episode], bytes]:
    """Everything that came of a run: its episodes and the bytes of its weights."""
    runner = make_runner("dqn", BASE | dict(settings), "Random", seeds, **components)
    episodes = [episode for log in runner.run() for episode in log.episodes]
    weights = [leaf.numpy().tobytes() for own in runner.weights().values() for leaf in own.values()]
    return episodes, b"".join(weights)


@pytest.mark.parametrize(("ends", "value"), [("truncated", 1 / (1 - 0.8)), ("terminated", 1.0)])
@pytest.mark.parametrize("algorithm", ["q-learning", "sarsa"])
def test_pitfall_01_truncation_is_not_termination(algorithm: str, ends: str, value: float) -> None:
    settings = {"train.steps": 300, "objective.gamma": 0.8, "optimizer.lr": 0.5, "train.envs": 2}
    length = 1 if ends == "terminated" else 3
    options = {"environment.kwargs.length": length, "environment.kwargs.ends": ends, "exploration.start": 0.5}
    runner = make_runner(algorithm, settings | options, "OneState", (0, 1))
    list(runner.run())
    np.testing.assert_allclose(runner.learner.q(np.zeros((2, 1), np.int64)), value, rtol=0.01)


@pytest.mark.parametrize(
    ("target", "ends", "low", "high"),
    [
        ("hard", "truncated", 4.9, 5.1),
        ("soft", "truncated", 4.9, 5.1),
        ("none", "truncated", 4.9, 5.1),
        ("hard", "terminated", 0.9, 4.0),
    ],
)
def test_pitfall_01_holds_for_deep_q_learning(target: str, ends: str, low: float, high: float) -> None:
    kwargs = {"environment.kwargs.length": 3, "environment.kwargs.ends": ends}
    settings = {"train.steps": 600, "objective.gamma": 0.8, "optimizer.lr": 0.03, "network.hidden": (8,)}
    fast = {"hard": {"target.period": 20}, "soft": {"target.tau": 0.1}, "none": {}}[target]
    q = trained(kwargs | settings | fast, "OneState", (0, 1), target=target).learner.q(np.zeros((2, 1), np.int64))
    assert (low < q).all()
    assert (q < high).all()


@pytest.mark.parametrize(("period", "every"), [(501, 4), (501, 10), (7, 5), (500, 3)])
def test_pitfall_06_an_interval_means_what_it_says_whatever_the_training_interval(period: int, every: int) -> None:
    settings = {
        "train.update_every": every,
        "train.learning_starts": 1000,
        "target.period": period,
        "train.steps": 1100,
    }
    runner = make_runner("dqn", BASE | settings | {"train.steps": 1100}, "Random")
    runner.begin()
    fired, before = [], 0
    for step in range(1, 1100):
        runner.step()
        if runner.counts()[0]["syncs"] > before:
            fired.append(step)
        before = runner.counts()[0]["syncs"]
    assert fired == list(range(period, 1100, period))


def test_pitfall_06_several_environments_do_not_skip_a_multiple() -> None:
    settings = {"train.steps": 1000, "train.envs": 8, "train.learning_starts": 1000, "target.period": 500}
    runner = trained(settings)
    assert (runner.clock.steps, runner.counts()[0]["syncs"]) == (1000, 2)


@pytest.mark.parametrize("unit", ["steps", "updates", "episodes"])
def test_pitfall_07_a_period_fires_first_after_exactly_that_much(unit: str) -> None:
    settings = {"train.learning_starts": 0, "train.update_every": 1, "environment.kwargs.length": 3}
    runner = make_runner("dqn", BASE | settings | {"target.period": 10, "target.unit": unit}, "Counting")
    runner.begin()
    while runner.counts()[0]["syncs"] == 0:
        runner.step()
    assert runner.clock.count(unit) == 10
    assert runner.clock.steps == (30 if unit == "episodes" else 10)


def test_pitfall_08_a_rebuilt_composition_has_the_same_period_and_unit() -> None:
    composition = compose(CATALOG, "dqn", {}, {"target.period": 501, "target.unit": "updates"})
    again = read_composition(CATALOG, composition.to_dict())
    assert (again["target"].period, again["target"].unit) == (501, "updates")


@pytest.mark.parametrize("target", ["hard", "soft", "none"])
def test_pitfall_09_target_equals_online_at_the_start(target: str) -> None:
    learner = make_runner("dqn", BASE, "Random", (0, 1), target=target).learner
    for name, leaf in learner.online.items():
        assert torch.equal(learner.target[name], leaf)
        assert (learner.target[name].data_ptr() == leaf.data_ptr()) == (target == "none")


def test_pitfall_10_soft_with_tau_one_trains_as_hard_does() -> None:
    every_update = {"target.period": 3, "target.unit": "updates"}
    soft = outcome(0, 1, settings=every_update | {"target.tau": 1.0}, target="soft")
    assert soft == outcome(0, 1, settings=every_update, target="hard")


FITTING: dict[str, dict[str, Any]] = {
    "online": {"train.batch_size": None},
    "rollout": {"train.batch_size": 4, "train.update_every": 8},
}
"""What a component needs of the run."""
COMPONENTS = [(slot, name) for slot in SLOTS for name in CATALOG.names(slot) if name not in ("cnn", "rnn", "table")]


@pytest.mark.parametrize(("slot", "name"), COMPONENTS)
def test_pitfall_16_seeds_differ_and_repeat(slot: str, name: str) -> None:
    settings = FITTING.get(name, {})
    first, again, other = (outcome(seed, settings=settings, **{slot: name}) for seed in (3, 3, 4))
    assert first == again
    assert first[1] != other[1]
    assert [episode.episode_return for episode in first[0]] != [episode.episode_return for episode in other[0]]


def test_pitfall_16_variants_meet_the_same_environments_and_start_from_the_same_weights() -> None:
    runners = [make_runner("dqn", BASE, "Random", (5,), **{"target": target}) for target in ("hard", "none")]
    for runner in runners:
        runner.begin()
    for name, leaf in runners[0].weights()[5].items():
        assert torch.equal(leaf, runners[1].weights()[5][name])
    assert np.array_equal(runners[0].collector.episode_seeds.current, runners[1].collector.episode_seeds.current)


def poison(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the global generator is what nothing may read
    torch.manual_seed(seed)


def global_states() -> tuple[Any, ...]:
    name, keys, *rest = np.random.get_state()  # noqa: NPY002
    return random.getstate(), name, keys.tobytes(), rest, torch.get_rng_state().numpy().tobytes()


@pytest.mark.parametrize(("slot", "name"), COMPONENTS)
def test_pitfall_18_nothing_reads_or_changes_a_global_generator(slot: str, name: str) -> None:
    settings = {"train.envs": 2} | FITTING.get(name, {})
    outcomes = []
    for seed in (1, 2):
        poison(seed)
        before = global_states()
        outcomes.append(outcome(0, 1, settings=settings, **{slot: name}))
        assert global_states() == before
    assert outcomes[0] == outcomes[1]


def test_pitfall_18_evaluation_reads_none_either() -> None:
    settings = {"train.eval_every": 50, "train.eval_episodes": 2}
    outcomes = []
    for seed in (1, 2):
        poison(seed)
        before = global_states()
        outcomes.append(outcome(0, settings=settings))
        assert global_states() == before
    assert outcomes[0] == outcomes[1]


CHANGES: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("buffer", "uniform", {}, {"capacity": 12}),
    ("buffer", "uniform", {}, {"replacement": False}),
    ("network", "mlp", {}, {"hidden": (5,)}),
    ("network", "mlp", {}, {"activation": "tanh"}),
    ("network", "mlp", {}, {"dueling": True}),
    ("network", "mlp", {}, {"scale": 0.5}),
    ("network", "mlp", {}, {"layer_norm": True}),
    ("network", "mlp", {}, {"init": "orthogonal"}),
    ("network", "linear", {}, {"scale": 0.5}),
    ("exploration", "epsilon-greedy", {}, {"schedule": "constant"}),
    ("exploration", "epsilon-greedy", {}, {"start": 0.5}),
    ("exploration", "epsilon-greedy", {}, {"end": 0.5}),
    ("exploration", "epsilon-greedy", {}, {"steps": 10}),
    ("exploration", "epsilon-greedy", {}, {"fraction": 0.9}),
    ("exploration", "epsilon-greedy", {"schedule": "exponential"}, {"decay": 0.5}),
    ("exploration", "epsilon-greedy", {"schedule": "exponential", "decay": 0.1}, {"end": 0.9}),
    ("exploration", "boltzmann", {}, {"temperature": 0.1}),
    ("target", "hard", {}, {"period": 20}),
    ("target", "hard", {"period": 20}, {"unit": "updates"}),
    ("target", "soft", {}, {"tau": 0.5}),
    ("target", "soft", {}, {"period": 3}),
    ("target", "soft", {}, {"unit": "steps"}),
    *(
        ("objective", name, base, change)
        for name in ("q-learning", "double", "sarsa", "expected-sarsa")
        for base, change in [
            ({}, {"gamma": 0.5}),
            ({}, {"loss": "half-mse"}),
            ({"loss": "huber"}, {"delta": 0.1}),
        ]
    ),
    *(
        ("optimizer", name, base, change)
        for name in ("adam", "radam", "sgd", "rmsprop")
        for base, change in [
            ({}, {"lr": 0.1}),
            ({}, {"schedule": "linear"}),
            ({"schedule": "linear"}, {"end": 0.1}),
            ({"schedule": "inverse-time"}, {"decay": 0.5}),
            ({}, {"max_grad_norm": 0.01}),
        ]
    ),
    ("optimizer", "adam", {}, {"betas": (0.5, 0.9)}),
    ("optimizer", "adam", {}, {"eps": 0.1}),
    ("optimizer", "radam", {}, {"betas": (0.5, 0.9)}),
    ("optimizer", "radam", {}, {"eps": 0.1}),
    ("optimizer", "sgd", {}, {"momentum": 0.9}),
    ("optimizer", "rmsprop", {}, {"decay_rate": 0.5}),
    ("optimizer", "rmsprop", {}, {"eps": 0.1}),
    ("optimizer", "rmsprop", {}, {"eps_place": "outside"}),
    ("optimizer", "rmsprop", {}, {"centered": False}),
    ("optimizer", "rmsprop", {}, {"momentum": 0.9}),
]


def named(slot: str, options: dict[str, Any]) -> dict[str, Any]:
    return {f"{slot}.{name}": value for name, value in options.items()}


@pytest.mark.slow
@pytest.mark.parametrize(("slot", "name", "base", "change"), CHANGES)
def test_pitfall_19_every_option_changes_the_result(
    slot: str, name: str, base: dict[str, Any], change: dict[str, Any]
) -> None:
    settings = named(slot, base)
    before = outcome(0, settings=settings, **{slot: name})
    assert outcome(0, settings=settings | named(slot, change), **{slot: name}) != before


def test_pitfall_19_no_option_is_left_out_above() -> None:
    tried = {(slot, name, field) for slot, name, _, change in CHANGES for field in change}
    for slot, name in COMPONENTS:
        fields = field_names(CATALOG.get(slot, name).component)
        assert {(slot, name, field) for field in fields} <= tried, (slot, name)


@pytest.mark.parametrize(
    ("components", "settings", "message"),
    [
        ({"target": "none"}, {"target.period": 5}, r"`target\.period` cannot be set: `target=none` has no options"),
        ({"buffer": "online"}, {"train.batch_size": 5}, r"`train\.batch_size` has no effect with `buffer=online`"),
        ({}, {"objective.delta": 2.0}, r"`objective\.delta` has no effect with `loss=mse`"),
        ({}, {"exploration.decay": 0.5}, r"`exploration\.decay` has no effect with `schedule=linear`"),
        ({}, {"optimizer.end": 0.5}, r"`optimizer\.end` has no effect with `schedule=constant`"),
        ({}, {"train.eval_episodes": 3}, r"`train\.eval_episodes` has no effect without `train\.eval_every`"),
    ],
)
def test_pitfall_19_an_option_without_effect_is_refused(
    components: dict[str, str], settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(OptionError, match=message):
        compose(CATALOG, "dqn", components, settings)
