"""Seeing updates while a run makes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rlzoo.contracts import Batch, Explanation
from rlzoo.explaining.said import array, said
from rlzoo.explaining.walk import Layer, Learned, Move, Said, Update
from rlzoo.explaining.watching import undrawn
from rlzoo.lanes.clock import Clock
from rlzoo.lanes.params import Params
from rlzoo.lanes.recording import Recording
from rlzoo.lanes.rows import views
from rlzoo.training.runner import Runner


class UpdateWatcher:
    """Sees all updates, and the first one in detail."""

    def __init__(self, runner: Runner) -> None:
        self.runner, self.learner = runner, runner.learner
        self.updates: list[Update] = []
        self.learned: Learned | None = None
        self.states: Mapping[str, Tensor] = {}
        self._trained = {name: leaf for name, leaf in self.learner.online.items() if leaf.requires_grad}
        self._detail: dict[str, Any] = {}
        self._moves: list[Move] = []
        self._made = 0  # updates in this vector step

    def look_at(self, states: Mapping[str, Tensor]) -> None:
        """Compare the Q values of the first of these states, see `Learner.look`, before and after the update."""
        self.states = {name: values[:, :1].clone() for name, values in states.items()}

    def sample(self, call: Callable[..., Batch], size: int | None) -> Batch:
        """See the batch, before its transitions change their priorities."""
        if self.learned is not None or self._detail:
            return call(size)
        batch = call(size)
        if not self.states:  # nothing was collected
            self.look_at(states_of(batch))
        q, buffer = self._q(), self.runner.collector.parts.buffer
        words = self._said("buffer", buffer, buffer.explain(batch))
        age = buffer.age(batch.index)
        self._detail = {"batch": batch, "q": q, "sampled": words, "age": None if age is None else array(age)[0]}
        return batch

    def gradients(
        self, call: Callable[..., tuple[Tensor, Tensor]], online: Params, target: Params, batch: Batch
    ) -> tuple[Tensor, Tensor]:
        """See predictions and errors before the gradient is used, under the noise of the update."""
        first = self.learned is None and "judged" not in self._detail
        if first:
            self._judge(online, target, batch)
        loss, td_error = call(online, target, batch)
        assert self.learner.row.grad is not None
        self._gradient, self._before = self.learner.row.grad.clone(), self.learner.row.detach().clone()
        self._loss, self._td_error = float(loss[0]), array(td_error)[0]
        if first:
            self._detail["td_error"] = self._td_error
        return loss, td_error

    def _judge(self, online: Params, target: Params, batch: Batch) -> None:
        """Ask the objective what it is about to do."""
        objective, rng = self.runner.parts.objective, self.runner.parts.rngs["objective"]
        predict = _Predictions(self.learner.predict, self._trained)
        with undrawn(rng):
            explanation = objective.explain(_Detached(self.learner.predict, self._trained), online, target, batch)
        before = objective.state()
        with undrawn(rng):
            loss, _ = objective(predict, online, target, batch)
        objective.load_state(before)
        judged = self._said("objective", objective, explanation)
        self._detail |= {"judged": judged, "loss": array(loss)[0], "prediction": self._prediction(predict.first, batch)}

    def _prediction(self, output: Tensor | None, batch: Batch) -> np.ndarray | None:
        """The Q value of each action of the batch by the first prediction, `[B]`; None where that is something else."""
        objective, action = self.runner.parts.objective, array(first_steps(batch, batch.action))[0]
        if objective.continuous or output is None or output.shape[:2] != batch.index.shape:
            return None
        q = array(objective.q_values(output))[0]
        return None if q.ndim != 2 else np.take_along_axis(q, action[:, None], -1)[:, 0]

    def optimize(self, call: Callable[[Clock], None], clock: Clock) -> None:
        """See what the optimizer does."""
        call(clock)
        change = self.learner.row.detach() - self._before
        update = Update(
            number=clock.updates + 1,
            step=clock.steps,
            loss=self._loss,
            td_error=float(np.abs(self._td_error.astype(np.float64)).mean()),
            gradient=norm(self._gradient),
            change=norm(change),
        )
        self.updates.append(update)
        self._made += 1
        if self.learned is None and "optimized" not in self._detail:
            optimizer = self.runner.parts.optimizer
            words = self._said("optimizer", optimizer, optimizer.explain(clock))
            self._detail |= {"optimized": words, "update": update, "layers": self._layers(change), "after": self._q()}

    def _layers(self, change: Tensor) -> list[Layer]:
        rows = (self._before, self._gradient, change)
        weights, gradient, changed = (views(row, self._trained) for row in rows)
        modules: dict[str, list[str]] = {}
        for name in weights:
            modules.setdefault(name.rpartition(".")[0] or name, []).append(name)
        return [
            Layer(
                name=module,
                shape=tuple(weights[names[0]].shape[1:]),
                weights=norm(*(weights[name] for name in names)),
                gradient=norm(*(gradient[name] for name in names)),
                change=norm(*(changed[name] for name in names)),
            )
            for module, names in modules.items()
        ]

    def move(self, call: Callable[..., None], online: Params, target: Params, clock: Clock) -> None:
        """See what becomes of the target network."""
        ours, theirs = online["parameters"], target["parameters"]
        earlier, before = theirs.detach().clone(), norm(ours.detach() - theirs.detach())
        call(online, target, clock)
        after, distance = norm(ours.detach() - theirs.detach()), norm(theirs.detach() - earlier)
        self._moves.append(Move(ours is theirs, distance, before, after))

    def conclude(self) -> None:
        """The vector step is over."""
        moves, self._moves = self._moves, []
        new, self._made = self._made, 0
        if new:
            self.updates[-1] = replace(self.updates[-1], moved=max(move.distance for move in moves))
        if self._detail and self.learned is None:
            updater = self.runner.parts.target
            last = Move(moves[0].shared, max(move.distance for move in moves), moves[0].before, moves[-1].after)
            words = self._said("target", updater, updater.explain(self.runner.clock))
            self.learned = self._learned(last, words)

    def _learned(self, move: Move, moved: Said) -> Learned:
        detail = self._detail
        return Learned(
            update=detail["update"],
            samples=self._samples(),
            formula=detail["judged"].formula,
            layers=detail["layers"],
            q_before=detail["q"],
            q_after=detail["after"],
            move=move,
            sampled=detail["sampled"],
            judged=detail["judged"],
            optimized=detail["optimized"],
            moved=moved,
        )

    def _samples(self) -> dict[str, np.ndarray]:
        """Everything that is known of each transition of the batch, `[B]` each."""
        detail, batch = self._detail, self._detail["batch"]
        fields = ("action", "reward", "discount", "terminated", "truncated")
        known = {"place": array(batch.index)[0]} | ({} if detail["age"] is None else {"age": detail["age"]})
        known |= {name: array(first_steps(batch, getattr(batch, name)))[0] for name in fields}
        known |= {"weight": array(batch.weight)[0], **detail["sampled"].samples}
        if "prediction" not in detail["judged"].samples and detail["prediction"] is not None:
            known["prediction"] = detail["prediction"]
        known |= {**detail["judged"].samples, "error": detail["td_error"], "loss": detail["loss"]}
        return {name: values for name, values in known.items() if values.ndim == 1}

    def _q(self) -> np.ndarray:
        """The Q values of the explained observation, `[A]`."""
        q, _ = self.learner.look(self.learner.online, self.states)
        return array(q)[0, 0]

    def _said(self, slot: str, part: Any, explanation: Explanation) -> Said:
        return said(self.runner.composition.components[slot], explanation, part.metrics(self.runner.clock))


class _Predictions(Recording):
    """Remembers the first prediction, of sequences that of their first steps."""

    first: Tensor | None = None

    def __call__(self, params: Params, x: Tensor) -> Tensor:
        output = super().__call__(params, x)
        self.first = output.detach() if self.first is None else self.first
        return output

    def unroll(self, params: Params, x: Tensor, memory: Tensor, begins: Tensor) -> tuple[Tensor, Tensor]:
        outputs, after = super().unroll(params, x, memory, begins)
        self.first = outputs[:, :, 0].detach() if self.first is None else self.first
        return outputs, after


class _Detached(Recording):
    """Predicts without gradients."""

    def __call__(self, params: Params, x: Tensor) -> Tensor:
        return super().__call__(params, x).detach()

    def unroll(self, params: Params, x: Tensor, memory: Tensor, begins: Tensor) -> tuple[Tensor, Tensor]:
        outputs, after = super().unroll(params, x, memory, begins)
        return outputs.detach(), after.detach()


def first_steps(batch: Batch, values: Tensor) -> Tensor:
    """Of sequences, their first steps."""
    return values if batch.valid is None or values.dim() == batch.index.dim() else values[:, :, 0]


def states_of(batch: Batch) -> dict[str, Tensor]:
    """The states in which the transitions of a batch begin, for `Learner.look`."""
    columns = {"mask": batch.columns.get("action_mask"), "memory": batch.columns.get("memory")}
    states = {"observation": batch.observation, **{name: it for name, it in columns.items() if it is not None}}
    return {name: first_steps(batch, values) for name, values in states.items()}


def norm(*tensors: Tensor) -> float:
    """The Euclidean norm of all numbers, which are float32, in float64."""
    return float(torch.cat([tensor.detach().double().flatten() for tensor in tensors]).square().sum().sqrt())
