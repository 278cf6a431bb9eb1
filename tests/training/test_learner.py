import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from rlzoo.components.networks.mlp import MLP
from rlzoo.components.objectives.double import Double
from rlzoo.components.objectives.q_learning import QLearning
from rlzoo.components.optimizers.adam import Adam
from rlzoo.components.optimizers.sgd import SGD
from rlzoo.components.targets.hard import Hard
from rlzoo.components.targets.none import NoTarget
from rlzoo.contracts import Batch
from rlzoo.lanes.clock import Clock
from rlzoo.lanes.rng import LaneRng
from rlzoo.training.learner import Learner

from support.tiny import make_batch, make_spec

GAMMA, LR = 0.9, 0.01
Matrices = list[np.ndarray]


def make_modules(lanes: int, seed: int = 0) -> list[nn.Module]:
    torch.manual_seed(seed)
    return [MLP((8, 6)).build(make_spec()) for _ in range(lanes)]


def make_learner(modules: list[nn.Module], objective: Any, target: Any = None, optimizer: Any = None) -> Learner:
    spec = make_spec(lanes=len(modules))
    chosen = objective, optimizer or Adam(lr=LR), target or Hard(2, "updates")
    parts = [options.build(spec) for options in chosen]
    noise_rng = LaneRng(range(len(modules)), "noise")
    return Learner(modules, *parts, Clock(len(modules)), torch.device("cpu"), noise_rng)


def forward(params: Matrices, x: np.ndarray) -> list[np.ndarray]:
    """The layers' inputs, and last the outputs."""
    layers = [x]
    for i in range(0, 6, 2):
        x = x @ params[i].T + params[i + 1]
        layers.append(np.maximum(x, 0) if i < 4 else x)
        x = layers[-1]
    return layers


def gradients(params: Matrices, layers: list[np.ndarray], slope: np.ndarray) -> Matrices:
    """Of every weight and bias, given those of the outputs."""
    found: Matrices = []
    for i in (4, 2, 0):
        found = [slope.T @ layers[i // 2], slope.sum(0), *found]
        slope = (slope @ params[i]) * (layers[i // 2] > 0)
    return found


def next_values(name: str, online: Matrices, target: Matrices, batch: dict[str, np.ndarray]) -> np.ndarray:
    q_online, q_target = (forward(params, batch["next_observation"])[-1] for params in (online, target))
    action = {
        "dqn": q_target.argmax(-1),
        "huber": q_target.argmax(-1),
        "double": q_online.argmax(-1),
    }[name]
    return q_target[np.arange(len(action)), action]


def numpy_training(name: str, params: Matrices, batches: list[dict[str, np.ndarray]]) -> Matrices:
    """Updates of one network with Adam, the target copied every second update."""
    target, first, second = (
        copy.deepcopy(params),
        [np.zeros_like(p) for p in params],
        [np.zeros_like(p) for p in params],
    )
    for t, batch in enumerate(batches, 1):
        layers, rows = forward(params, batch["observation"]), np.arange(len(batch["action"]))
        goal = batch["reward"] + GAMMA * ~batch["terminated"] * next_values(name, params, target, batch)
        error = goal - layers[-1][rows, batch["action"]]
        slope = np.zeros_like(layers[-1])
        slope[rows, batch["action"]] = -(error.clip(-0.5, 0.5) if name == "huber" else 2 * error) / len(rows)
        for i, g in enumerate(gradients(params, layers, slope)):
            first[i] = 0.9 * first[i] + 0.1 * g
            second[i] = 0.999 * second[i] + 0.001 * g**2
            step = first[i] / (1 - 0.9**t) / (np.sqrt(second[i] / (1 - 0.999**t)) + 1e-8)
            params[i] = params[i] - LR * step
        if t % 2 == 0:
            target = copy.deepcopy(params)
    return params


def lane_of(batch: Batch, lane: int) -> dict[str, np.ndarray]:
    values = {name: getattr(batch, name)[lane].numpy() for name in ("action", "terminated")}
    floats = {
        name: getattr(batch, name)[lane].double().numpy() for name in ("observation", "next_observation", "reward")
    }
    return values | floats


@pytest.mark.parametrize(
    ("name", "objective"),
    [
        ("dqn", QLearning(gamma=GAMMA)),
        ("huber", QLearning(gamma=GAMMA, loss="huber", delta=0.5)),
        ("double", Double(gamma=GAMMA)),
    ],
)
def test_updates_equal_those_written_out_in_numpy(name: str, objective: Any) -> None:
    modules, batches = make_modules(2), [make_batch(2, 16, seed=seed) for seed in range(5)]
    learner = make_learner(modules, objective)
    for batch in batches:
        learner.update(batch)
        learner.update_target()
    for lane, module in enumerate(modules):
        start = [leaf.detach().double().numpy() for leaf in module.parameters()]
        expected = numpy_training(name, start, [lane_of(batch, lane) for batch in batches])
        for got, wanted in zip(learner.weights(lane).values(), expected, strict=True):
            np.testing.assert_allclose(got, wanted, atol=1e-5)


def plain_training(module: nn.Module, batches: list[Batch], lane: int) -> nn.Module:
    """What a single-seed DQN script does."""
    online, target = module, copy.deepcopy(module)
    optimizer = torch.optim.Adam(online.parameters(), lr=1e-3)
    for update, batch in enumerate(batches, 1):
        with torch.no_grad():
            ahead = target(batch.next_observation[lane]).max(1).values
            goal = batch.reward[lane] + GAMMA * ahead * (1 - batch.terminated[lane].float())
        predicted = online(batch.observation[lane]).gather(1, batch.action[lane].unsqueeze(1)).squeeze(1)
        loss = nn.functional.mse_loss(predicted, goal)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if update % 50 == 0:
            target.load_state_dict(online.state_dict())
    return online


@pytest.mark.slow
@pytest.mark.parametrize("lanes", [1, 3])
def test_three_hundred_updates_equal_plain_torch_loops(lanes: int) -> None:
    modules, batches = make_modules(lanes), [make_batch(lanes, 32, seed=seed) for seed in range(300)]
    learner = make_learner(modules, QLearning(gamma=GAMMA), Hard(50, "updates"), optimizer=Adam(lr=1e-3))
    for batch in batches:
        learner.update(batch)
        learner.update_target()
    for lane, module in enumerate(modules):
        expected = plain_training(module, batches, lane).state_dict()
        assert learner.weights(lane).keys() == expected.keys()
        for name, leaf in expected.items():
            torch.testing.assert_close(learner.weights(lane)[name], leaf, rtol=1e-4, atol=1e-5)


def test_q_values_are_those_of_each_lanes_module() -> None:
    modules, x = make_modules(3), torch.randn(3, 5, 4)
    q = make_learner(modules, QLearning()).q(x.numpy())
    for lane, module in enumerate(modules):
        np.testing.assert_allclose(q[lane], module(x[lane]).detach(), rtol=1e-5, atol=1e-6)


def test_an_update_returns_the_errors_before_it() -> None:
    learner, batch = make_learner(make_modules(2), QLearning(gamma=GAMMA)), make_batch()
    q, ahead = (torch.from_numpy(learner.q(x.numpy())) for x in (batch.observation, batch.next_observation))
    goal = batch.reward + GAMMA * ahead.amax(-1) * ~batch.terminated
    expected = goal - q.gather(-1, batch.action.unsqueeze(-1)).squeeze(-1)
    torch.testing.assert_close(learner.update(batch), expected, rtol=1e-4, atol=1e-5)


OBJECTIVES = [QLearning(), Double(), QLearning(loss="huber")]


def each_tensor(batch: Batch, change: Callable[[Tensor], Tensor]) -> Batch:
    """The batch with `change` applied to every tensor."""
    return replace(batch, **{name: change(value) for name, value in vars(batch).items() if isinstance(value, Tensor)})


def weighted(batch: Batch, weight: Tensor) -> Batch:
    return replace(batch, weight=weight)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_pitfall_11_importance_weights_reach_the_loss(objective: Any) -> None:
    batch, weight = make_batch(), torch.zeros(2, 7)
    weight[:, 2] = 7.0  # of a batch of seven: as if this transition were alone
    alone = each_tensor(batch, lambda value: value[:, 2:3])
    after = []
    for given in (weighted(batch, weight), alone, batch):
        learner = make_learner(make_modules(2), objective, optimizer=SGD(lr=0.1))
        learner.update(given)
        after.append(learner.weights(0))
    for name, leaf in after[0].items():
        torch.testing.assert_close(leaf, after[1][name])
    assert not all(torch.allclose(leaf, after[2][name]) for name, leaf in after[0].items())


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_pitfall_12_the_loss_is_a_mean_over_the_batch_and_a_sum_over_lanes(objective: Any) -> None:
    batch = make_batch(1)
    twice = each_tensor(batch, lambda value: torch.cat([value, value], 1))
    lanes = each_tensor(batch, lambda value: value.expand(4, *value.shape[1:]))
    moved = []
    for given in (batch, twice, lanes):
        learner = make_learner(make_modules(1) * given.action.shape[0], objective, optimizer=SGD(lr=0.1))
        learner.update(given)
        moved.append(learner.weights(0))
    for name, leaf in moved[0].items():
        torch.testing.assert_close(moved[1][name], leaf)
        torch.testing.assert_close(moved[2][name], leaf)


def test_the_target_stays_while_the_online_network_learns() -> None:
    learner = make_learner(make_modules(2), QLearning(), Hard(1000))
    before = {name: leaf.clone() for name, leaf in learner.target.items()}
    learner.update(make_batch())
    learner.update_target()
    assert all(torch.equal(learner.target[name], leaf) for name, leaf in before.items())
    assert not torch.equal(learner.online["0.weight"], learner.target["0.weight"])


def test_without_a_target_network_the_target_moves_with_every_update() -> None:
    learner = make_learner(make_modules(2), QLearning(), NoTarget())
    learner.update(make_batch())
    assert all(torch.equal(learner.target[name], leaf) for name, leaf in learner.online.items())


def test_a_lane_whose_loss_is_no_number_is_frozen_and_the_others_go_on() -> None:
    whole, alone = (make_learner(modules, QLearning()) for modules in (make_modules(3), make_modules(3)[2:]))
    before = whole.weights(1)
    for step, seed in enumerate(range(4), 1):
        batch = make_batch(3, seed=seed)
        whole.clock.steps = 10 * step
        batch.reward[1] = torch.inf if step >= 2 else batch.reward[1]
        if step == 2:
            before = whole.weights(1)
        whole.update(batch)
        alone.update(each_tensor(batch, lambda value: value[2:]))
    assert whole.diverged.tolist() == [-1, 20, -1]
    assert all(torch.equal(whole.weights(1)[name], leaf) for name, leaf in before.items())
    assert all(torch.equal(whole.weights(2)[name], leaf) for name, leaf in alone.weights(0).items())


def test_a_lane_whose_weights_leave_the_numbers_has_diverged() -> None:
    learner = make_learner(make_modules(2), QLearning(), optimizer=SGD(lr=1e38))
    batch = make_batch()
    batch.reward[0], batch.reward[1] = 1e15, 0.0
    learner.clock.steps = 7
    learner.update(weighted(batch, torch.tensor([[1.0], [0.0]]).expand(2, 7)))
    assert learner.diverged.tolist() == [7, -1]


def test_metrics_are_means_since_they_were_last_asked_for() -> None:
    learner = make_learner(make_modules(2), QLearning(gamma=GAMMA), optimizer=SGD(lr=0.1))
    assert np.isnan([*learner.metrics()["loss"], *learner.metrics()["q_mean"]]).all()
    for _ in range(2):
        losses = [learner.update(make_batch(seed=seed)).square().mean(-1) for seed in range(3)]
        found = learner.metrics()
        np.testing.assert_allclose(found["loss"], torch.stack(losses).mean(0), rtol=1e-5)
        last = learner.q(make_batch(seed=2).observation.numpy())
        np.testing.assert_allclose(found["q_mean"], last.max(-1).mean(-1), rtol=1e-5)


class Noisy(nn.Module):
    """A linear layer whose outputs are shifted by noise."""

    noise = ("shift",)

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 3)
        self.register_buffer("shift", torch.zeros(3), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x) + self.shift


def make_noisy(lanes: int, target: Any = None) -> Learner:
    torch.manual_seed(0)
    modules: list[nn.Module] = [nn.Sequential(Noisy()) for _ in range(lanes)]
    return make_learner(modules, QLearning(gamma=GAMMA), target)


def test_pitfall_15_noise_is_fresh_for_every_action_and_absent_in_evaluation() -> None:
    learner, observation = make_noisy(3), np.zeros((3, 1, 4), np.float32)
    first, second = learner.q(observation), learner.q(observation)
    assert not np.isclose(first, second).any()
    before = learner._noise_rng.state()
    quiet = (learner.online["0.linear.bias"]).detach().numpy()[:, None]  # of observations that are zero
    assert np.array_equal(learner.evaluate(observation), quiet.argmax(-1))
    assert str(learner._noise_rng.state()) == str(before)
    shifts = (first - quiet)[:, 0]
    assert not np.isclose(shifts[0], shifts[1]).any(), "each lane has its own"
    assert np.array_equal(shifts[1:2], (make_noisy_alone(learner, 1).q(observation[:1]) - quiet[1:2])[:, 0])


def make_noisy_alone(learner: Learner, lane: int) -> Learner:
    alone = make_noisy(1)
    alone.row.copy_(learner.row[lane : lane + 1])
    alone._noise_rng = LaneRng([lane], "noise")
    return alone


@pytest.mark.parametrize("target", [None, NoTarget()])
def test_pitfall_15_the_target_has_noise_of_its_own_for_every_update(target: Any) -> None:
    learner, seen = make_noisy(2, target), []
    gradients = learner.gradients

    def spy(online: Any, target: Any, batch: Batch) -> Any:
        seen.append((online["0.shift"].clone(), target["0.shift"].clone()))
        return gradients(online, target, batch)

    learner.gradients = spy  # type: ignore[assignment]
    for _ in range(2):
        learner.update(make_batch(2, 5))
    shifts = [leaf for pair in seen for leaf in pair]
    assert all(not torch.isclose(a, b).any() for i, a in enumerate(shifts) for b in shifts[:i])


def test_noise_is_not_saved() -> None:
    assert set(make_noisy(1).weights(0)) == {"0.linear.weight", "0.linear.bias"}


def test_noise_is_drawn_in_the_order_of_the_modules() -> None:
    """Not in that of a set, which every process orders otherwise: a seed's noise would not repeat."""
    modules: list[nn.Module] = [nn.Sequential(*(Noisy() for _ in range(9)))]
    learner = make_learner(modules, QLearning(gamma=GAMMA), None)
    assert list(learner._noise) == [f"{place}.shift" for place in range(9)]
