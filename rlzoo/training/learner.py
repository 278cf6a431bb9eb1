"""Learning: from a batch to changed weights, in every lane at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from itertools import chain

import numpy as np
import torch
from torch import Tensor, nn

from rlzoo.contracts import Batch, Intervention, Learning, Objective, Optimizer, State, TargetUpdater
from rlzoo.lanes.clock import Clock
from rlzoo.lanes.params import Params, unroll
from rlzoo.lanes.rng import LaneRng
from rlzoo.lanes.rows import pack, starts, views
from rlzoo.lanes.stacking import stack
from rlzoo.training.acting import compiled_values
from rlzoo.training.compiled_gradients import CompiledGradients
from rlzoo.training.gradients import LayerGradients
from rlzoo.training.memory import Memory


class Learner:
    """The stacked network, its target, and how both change.

    A lane whose loss or weights are no longer finite has *diverged*; one that a rule has stopped is *stopped*.
    Both are frozen: from then on their weights stay as they are.

    A noisy module names the buffers of its noise in a class attribute, `noise = ("noise_in", ...)`. The learner fills
    them with standard normal numbers, fresh for every action and every update, and different in the target and in the
    online network; for evaluation they are zero.

    A module with buffers that follow its parameters has a method `after_update(leaves)`. After each update, the learner
    calls it for every lane that is not frozen, with the module's parameters and buffers by name; it changes the buffers
    in place.
    """

    def __init__(
        self,
        modules: Sequence[nn.Module],
        objective: Objective,
        optimizer: Optimizer,
        updater: TargetUpdater,
        clock: Clock,
        device: torch.device,
        noise_rng: LaneRng,
        compile: bool = False,
        envs: int = 1,
    ) -> None:
        self.objective, self.optimizer, self.updater = objective, optimizer, updater
        self.clock, self.device = clock, device
        leaves, self.predict = stack(modules)
        leaves = {name: leaf.to(device) for name, leaf in leaves.items()}
        trained = {name: leaf for name, leaf in leaves.items() if leaf.requires_grad}
        self.row = pack(trained)  # [L, P]: what the optimizer changes, all of a lane's parameters side by side
        self.row.grad = torch.zeros_like(self.row)
        self._rates = _rates_of(modules[0], trained)
        self._module = modules[0]
        self._saved = self._module.state_dict().keys()
        noisy = _noise_of(modules[0])
        self._buffers = {name: leaf for name, leaf in leaves.items() if not leaf.requires_grad and name not in noisy}
        self._noise = {name: leaf for name, leaf in leaves.items() if name in noisy}  # drawn in this order
        self._target_noise = {name: leaf.clone() for name, leaf in self._noise.items()}
        self._noise_rng = noise_rng
        self._updates_of_buffers = _updates_of_buffers(modules[0])
        self._trained = {name: leaf.requires_grad_() for name, leaf in views(self.row, trained).items()}
        self.online: Params = self._trained | self._buffers | self._noise
        gradients = CompiledGradients if compile else LayerGradients
        self.gradients = gradients(self.predict, objective, self.row, self._trained)
        self._target_rows = updater.start(self._online_rows())
        target_buffers = {name: leaf for name, leaf in self._target_rows.items() if name != "parameters"}
        self.target: Params = views(self._target_rows["parameters"], trained) | target_buffers | self._target_noise
        optimizer.start({"parameters": self.row})
        self.diverged = np.full(len(modules), -1, np.int64)  # [L] the step at which a lane diverged, -1 if it did not
        self.stopped = np.full(len(modules), -1, np.int64)  # [L] the step at which a rule stopped it, or -1
        self.frozen = np.zeros(len(modules), np.bool_)  # [L] either of the two
        self.updates = np.zeros(len(modules), np.int64)  # [L] optimizer steps of a lane until it was frozen
        without_torch = not noisy and device.type == "cpu"
        self.compiled = compiled_values(self.predict, objective, starts(trained), self.row) if without_torch else None
        self._loss_sum = torch.zeros(len(modules), device=device)
        self._losses = 0
        self.last_seen: Mapping[str, Tensor] = {}  # the states of the last batch, see `_seen`
        size = self.predict.memory_size
        self.memory = Memory(len(modules), envs, size) if size else None
        """That of a network with memory, in training; `begin_step` is called before each action."""
        self._evaluated = Memory(len(modules), 0, size) if size else None

    def q(self, observation: np.ndarray, mask: np.ndarray | None = None) -> np.ndarray:
        """Q values of observations `[L, N, ...]`, `[L, N, A]`, under fresh noise; -inf where `mask` forbids."""
        if self.compiled is not None:
            return _allowed(self.compiled(observation), mask)
        self._refresh(self._noise)
        return _allowed(self._q(observation).cpu().numpy(), mask)

    @torch.inference_mode()
    def _q(self, observation: np.ndarray) -> Tensor:
        return self.objective.q_values(self._outputs(observation, self.memory))

    def q_ahead(self, observation: np.ndarray, mask: np.ndarray | None = None) -> np.ndarray:
        """The same of the observations after this step, if the network has a memory; it does not remember them."""
        with nullcontext() if self.memory is None else self.memory.ahead():
            return self.q(observation, mask)

    @torch.inference_mode()
    def heads(self, observation: np.ndarray, mask: np.ndarray | None = None) -> np.ndarray:
        """Q values of each of the objective's heads, `[L, N, A, K]`, under fresh noise; -inf where `mask` forbids."""
        self._refresh(self._noise)
        output = self._outputs(observation, self.memory).cpu().numpy()
        return _allowed(output, None if mask is None else mask[..., None])

    def greedy(self, observation: np.ndarray, mask: np.ndarray | None = None) -> np.ndarray:
        """The best actions in observations `[L, N, ...]`, `[L, N, ...]`, under fresh noise."""
        self._refresh(self._noise)
        return self._greedy(observation, mask, self.memory)

    def evaluate(
        self, observation: np.ndarray, mask: np.ndarray | None = None, begins: np.ndarray | None = None
    ) -> np.ndarray:
        """The best actions in observations `[L, N, ...]`, `[L, N, ...]`, without noise.

        A network with memory needs to know which of them begin an episode, `[L, N]`; by default all.
        """
        self._silence()
        if self._evaluated is not None:
            if begins is None or begins.all():
                lanes, envs = observation.shape[:2]
                begins = np.ones((lanes, envs), np.bool_)
                self._evaluated = Memory(lanes, envs, self.predict.memory_size)
            self._evaluated.begin_step(begins)
        return self._greedy(observation, mask, self._evaluated)

    @torch.inference_mode()
    def _greedy(self, observation: np.ndarray, mask: np.ndarray | None, memory: Memory | None) -> np.ndarray:
        output = self._outputs(observation, memory)
        return self.objective.greedy(output, None if mask is None else self._tensor(mask)).cpu().numpy()

    def _outputs(self, observation: np.ndarray, memory: Memory | None) -> Tensor:
        """The outputs of the online network for the next observations of some episodes."""
        x = self._tensor(observation)
        return self.predict(self.online, x) if memory is None else memory.run(self.predict, self.online, x)

    def _tensor(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(array).to(self.device)

    def states(self, observation: np.ndarray) -> Mapping[str, Tensor]:
        """The states, for `look`, in which the last actions were taken, with these observations `[L, N, ...]`."""
        states = {"observation": self._tensor(observation)}
        return states if self.memory is None else states | {"memory": self._tensor(self.memory.before)}

    @torch.inference_mode()
    def look(self, params: Params, states: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Q values `[L, B, A]` and greedy actions `[L, B, ...]` by the online or the target network, without noise.

        `states` has an `observation` `[L, B, ...]`, perhaps a `mask` of allowed actions, and the `memory` before it of
        a network that has one, `[L, B, M]`.
        """
        self._silence()
        output = self._in(params, states)
        return self.objective.q_values(output), self.objective.greedy(output, states.get("mask"))

    def _in(self, params: Params, states: Mapping[str, Tensor]) -> Tensor:
        """The outputs in these states."""
        if "memory" not in states:
            return self.predict(params, states["observation"])
        return unroll(self.predict, params, states["observation"].unsqueeze(2), states["memory"])[0][:, :, 0]

    @torch.inference_mode()
    def features(self, states: Mapping[str, Tensor]) -> Tensor | None:
        """The outputs of the last hidden layer in these states, without noise: `[L, B, ..., F]`, or None if unknown."""
        self._silence()
        return self.predict.features(self.online, states["observation"])

    def update(self, batch: Batch, examine: Callable[[Tensor], None] | None = None) -> Tensor:
        """One optimizer step of every lane; returns the TD errors `[L, B]`.

        `examine` is given the gradient `[L, P]` before the optimizer uses it, and must not change it.
        """
        batch = batch.to(self.device)
        self._refresh(self._noise)
        self._refresh(self._target_noise)
        lane_loss, td_error = self.gradients(self.online, self.target, batch)
        if examine is not None:
            assert self.row.grad is not None
            examine(self.row.grad)
        self._check(lane_loss)
        with self._frozen_lanes(), self._at_own_rates():
            self.optimizer.step(self.clock)
        self._check(self.row)
        self._update_buffers()
        self.clock.updates += 1
        self.updates += ~self.frozen
        self._loss_sum += lane_loss
        self._losses += 1
        self.last_seen = _seen(batch)
        return td_error.cpu()

    def gradient(self, batch: Batch) -> Tensor:
        """The gradient `[L, P]` by a batch, under the noise there is. The next one is written to the same tensor."""
        self.gradients(self.online, self.target, batch.to(self.device))
        assert self.row.grad is not None
        return self.row.grad

    @torch.no_grad()
    def td_error(self, batch: Batch) -> Tensor:
        """The TD errors `[L, B]` of a batch, without noise and without learning from it."""
        self._silence()
        return self.objective(self.predict, self.online, self.target, batch.to(self.device))[1].cpu()

    @torch.no_grad()
    def prepare(self, rollout: Batch) -> Mapping[str, Tensor]:
        """What the objective computes once for a rollout, on the CPU."""
        self._refresh(self._noise)
        self._refresh(self._target_noise)
        columns = self.objective.prepare(self.predict, self.online, self.target, rollout.to(self.device))
        return {name: column.cpu() for name, column in columns.items()}

    def stop(self, lanes: np.ndarray) -> None:
        """Freeze the lanes that a rule has stopped, bool `[L]`."""
        new = lanes & ~self.frozen
        self.stopped[new] = self.clock.steps
        self.frozen |= new

    @torch.no_grad()
    def intervene(self, intervention: Intervention, initial_weights: Callable[[], Params]) -> None:
        """Let an intervention change the weights of lanes that are not frozen."""
        learning = Learning(
            module=self._module,
            online=self._trained,
            target={name: self.target[name] for name in self._trained},
            moments=[views(moment, self._trained) for moment in self.optimizer.moments()],
            observation=self.last_seen["observation"],
            initial_weights=initial_weights,
        )
        with self._frozen_lanes():
            intervention.intervene(learning, self.clock)

    def update_target(self) -> None:
        """Update the target network if an update is due."""
        self.updater.update(self._online_rows(), self._target_rows, self.clock)

    def metrics(self) -> dict[str, np.ndarray]:
        """`[L]` each: the mean loss since the last call, and Q of the last batch's best actions, without noise."""
        lanes = len(self.diverged)
        loss = self._loss_sum / self._losses if self._losses else torch.full((lanes,), torch.nan)
        self._loss_sum, self._losses = torch.zeros_like(self._loss_sum), 0
        q = self._mean_q(self.last_seen) if self.last_seen else torch.full((lanes,), torch.nan)
        return {"loss": loss.cpu().numpy(), "q_mean": q.cpu().numpy()}

    @torch.inference_mode()
    def _mean_q(self, states: Mapping[str, Tensor]) -> Tensor:
        """The mean over a batch of the highest allowed Q, `[L]`."""
        self._silence()
        q, mask = self.objective.q_values(self._in(self.online, states)), states.get("mask")
        return (q if mask is None else q.masked_fill(~mask, -torch.inf)).amax(-1).mean(-1)

    def weights(self, lane: int) -> Params:
        """One lane's state dict: parameters and saved buffers under the names its module gives them."""
        return {
            name: self.online[name][lane].detach().cpu().clone(memory_format=torch.contiguous_format)
            for name in self._saved
        }

    def state(self) -> State:
        """The weights, those of the target, and what the next metrics are computed from. Noise is always drawn anew."""
        return {
            "row": _array(self.row),
            "target": _arrays(self._target_rows),
            "buffers": _arrays(self._buffers),
            "noise": self._noise_rng.state(),
            "diverged": self.diverged.copy(),
            "stopped": self.stopped.copy(),
            "frozen": self.frozen.copy(),
            "updates": self.updates.copy(),
            "loss_sum": _array(self._loss_sum),
            "losses": self._losses,
            "last_seen": _arrays(self.last_seen),
            **({} if self.memory is None else {"memory": self.memory.state()}),
        }

    @torch.no_grad()
    def load_state(self, state: State) -> None:
        """Restore them."""
        for leaves, saved in ((self._target_rows, state["target"]), (self._buffers, state["buffers"])):
            for name, leaf in leaves.items():
                leaf.copy_(torch.from_numpy(saved[name]))
        self.row.copy_(torch.from_numpy(state["row"]))
        self._noise_rng.load_state(state["noise"])
        for name in ("diverged", "stopped", "frozen", "updates"):
            getattr(self, name)[:] = state[name]
        self._loss_sum, self._losses = self._tensor(state["loss_sum"]), state["losses"]
        self.last_seen = {name: self._tensor(array) for name, array in state["last_seen"].items()}
        if self.memory is not None:
            self.memory.load_state(state["memory"])

    @torch.no_grad()
    def _update_buffers(self) -> None:
        """Let buffers follow their parameters."""
        for prefix, names, update in self._updates_of_buffers:
            for lane in np.flatnonzero(~self.frozen):
                update({name: self.online[prefix + name][lane] for name in names})

    def _refresh(self, noise: Params) -> None:
        for leaf in noise.values():
            leaf.copy_(torch.from_numpy(self._noise_rng.normal(tuple(leaf.shape[1:]))))

    def _silence(self) -> None:
        for leaf in (*self._noise.values(), *self._target_noise.values()):
            leaf.zero_()

    def _check(self, values: Tensor) -> None:
        """Freeze the lanes whose values `[L, ...]` are not all finite.

        The sum of all squares is looked at first: looking lane by lane costs more, and is rarely needed.
        """
        flat = values.view(-1)
        if not math.isfinite(flat.dot(flat).item()):
            new = ~values.view(len(values), -1).isfinite().all(1).cpu().numpy() & ~self.frozen
            self.diverged[new] = self.clock.steps
            self.frozen |= new

    @contextmanager
    def _frozen_lanes(self) -> Iterator[None]:
        """Restore the weights of frozen lanes after the step."""
        lanes = np.flatnonzero(self.frozen)
        before = self.row[lanes].clone() if len(lanes) else None
        yield
        if before is not None:
            self.row[lanes] = before

    @contextmanager
    def _at_own_rates(self) -> Iterator[None]:
        """Multiply what the step changes by the rates of the network's parts."""
        before = None if self._rates is None else self.row.clone()
        yield
        if before is not None and self._rates is not None:
            self.row.sub_(before).mul_(self._rates).add_(before)

    def _online_rows(self) -> Params:
        """What target updaters see: parameters as rows, and the network's buffers."""
        return {"parameters": self.row, **self._buffers}


def _rates_of(module: nn.Module, trained: Params) -> Tensor | None:
    """The factor of each parameter's learning rate, `[1, P]`; None where the network declares none."""
    rates: Mapping[str, float] = getattr(module, "rates", {})
    if not rates:
        return None
    factors = {name: torch.ones_like(leaf[:1]) for name, leaf in trained.items()}
    for part, rate in rates.items():
        for name in factors:
            if name.startswith(f"{part}."):
                factors[name] *= rate
    return pack(factors)


def _seen(batch: Batch) -> dict[str, Tensor]:
    """The states of a batch, for `Learner.look`; of sequences, those of their first steps."""
    columns = {"mask": batch.columns.get("action_mask"), "memory": batch.columns.get("memory")}
    seen = {"observation": batch.observation, **{name: it for name, it in columns.items() if it is not None}}
    return seen if batch.valid is None else {name: values[:, :, 0] for name, values in seen.items()}


def _array(tensor: Tensor) -> np.ndarray:
    return tensor.detach().cpu().numpy().copy()


def _arrays(leaves: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    return {name: _array(leaf) for name, leaf in leaves.items()}


def _allowed(q: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    """Q with -inf for forbidden actions, and only for these: a diverged lane must not choose them either."""
    return q if mask is None else np.where(mask, np.nan_to_num(q), q.dtype.type(-np.inf))


def _updates_of_buffers(module: nn.Module) -> list[tuple[str, list[str], Callable[[Params], None]]]:
    """The `after_update` of each part that has one, with its prefix and the names of its parameters and buffers."""
    found = []
    for place, part in module.named_modules():
        if (update := getattr(part, "after_update", None)) is not None:
            leaves = chain(part.named_parameters(recurse=False), part.named_buffers(recurse=False))
            found.append((f"{place}." if place else "", [name for name, _ in leaves], update))
    return found


def _noise_of(module: nn.Module) -> set[str]:
    """The full names of all noise buffers."""
    parts = module.named_modules()
    return {f"{place}.{name}" if place else name for place, part in parts for name in getattr(part, "noise", ())}
