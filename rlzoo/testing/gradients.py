"""Gradients in closed form, of layers and of losses, are those that autograd finds."""

from __future__ import annotations

import torch

from rlzoo.lanes.kernels import offered
from rlzoo.lanes.params import Params
from rlzoo.lanes.recording import Recording
from rlzoo.testing.case import SEEDS, Case, filled, started
from rlzoo.testing.verdict import RuleSkipped, require
from rlzoo.training.groups import one_thread


def check_gradient(case: Case) -> None:
    """Compare both for a loss of all outputs, twice in a row, since layers must add to what is there."""
    with one_thread():
        runner = started(case.composition(), SEEDS if case.composition().lockstep else SEEDS[:1])
        learner, batch = runner.learner, filled(runner)
        observation = batch.observation if batch.valid is None else batch.observation[:, :, 0]
        trained = {name: leaf for name, leaf in learner.online.items() if leaf.requires_grad}
        closed: Params = {name: torch.zeros_like(leaf) for name, leaf in trained.items()}
        for _ in range(2):
            recorded = Recording(learner.predict, trained)
            recorded.backward(recorded(learner.online, observation).square().sum() / 2, closed)
        loss = learner.predict(learner.online, observation).square().sum()
        found = torch.autograd.grad(loss, list(trained.values()), materialize_grads=True)
    for name, expected in zip(trained, found, strict=True):
        require(_close(closed[name], expected), f"the gradient of `{name}` is not the one that autograd finds")


def check_loss(case: Case) -> None:
    """Compare what the objective returns in both ways, under weights that are not equal."""
    with one_thread():
        runner = started(case.composition(), SEEDS if case.composition().lockstep else SEEDS[:1])
        learner, objective = runner.learner, runner.parts.objective
        closed_form = offered(objective, "closed_form", "__call__")
        if closed_form is None:
            raise RuleSkipped("its loss has no closed form")
        batch, output = filled(runner), torch.empty(0)
        weight = torch.linspace(0.5, 2, batch.weight.numel()).view_as(batch.weight)

        def predict(params: Params, x: torch.Tensor) -> torch.Tensor:
            nonlocal output
            out = learner.predict(params, x).detach()
            output = out.requires_grad_() if torch.is_grad_enabled() else output
            return out

        state = runner.parts.rngs["objective"].state()
        loss, td_error = objective(predict, learner.online, learner.target, batch)
        (expected,) = torch.autograd.grad((weight * loss).sum(), [output])
        runner.parts.rngs["objective"].load_state(state)
        *others, gradient = closed_form(predict, learner.online, learner.target, batch, weight)
    require(all(map(_close, others, (loss.detach(), td_error))), "its loss and TD errors differ in closed form")
    require(_close(gradient, expected), "the gradient of its loss is not the one that autograd finds")


def _close(a: torch.Tensor, b: torch.Tensor) -> bool:
    return torch.allclose(a, b, rtol=1e-3, atol=1e-5 * (1 + float(b.abs().max())))
