"""The gradient that the layers of a network compute is the one that autograd finds."""

from __future__ import annotations

import torch

from rlzoo.lanes.params import Params
from rlzoo.lanes.recording import Recording
from rlzoo.testing.case import SEEDS, Case, filled, started
from rlzoo.testing.verdict import require
from rlzoo.training.groups import one_thread


def check_gradient(case: Case) -> None:
    """Compare both for a loss of all outputs, twice in a row, since layers must add to what is there."""
    with one_thread():
        runner = started(case.composition(), SEEDS if case.composition().lockstep else SEEDS[:1])
        learner, observation = runner.learner, filled(runner).observation
        trained = {name: leaf for name, leaf in learner.online.items() if leaf.requires_grad}
        closed: Params = {name: torch.zeros_like(leaf) for name, leaf in trained.items()}
        for _ in range(2):
            recorded = Recording(learner.predict, trained)
            recorded.backward(recorded(learner.online, observation).square().sum() / 2, closed)
        loss = learner.predict(learner.online, observation).square().sum()
        found = torch.autograd.grad(loss, list(trained.values()), materialize_grads=True)
    for name, expected in zip(trained, found, strict=True):
        close = torch.allclose(closed[name], expected, rtol=1e-3, atol=1e-5 * (1 + float(expected.abs().max())))
        require(close, f"the gradient of `{name}` is not the one that autograd finds")
