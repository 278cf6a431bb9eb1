"""Targets with action masks, against a loop over the allowed next actions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from rlzoo.components.objectives.double import Double
from rlzoo.components.objectives.expected_sarsa import ExpectedSarsa
from rlzoo.components.objectives.q_learning import QLearning
from rlzoo.components.objectives.sarsa import Sarsa
from rlzoo.contracts import Batch, Objective
from rlzoo.lanes.params import Params

from support.tiny import make_batch, make_spec

LANES, SIZE, FEATURES, ACTIONS, GAMMA = 2, 40, 4, 5, 0.9


def predict(params: Params, x: torch.Tensor) -> torch.Tensor:
    return torch.bmm(x, params["w"])


def weights(seed: int) -> Params:
    return {"w": torch.randn(LANES, FEATURES, ACTIONS, generator=torch.Generator().manual_seed(seed))}


def policy(q: np.ndarray) -> np.ndarray:
    """1/2 for the best action, and 1/2 divided among all allowed ones, `[..., A]`."""
    allowed = ~np.isneginf(q)
    best = np.arange(q.shape[-1]) == q.argmax(-1)[..., None]
    return (best + allowed / np.maximum(allowed.sum(-1, keepdims=True), 1)) / 2


def random_masks(*shape: int) -> torch.Tensor:
    """Masks with at least one allowed action; a third of them with exactly one."""
    rng = np.random.default_rng(3)
    masks, single = rng.random((*shape, ACTIONS)) < 0.5, rng.integers(ACTIONS, size=shape)
    only = np.arange(ACTIONS) == single[..., None]
    masks = np.where(rng.random((*shape, 1)) < 1 / 3, only, masks | only)
    return torch.from_numpy(masks)


def masked_batch(everything: bool = False) -> Batch:
    """Terminal states allow nothing, as an environment may say there."""
    batch, masks = make_batch(LANES, SIZE, FEATURES, ACTIONS), random_masks(LANES, SIZE)
    masks = torch.ones_like(masks) if everything else masks & ~batch.terminated[..., None]
    return replace(batch, columns={"next_action_mask": masks})


def as_read(objective: Objective, batch: Batch) -> Batch:
    """The batch as sequences, where the objective reads those: an arbitrary step follows each transition."""
    if objective.length == 1:
        return batch
    fields = ("observation", "action", "reward", "next_observation", "discount", "terminated", "truncated")
    pairs = {name: torch.stack([getattr(batch, name), getattr(batch, name).flip(1)], 2) for name in fields}
    columns = {name: torch.stack([column, column.flip(1)], 2) for name, column in batch.columns.items()}
    ended = batch.terminated | batch.truncated
    return replace(batch, **pairs, columns=columns, valid=torch.stack([torch.ones_like(ended), ~ended], -1))


def by_loop(name: str, online: np.ndarray, target: np.ndarray, allowed: list[int]) -> float:
    """The value of one next state; `online` and `target` are its Q values, `[A]`."""
    best = max(allowed, key=lambda action: online[action])
    return {
        "q-learning": max(target[action] for action in allowed),
        "double": target[best],
        "expected-sarsa": sum(target[action] * (0.5 * (action == best) + 0.5 / len(allowed)) for action in allowed),
    }[name]


OBJECTIVES: dict[str, Any] = {"q-learning": QLearning, "double": Double, "expected-sarsa": ExpectedSarsa}


@pytest.mark.parametrize("name", OBJECTIVES)
def test_the_target_is_that_of_a_loop_over_allowed_actions(name: str) -> None:
    objective = OBJECTIVES[name](gamma=GAMMA).build(make_spec(policy=policy, actions=ACTIONS))
    online, target, batch = {"w": weights(0)["w"].requires_grad_()}, weights(1), masked_batch()
    loss, error = objective(predict, online, target, as_read(objective, batch))
    loss.sum().backward()
    assert online["w"].grad.isfinite().all()
    q = predict(online, batch.observation).detach()
    after = [predict(params, batch.next_observation).detach().numpy() for params in (online, target)]
    differs = 0
    for at in np.ndindex(LANES, SIZE):
        allowed = np.flatnonzero(batch.columns["next_action_mask"][at]).tolist()
        goal = batch.reward[at].item()
        if not batch.terminated[at]:
            value = by_loop(name, after[0][at], after[1][at], allowed)
            differs += value != by_loop(name, after[0][at], after[1][at], list(range(ACTIONS)))
            goal += batch.discount[at].item() * value
        assert error[at].item() == pytest.approx(goal - q[at][batch.action[at]].item(), abs=1e-4)
    assert differs > 10


@pytest.mark.parametrize("name", OBJECTIVES)
def test_a_mask_that_allows_everything_changes_no_bit(name: str) -> None:
    objective = OBJECTIVES[name](gamma=GAMMA).build(make_spec(policy=policy, actions=ACTIONS))
    batch = masked_batch(everything=True)
    with_mask = objective(predict, weights(0), weights(1), as_read(objective, batch))
    without = objective(predict, weights(0), weights(1), as_read(objective, replace(batch, columns={})))
    assert all(torch.equal(one, other) for one, other in zip(with_mask, without, strict=True))


def test_sarsa_bootstraps_from_the_action_taken_whatever_the_masks() -> None:
    objective = Sarsa(gamma=GAMMA).build(make_spec(policy=policy, actions=ACTIONS))
    rng = np.random.default_rng(0)
    masks = random_masks(LANES, SIZE, 2)
    taken = [int(rng.choice(np.flatnonzero(mask))) for mask in masks.flatten(0, 2)]
    action = torch.tensor(taken).view(LANES, SIZE, 2)
    terminated = torch.from_numpy(rng.random((LANES, SIZE, 2)) < 1 / 3)
    valid = torch.stack([torch.ones(LANES, SIZE, dtype=torch.bool), ~terminated[..., 0]], -1)

    def normal(*shape: int) -> torch.Tensor:
        return torch.from_numpy(rng.normal(size=(LANES, SIZE, 2, *shape)).astype(np.float32))

    observation = normal(FEATURES)
    batch = Batch(
        observation=observation,
        action=action,
        reward=normal(),
        next_observation=torch.cat([observation[:, :, 1:], normal(FEATURES)[:, :, 1:]], 2),
        discount=torch.full((LANES, SIZE, 2), GAMMA),
        terminated=terminated,
        truncated=torch.zeros_like(terminated),
        index=torch.zeros(LANES, SIZE, dtype=torch.int64),
        weight=torch.ones(LANES, SIZE),
        columns={"action_mask": masks, "next_action_mask": masks.flip(2)},
        valid=valid,
    )
    _, error = objective(predict, weights(0), weights(1), batch)
    for at in np.ndindex(LANES, SIZE):
        q, after = (weights(i)["w"][at[0]].T @ batch.observation[at][i] for i in range(2))
        value = 0.0 if terminated[at][0] else GAMMA * after[action[at][1]].item()
        assert error[at].item() == pytest.approx(batch.reward[at][0].item() + value - q[action[at][0]].item(), abs=1e-4)
