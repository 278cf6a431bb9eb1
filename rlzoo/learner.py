"""Learning: from a batch to changed weights, in every lane at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from rlzoo.interfaces import Batch, Objective, Optimizer, Params, TargetUpdater
from rlzoo.lanes.clock import Clock
from rlzoo.lanes.stacking import stack


class Learner:
    """The stacked network, its target, and how both change.

    A lane whose loss or weights stop being finite is *diverged*: from then on its weights stay as they are.
    """

    def __init__(
        self,
        modules: Sequence[nn.Module],
        objective: Objective,
        optimizer: Optimizer,
        updater: TargetUpdater,
        clock: Clock,
        device: torch.device,
    ) -> None:
        self.objective, self.optimizer, self.updater = objective, optimizer, updater
        self.clock, self.device = clock, device
        online, self.predict = stack(modules)
        self.online: Params = {name: _leaf(value, device) for name, value in online.items()}
        self.target = updater.start(self.online)
        # The same memory without a gradient, so that no objective can train the target by mistake.
        self._target = {name: leaf.detach() for name, leaf in self.target.items()}
        self._trained = {name: leaf for name, leaf in self.online.items() if leaf.requires_grad}
        self._flat = [leaf.detach().view(-1) for leaf in self._trained.values()]
        optimizer.start(self._trained)
        self.diverged = np.full(len(modules), -1, np.int64)  # [L] the step at which a lane diverged, -1 if it did not
        self._loss_sum = torch.zeros(len(modules), device=device)
        self._losses = 0
        self._last_observation: Tensor | None = None

    def q(self, observation: np.ndarray) -> np.ndarray:
        """Q values of observations `[L, N, ...]`, `[L, N, A]`."""
        return self._q(torch.from_numpy(observation).to(self.device)).cpu().numpy()

    @torch.inference_mode()
    def _q(self, observation: Tensor) -> Tensor:
        return self.objective.q_values(self.predict(self.online, observation))

    def update(self, batch: Batch) -> Tensor:
        """One optimizer step of every lane; returns the TD errors `[L, B]`."""
        batch = batch.to(self.device)
        for leaf in self._trained.values():
            leaf.grad = None
        loss, td_error = self.objective(self.predict, self.online, self._target, batch)
        lane_loss = (loss * batch.weight).mean(-1)  # [L]
        # Summed, not averaged, over lanes: each lane's gradient is its own, however many there are.
        lane_loss.sum().backward()
        self._mark(lane_loss.detach().isfinite())
        with self._frozen():
            self.optimizer.step(self.clock)
        self._check_weights()
        self.clock.updates += 1
        self._loss_sum += lane_loss.detach()
        self._losses += 1
        self._last_observation = batch.observation
        return td_error.cpu()

    def follow(self) -> None:
        """Let the target follow the online weights where that is due."""
        self.updater.update(self.online, self.target, self.clock)

    def metrics(self) -> dict[str, np.ndarray]:
        """Means since the last call, `[L]` each: the loss of the updates, and Q of the last batch's best actions."""
        lanes = len(self.diverged)
        loss = self._loss_sum / self._losses if self._losses else torch.full((lanes,), torch.nan)
        self._loss_sum, self._losses = torch.zeros_like(self._loss_sum), 0
        seen = self._last_observation
        q = torch.full((lanes,), torch.nan) if seen is None else self._q(seen).amax(-1).mean(-1)
        return {"loss": loss.cpu().numpy(), "q_mean": q.cpu().numpy()}

    def weights(self, lane: int) -> Params:
        """One lane's parameters and buffers under the names its module gives them."""
        return {name: leaf[lane].detach().cpu().clone() for name, leaf in self.online.items()}

    def _mark(self, finite: Tensor) -> None:
        if not finite.all():
            new = ~finite.cpu().numpy() & (self.diverged < 0)
            self.diverged[new] = self.clock.steps

    def _check_weights(self) -> None:
        """One number for all weights first: looking lane by lane costs more, and is hardly ever needed."""
        if not np.isfinite(sum(float(leaf.dot(leaf)) for leaf in self._flat)):
            lanes = [leaf.detach().reshape(len(leaf), -1).isfinite().all(1) for leaf in self._trained.values()]
            self._mark(torch.stack(lanes).all(0))

    @contextmanager
    def _frozen(self) -> Iterator[None]:
        """Put the weights of diverged lanes back after the step."""
        lanes = np.flatnonzero(self.diverged >= 0)
        before = [leaf.detach()[lanes].clone() for leaf in self._trained.values()] if len(lanes) else []
        yield
        for leaf, kept in zip(self._trained.values(), before, strict=False):
            leaf.detach()[lanes] = kept


def _leaf(value: Tensor, device: torch.device) -> Tensor:
    return value.detach().to(device).requires_grad_(value.requires_grad)
