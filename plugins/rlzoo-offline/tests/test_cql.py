from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.optimize import fsolve
from small_datasets import SEEN, spec_of, write_dataset
from torch import Tensor

import rlzoo
from rlzoo.contracts import Batch
from rlzoo_offline.cql import CQL

L, B, A = 2, 4, 3


def batch_of(mask: Tensor | None = None) -> Batch:
    generator = torch.Generator().manual_seed(0)
    action = torch.randint(0, A, (L, B), generator=generator)
    return Batch(
        observation=torch.arange(L * B).view(L, B),
        action=action,
        reward=torch.randn(L, B, generator=generator),
        next_observation=torch.arange(L * B).flip(0).view(L, B),
        discount=torch.full((L, B), 0.9),
        terminated=torch.rand(L, B, generator=generator) < 0.3,
        truncated=torch.zeros(L, B, dtype=torch.bool),
        index=torch.zeros(L, B, dtype=torch.int64),
        weight=torch.ones(L, B),
        columns={} if mask is None else {"action_mask": mask, "next_action_mask": torch.ones_like(mask)},
    )


def loss_of(options: CQL, batch: Batch, online: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    def predict(params: dict[str, Tensor], x: Tensor) -> Tensor:
        return params["table"][x]

    return options.build(spec_of())(predict, {"table": online}, {"table": target}, batch)


def by_hand(options: CQL, batch: Batch, online: Tensor, target: Tensor) -> np.ndarray:
    losses = np.empty((L, B))
    for lane in range(L):
        alpha = options.alpha[lane, 0] if isinstance(options.alpha, np.ndarray) else options.alpha
        for i in range(B):
            q = online[batch.observation[lane, i]].tolist()
            chosen = q[int(batch.action[lane, i])]
            following = 0.0 if batch.terminated[lane, i] else max(target[batch.next_observation[lane, i]].tolist())
            error = float(batch.reward[lane, i]) + 0.9 * following - chosen
            mask = batch.columns.get("action_mask")
            allowed = [v for a, v in enumerate(q) if mask is None or mask[lane, i, a]]
            losses[lane, i] = error**2 / 2 + alpha * (math.log(sum(map(math.exp, allowed))) - chosen)
    return losses


@pytest.mark.parametrize("alpha", [0.0, 0.7, np.array([[0.5], [4.0]])], ids=["none", "all", "per-lane"])
@pytest.mark.parametrize("masked", [False, True])
def test_the_loss_is_that_of_the_paper(alpha: float, masked: bool) -> None:
    online, target = torch.randn(2, L * B, A, generator=torch.Generator().manual_seed(1))
    mask = torch.rand(L, B, A, generator=torch.Generator().manual_seed(2)) < 0.6
    batch = batch_of(mask | torch.nn.functional.one_hot(batch_of().action, A).bool() if masked else None)
    loss, error = loss_of(CQL(alpha=alpha), batch, online.requires_grad_(), target)
    np.testing.assert_allclose(loss.detach().numpy(), by_hand(CQL(alpha=alpha), batch, online, target), rtol=1e-5)
    assert not error.requires_grad


def test_its_gradient_is_zero_where_td_error_and_penalty_balance() -> None:
    """With frequencies p of the actions and alpha: p (Q - r) + alpha (softmax(Q) - p) = 0."""
    alpha, p, r = 0.8, np.array([0.25, 0.75, 0.0]), np.array([1.0, 0.5, 0.0])

    def balance(q: np.ndarray) -> np.ndarray:
        softmax = np.exp(q) / np.exp(q).sum()
        return p[:2] * (q - r[:2]) + alpha * (softmax - p[:2])

    q = fsolve(balance, r[:2])
    online = torch.tensor(np.array([[*q, -1e4]]), dtype=torch.float64, requires_grad=True)
    count = torch.zeros(1, 4, dtype=torch.int64)
    batch = Batch(
        observation=count,
        action=torch.tensor([[0, 1, 1, 1]]),
        reward=torch.tensor([[1.0, 0.5, 0.5, 0.5]], dtype=torch.float64),
        next_observation=count,
        discount=torch.ones(1, 4, dtype=torch.float64),
        terminated=torch.ones(1, 4, dtype=torch.bool),
        truncated=torch.zeros(1, 4, dtype=torch.bool),
        index=count,
        weight=torch.ones(1, 4),
    )
    loss, _ = loss_of(CQL(alpha=alpha), batch, online, online.detach())
    loss.mean().backward()
    assert online.grad is not None
    assert online.grad.abs().max() < 1e-8
    assert q[0] < 1.0, "the penalty has an effect"


@pytest.mark.slow
def test_it_avoids_the_unseen_action_that_q_learning_overestimates(tmp_path: Path) -> None:
    """The data lack action 1 in state 1, which loses; the table starts at 2, so Q-learning trusts it."""
    data = write_dataset(tmp_path / "data", SEEN)
    greedy = {}
    for algorithm in ("cql", "offline-dqn"):
        result = rlzoo.train(
            algorithm,
            "rlzoo-tests/Trap-v0",
            network="table",
            optimizer="sgd",
            target="none",
            steps=600,
            seeds=2,
            set={
                "buffer.path": data,
                "network.initial": 2.0,
                "optimizer.lr": 0.3,
                "train.eval_every": 600,
                "train.eval_episodes": 1,
            },
            out=tmp_path / algorithm,
        )
        greedy[algorithm] = result.agent(seed=1).act([0, 1]).tolist()
        returns = result.evaluations["return"].tolist()
        assert returns == ([0.5, 0.5] if algorithm == "cql" else [-1.0, -1.0])
    q = result.agent(seed=1).q_values([0, 1])
    assert greedy == {"cql": [1, 0], "offline-dqn": [0, 1]}
    np.testing.assert_allclose(q, [[0.99 * 2, 0.5], [0.0, 2.0]], atol=0.01)
