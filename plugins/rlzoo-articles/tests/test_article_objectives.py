"""The articles' objectives against loops over the transitions, and what they store and update in a run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from articles_specs import NEXT_ACTION, make_runner, make_spec
from gymnasium.spaces import Box

from rlzoo.contracts import Batch, Transition
from rlzoo.lanes.params import Params
from rlzoo_articles.averaged_q_learning import AveragedQLearning
from rlzoo_articles.stored_action import StoredAction

LANES, SIZE, FEATURES, ACTIONS = 2, 7, 4, 3
LOSSES = {
    "mse": (lambda e: e**2, lambda e: 2 * e),
    "half-mse": (lambda e: e**2 / 2, lambda e: e),
    "huber": (lambda e: e**2 / 2 if abs(e) <= 0.7 else 0.7 * (abs(e) - 0.35), lambda e: max(-0.7, min(0.7, e))),
}


def predict(params: Params, x: torch.Tensor) -> torch.Tensor:
    return torch.bmm(x, params["w"])


def weights(seed: int) -> Params:
    return {"w": torch.randn(LANES, FEATURES, ACTIONS, generator=torch.Generator().manual_seed(seed))}


def make_batch(next_action_mask: torch.Tensor | None = None) -> Batch:
    """Random transitions, a third of them terminal."""
    rng = np.random.default_rng(0)
    observation, after = (torch.from_numpy(rng.normal(size=(LANES, SIZE, FEATURES)).astype("f4")) for _ in range(2))
    action, following = (torch.from_numpy(rng.integers(ACTIONS, size=(LANES, SIZE))) for _ in range(2))
    masks = {} if next_action_mask is None else {"next_action_mask": next_action_mask}
    return Batch(
        observation=observation,
        action=action,
        reward=torch.from_numpy(rng.normal(size=(LANES, SIZE)).astype("f4")),
        next_observation=after,
        discount=torch.full((LANES, SIZE), 0.9),
        terminated=torch.from_numpy(rng.random((LANES, SIZE)) < 1 / 3),
        truncated=torch.zeros(LANES, SIZE, dtype=torch.bool),
        index=torch.zeros(LANES, SIZE, dtype=torch.int64),
        weight=torch.ones(LANES, SIZE),
        columns={"next_action": following, **masks},
    )


def build(options: Any) -> Any:
    return options.build(make_spec(observation_space=Box(-1, 1, (FEATURES,)), columns=NEXT_ACTION))


def check_against_loops(objective: Any, loss: str, share: int, masked: bool, next_value: Any) -> None:
    """Compare loss, error and gradient with those of a loop; `next_value(target Q [A], lane, i)`."""
    online, target, batch = {"w": weights(0)["w"].requires_grad_()}, weights(1), make_batch()
    losses, errors = objective(predict, online, target, batch)
    losses.sum().backward()
    value, slope = LOSSES[loss]
    gradient = np.zeros((LANES, FEATURES, ACTIONS))
    for lane, i in np.ndindex(LANES, SIZE):
        x, y = (rows[lane, i].double().numpy() for rows in (batch.observation, batch.next_observation))
        action, q = int(batch.action[lane, i]), y @ target["w"][lane].double().numpy()
        after = 0.0 if masked and batch.terminated[lane, i] else 0.9 * next_value(q, batch, lane, i)
        error = float(batch.reward[lane, i]) + after - x @ online["w"].detach()[lane, :, action].double().numpy()
        assert losses[lane, i].item() == pytest.approx(value(error) / share, rel=1e-4, abs=1e-5)
        assert errors[lane, i].item() == pytest.approx(error, rel=1e-4, abs=1e-5)
        gradient[lane, :, action] -= slope(error) * x / share
    np.testing.assert_allclose(online["w"].grad, gradient, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("masked", [True, False])
def test_stored_action_bootstraps_from_the_stored_action(loss: str, masked: bool) -> None:
    delta = 0.7 if loss == "huber" else None
    objective = build(StoredAction(gamma=0.9, loss=loss, delta=delta, mask_terminated=masked))
    check_against_loops(objective, loss, 1, masked, lambda q, batch, *at: q[batch.columns["next_action"][at]])


@pytest.mark.parametrize("loss", LOSSES)
def test_averaged_q_learning_divides_the_loss_by_the_number_of_actions(loss: str) -> None:
    objective = build(AveragedQLearning(gamma=0.9, loss=loss, delta=0.7 if loss == "huber" else None))
    check_against_loops(objective, loss, ACTIONS, True, lambda q, *_: q.max())


def test_averaged_q_learning_is_a_keras_loss_over_the_whole_output() -> None:
    online, target, batch = weights(0), weights(1), make_batch()
    losses, _ = build(AveragedQLearning(gamma=0.9))(predict, online, target, batch)
    q = predict(online, batch.observation)
    after = 0.9 * predict(target, batch.next_observation).amax(-1) * ~batch.terminated
    fitted = q.scatter(-1, batch.action[..., None], (batch.reward + after)[..., None])  # what `model.fit` is given
    torch.testing.assert_close(losses, (fitted - q).square().mean(-1))


@pytest.mark.parametrize("options", [StoredAction(), AveragedQLearning()], ids=["stored-action", "averaged"])
def test_no_gradient_reaches_the_target(options: Any) -> None:
    objective, batch = build(options), make_batch()
    shared, apart = weights(0)["w"].requires_grad_(), weights(0)["w"].requires_grad_()
    objective(predict, {"w": shared}, {"w": shared}, batch)[0].sum().backward()
    objective(predict, {"w": apart}, weights(0), batch)[0].sum().backward()
    assert torch.equal(shared.grad, apart.grad)


def test_averaged_q_learning_bootstraps_from_allowed_actions_only() -> None:
    mask = torch.from_numpy(np.random.default_rng(1).random((LANES, SIZE, ACTIONS)) < 0.5)
    mask[..., 1] |= ~mask.any(-1)
    batch, target = make_batch(mask), weights(1)
    _, errors = build(AveragedQLearning(gamma=0.9))(predict, weights(0), target, batch)
    for lane, i in np.ndindex(LANES, SIZE):
        q = predict(target, batch.next_observation)[lane, i]
        best = max(float(q[action]) for action in range(ACTIONS) if mask[lane, i, action])
        after = 0.0 if batch.terminated[lane, i] else 0.9 * best
        predicted = float(predict(weights(0), batch.observation)[lane, i, batch.action[lane, i]])
        assert errors[lane, i].item() == pytest.approx(float(batch.reward[lane, i]) + after - predicted, abs=1e-5)


def test_the_stored_action_is_an_allowed_one() -> None:
    q = np.array([[[1.0, -np.inf, 2.0]], [[-np.inf, -1.0, -np.inf]]])  # the learner gives -inf for forbidden actions
    transition = Transition(*[np.zeros((2, 1))] * 6)
    assert build(StoredAction()).record(transition, lambda _: q)["next_action"].tolist() == [[2], [1]]


def test_the_stored_action_is_the_greedy_one_when_the_transition_is_collected() -> None:
    settings = {"train.steps": 100, "train.learning_starts": 0, "train.batch_size": 8, "train.update_every": 1}
    runner = make_runner("dqn", settings, objective="stored-action")
    add, agrees = runner.parts.buffer.add, []

    def check(transition: Transition) -> None:
        greedy = runner.learner.q(transition.next_observation).argmax(-1)
        agrees.append(np.array_equal(transition.columns["next_action"], greedy))
        add(transition)

    runner.parts.buffer.add = check  # type: ignore[method-assign]
    list(runner.run())
    assert agrees == [True] * 100


def test_dqn_130_updates_once_an_episode_at_its_end() -> None:
    runner = make_runner("dqn-130", {"train.episodes": 6, "train.batch_size": 4, "target.period": 2}, (0,))
    updates = []
    runner.begin()
    while not runner.finished:
        runner.step()
        updates.append((runner.clock.steps, runner.clock.updates, runner.counts()[0]["syncs"]))
    assert updates == [(step, step // 5, step // 10) for step in range(1, 31)]


def test_dqn_simple_is_counted_in_episodes() -> None:
    runner = make_runner("dqn-simple", {"train.episodes": 7}, (0,))
    assert [episode.step for log in runner.run() for episode in log.episodes] == [5, 10, 15, 20, 25, 30, 35]
