"""Importance weights: what is drawn more often counts less, and only the host applies them."""

from __future__ import annotations

import dataclasses
import math
from statistics import fmean

import torch
from torch import Tensor

from rlzoo.contracts import Batch
from rlzoo.testing.case import SEEDS, Case, filled, started
from rlzoo.testing.feeding import Feeding
from rlzoo.testing.verdict import Untried, demand
from rlzoo.training.groups import one_thread
from rlzoo.training.runner import Runner

BATCHES, TRANSITIONS = 500, 60
PLAINLY = 0.1
"""How far shares may be from even: eight standard deviations of what is counted here."""
LEAST, MOST = 0.02, 1.3
"""Weights are (how much more often drawn)^-beta; beta is between these, where 1 undoes the bias."""


def check_sampled_weights(case: Case) -> None:
    """Transitions that are drawn more often for their content, such as their error, have smaller weights.

    Content, not age: a buffer that prefers what is new is no mistake. Which ones are notable by reward and error is
    exchanged in a second buffer; only a preference for content survives that.
    """
    reason = case.composition()["buffer"].uncorrected
    if reason:
        raise Untried(f"`uncorrected`: {reason}")
    with one_thread():
        (even, even_ratio), (odd, odd_ratio) = (_shares(Feeding(case, notable)) for notable in (0, 1))
    if abs(even + odd - 1) < PLAINLY:
        return
    share = (even + odd) / 2
    demand(0 < share < 1, f"of transitions with large and small errors and rewards only {_which(share)} are ever drawn")
    often = math.log(share / (1 - share))  # log of how many times as often the notable are drawn
    beta = fmean([*even_ratio, *odd_ratio] or [0.0]) / often
    times = f"transitions with {_which(often)} errors and rewards are drawn {math.exp(abs(often)):.1f} times as often"
    demand(abs(beta) > LEAST, f"{times} as others, but their importance weights are the same: forgotten?")
    demand(beta > 0, f"{times} as others, and have larger importance weights too; they must have smaller ones")
    demand(beta < MOST, f"{times} as others, but weights undo more than that (beta {beta:.1f}, and 1 is all)")


def _which(size: float) -> str:
    return "large" if size > 0 else "small"


def _shares(feeding: Feeding) -> tuple[float, list[float]]:
    """The share of the notable among what is drawn, and the log ratios of the others' weights to theirs."""
    feeding.add(TRANSITIONS)
    for _ in range(TRANSITIONS):
        feeding.sample()  # until every transition has had its error fed back
    batches = [feeding.sample() for _ in range(BATCHES)]
    share = fmean(float(notable.float().mean()) for notable, _ in batches)
    mixed = [(notable, weight) for notable, weight in batches if notable.any() and not notable.all()]
    return share, [float((weight[~notable].mean() / weight[notable].mean()).log()) for notable, weight in mixed]


def check_unweighted_loss(case: Case) -> None:
    """The loss is one for each transition, and does not know their weights: the host weights and reduces."""
    with one_thread():
        runner = started(case.composition(), SEEDS[:1])
        batch = filled(runner)
        even = dataclasses.replace(batch, weight=torch.ones_like(batch.weight))
        uneven = dataclasses.replace(batch, weight=torch.linspace(0.1, 2.0, batch.weight.shape[1])[None])
        loss = loss_of(runner, even)
        demand(
            torch.equal(loss, loss_of(runner, uneven)),
            "the loss depends on the batch's importance weights: it is weighted twice, since the host weights it too",
        )
        demand(
            loss.shape[1] < 2 or bool((loss != loss[:, :1]).any()),
            "all transitions of a batch have the same loss: it is reduced already, so that weights cannot apply",
        )


def check_bootstrapping(case: Case) -> None:
    """The value of the next observation counts for the batch's `discount`, and for nothing where it terminated."""
    with one_thread():
        runner = started(case.composition(), SEEDS[:1])
        batch = filled(runner)
        going, over = (dataclasses.replace(batch, terminated=torch.full_like(batch.terminated, it)) for it in (0, 1))
        elsewhere = dataclasses.replace(over, next_observation=batch.next_observation.flip(1))
        demand(
            torch.allclose(loss_of(runner, over), loss_of(runner, elsewhere), atol=1e-5),
            "the loss depends on the observation after a terminal step: `terminated` must end bootstrapping",
        )
        halved = dataclasses.replace(going, discount=going.discount / 2)
        demand(
            runner.parts.objective.gamma == 1 or not torch.equal(loss_of(runner, going), loss_of(runner, halved)),
            "the loss does not depend on the batch's `discount`, which is gamma to the steps a transition spans: with "
            "`gamma` in its place n-step returns are wrong",
        )


def loss_of(runner: Runner, batch: Batch) -> Tensor:
    """The losses of a batch `[L, B]`, with the same random numbers and state at every call."""
    objective, rng, learner = runner.parts.objective, runner.parts.rngs["objective"], runner.learner
    drawn, state = rng.state(), objective.state()
    loss, _ = objective(learner.predict, learner.online, learner.target, batch)
    rng.load_state(drawn)
    objective.load_state(state)
    return loss.detach()
