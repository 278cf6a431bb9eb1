"""Importance weights: buffers correct non-uniform sampling, and only rlzoo applies the weights."""

from __future__ import annotations

import dataclasses
import math
from statistics import fmean

import torch
from torch import Tensor

from rlzoo.contracts import Batch
from rlzoo.testing.case import SEEDS, Case, filled, started
from rlzoo.testing.feeding import Feeding
from rlzoo.testing.verdict import RuleSkipped, require
from rlzoo.training.groups import one_thread
from rlzoo.training.runner import Runner

BATCHES, TRANSITIONS = 500, 60
TOLERANCE = 0.1
"""Allowed deviation of sampling shares from uniform: eight standard deviations of the estimate."""
LEAST, MOST = 0.02, 1.3
"""Limits of beta, where weights are (relative sampling frequency)^-beta and 1 corrects the bias fully."""


def check_sampled_weights(case: Case) -> None:
    """Transitions sampled more often because of their content, such as their TD error, have smaller weights.

    Preferring recent transitions is allowed. To separate age from content, a second buffer has large rewards and
    errors at the positions where the first has small ones.
    """
    reason = case.composition()["buffer"].uncorrected
    if reason:
        raise RuleSkipped(f"`uncorrected`: {reason}")
    with one_thread():
        (even, even_ratio), (odd, odd_ratio) = (_shares(Feeding(case, notable)) for notable in (0, 1))
    if abs(even + odd - 1) < TOLERANCE:
        return
    share = (even + odd) / 2
    require(0 < share < 1, f"only transitions with {_which(share)} errors and rewards are ever sampled")
    often = math.log(share / (1 - share))  # log of the relative sampling frequency of the notable transitions
    beta = fmean([*even_ratio, *odd_ratio] or [0.0]) / often
    times = f"transitions with {_which(often)} errors and rewards are sampled {math.exp(abs(often)):.1f} times as often"
    require(abs(beta) > LEAST, f"{times} as others, but have the same importance weights")
    require(beta > 0, f"{times} as others, and have larger importance weights instead of smaller ones")
    require(
        beta < MOST,
        f"{times} as others, but the importance weights overcorrect (beta {beta:.1f}, at most 1)",
    )


def _which(size: float) -> str:
    return "large" if size > 0 else "small"


def _shares(feeding: Feeding) -> tuple[float, list[float]]:
    """The share of notable transitions among samples, and the log ratios of the other weights to theirs."""
    feeding.add(TRANSITIONS)
    for _ in range(TRANSITIONS):
        feeding.sample()  # until the error of every transition has been fed back
    batches = [feeding.sample() for _ in range(BATCHES)]
    share = fmean(float(notable.float().mean()) for notable, _ in batches)
    mixed = [(notable, weight) for notable, weight in batches if notable.any() and not notable.all()]
    return share, [float((weight[~notable].mean() / weight[notable].mean()).log()) for notable, weight in mixed]


def check_unweighted_loss(case: Case) -> None:
    """The loss has one entry per transition and ignores the weights: rlzoo weights and reduces it."""
    with one_thread():
        runner = started(case.composition(), SEEDS[:1])
        batch = filled(runner)
        even = dataclasses.replace(batch, weight=torch.ones_like(batch.weight))
        uneven = dataclasses.replace(batch, weight=torch.linspace(0.1, 2.0, batch.weight.shape[1])[None])
        loss = loss_of(runner, even)
        require(
            torch.equal(loss, loss_of(runner, uneven)),
            "the loss depends on the batch's importance weights: it is weighted twice, since rlzoo weights it too",
        )
        require(
            loss.shape[1] < 2 or bool((loss != loss[:, :1]).any()),
            "all transitions of a batch have the same loss: it is already reduced, so weights cannot be applied",
        )


def check_bootstrapping(case: Case) -> None:
    """The next value is multiplied by the batch's `discount`, and ignored after termination."""
    with one_thread():
        runner = started(case.composition(), SEEDS[:1])
        batch = _rollout(runner) if runner.parts.objective.rollouts else filled(runner)
        going, over = (dataclasses.replace(batch, terminated=torch.full_like(batch.terminated, it)) for it in (0, 1))
        recurrent = runner.parts.objective.recurrent
        require(
            torch.allclose(loss_of(runner, over), loss_of(runner, _ends_elsewhere(over, recurrent)), atol=1e-5),
            "the loss depends on the observation after a terminal step: `terminated` must end bootstrapping",
        )
        if batch.valid is not None:
            return  # each step of a sequence spans one step only: its `discount` is always gamma
        halved = dataclasses.replace(going, discount=going.discount / 2)
        require(
            runner.parts.objective.gamma == 1 or not torch.equal(loss_of(runner, going), loss_of(runner, halved)),
            "the loss does not depend on the batch's `discount`, gamma to the power of the steps that a transition "
            "spans: with `gamma` instead, n-step returns are wrong",
        )


def _rollout(runner: Runner) -> Batch:
    """A rollout `[L, N, T, ...]`, before the objective has seen it."""
    filled(runner)
    seen: list[Batch] = []

    def see(rollout: Batch) -> dict[str, Tensor]:
        seen.append(rollout)
        return {}

    runner.parts.buffer.prepare(see)
    return seen[0]


def _ends_elsewhere(batch: Batch, recurrent: bool) -> Batch:
    """The batch with other observations after each first step; a recurrent objective learns from the others as well."""
    changed = dataclasses.replace(batch, next_observation=batch.next_observation.flip(batch.index.dim() - 1))
    if batch.valid is None or recurrent:
        return changed
    first, later = batch.observation[:, :, :1], batch.observation[:, :, 1:]
    return dataclasses.replace(changed, observation=torch.cat([first, later.flip(1)], 2))


def loss_of(runner: Runner, batch: Batch) -> Tensor:
    """The losses of a batch or all steps of a rollout, `[L, B]`; every call uses the same random numbers and state."""
    objective, rng, learner = runner.parts.objective, runner.parts.rngs["objective"], runner.learner
    if batch.index.dim() == 3:
        computed = learner.prepare(batch)
        batch = dataclasses.replace(batch, columns={**batch.columns, **computed}).each(lambda it: it.flatten(1, 2))
    drawn, state = rng.state(), objective.state()
    loss, _ = objective(learner.predict, learner.online, learner.target, batch)
    rng.load_state(drawn)
    objective.load_state(state)
    return loss.detach()
