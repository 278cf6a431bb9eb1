"""A layer that runs in all lanes at once and computes its gradient.

Autograd spends more time on a small network than its products take. So the layers that most networks are made of know
their gradient in closed form, and autograd finds only that of the others.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from rlzoo.lanes.dense import Dense, dense_kernel
from rlzoo.lanes.kernels import NetworkKernel
from rlzoo.lanes.params import Params, Predict, unroll

Unroll = Callable[[Params, Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]
"""What `rlzoo.lanes.params.unroll` does, by the network's parameters."""


class LaneLayer(ABC):
    """One layer of a network, in every lane. `params` and `grads` map full names to tensors `[L, ...]`."""

    trained = True
    """Whether it has parameters."""
    fresh = False
    """Whether nothing else needs the output's values, so that the next layer may overwrite them."""
    by_autograd: Sequence[str] = ()
    """The names of the parts with parameters whose gradient autograd finds."""
    memory_size = 0
    """`M`, numbers that it carries from step to step of an episode; above 0 for an `Unrolled` only."""

    @property
    def dense(self) -> Sequence[Dense] | None:
        """The linear layers and normalizations it consists of, in order; None where it is anything else."""
        return None

    def kernel(self, starts: Mapping[str, int]) -> NetworkKernel | None:
        """What computes it for one observation; `starts` says where a lane's row has each parameter."""
        return None if self.dense is None else dense_kernel(self.dense, starts)

    def features(self, params: Params, x: Tensor) -> Tensor | None:
        """What its last linear layer gets from the last hidden one, `[L, B, ..., F]`; None if unknown."""
        return None

    @property
    def in_place(self) -> LaneLayer:
        """The layer to use where it may overwrite its input."""
        return self

    def kernel_before(self, layers: Sequence[Dense], starts: Mapping[str, int]) -> NetworkKernel | None:
        """What computes it and then these linear layers, for one observation."""
        return None

    def kernel_after(self, layers: Sequence[Dense], starts: Mapping[str, int]) -> NetworkKernel | None:
        """What computes these linear layers and then it."""
        return None

    @abstractmethod
    def __call__(self, params: Params, x: Tensor) -> Tensor:
        """`[L, B, ...]` -> `[L, B, ...]`, in operations that autograd can follow."""

    @abstractmethod
    def forward(self, params: Params, x: Tensor) -> tuple[Tensor, Any]:
        """The same without autograd, and what `backward` needs."""

    @abstractmethod
    def backward(self, params: Params, grads: Params, saved: Any, gradient: Tensor, wanted: bool) -> Tensor | None:
        """From the gradient of the output, add that of the parameters to `grads`; return that of the input if `wanted`.

        `gradient` may be overwritten.
        """


class Autograd(LaneLayer):
    """Any function of its input and of the parameters whose names begin with `prefix`; autograd finds its gradient."""

    def __init__(self, run: Predict, prefix: str, trained: bool = True) -> None:
        self.run, self.prefix, self.trained = run, prefix, trained
        name = f"layer {prefix.rstrip('.')}" if prefix else "the whole network"
        self.by_autograd = (name,) if trained else ()

    def __call__(self, params: Params, x: Tensor) -> Tensor:
        """The function itself."""
        return self.run(params, x)

    def forward(self, params: Params, x: Tensor) -> tuple[Tensor, Any]:
        """The output, and the graph that leads to it."""
        with torch.enable_grad():
            x = x.detach().requires_grad_(x.is_floating_point())
            out = self.run(params, x)
        return out.detach(), (x, out)

    def backward(self, params: Params, grads: Params, saved: Any, gradient: Tensor, wanted: bool) -> Tensor | None:
        """Back through the graph."""
        x, out = saved
        leaves = {name: leaf for name, leaf in params.items() if leaf.requires_grad and name.startswith(self.prefix)}
        inputs = [*leaves.values(), x] if wanted else list(leaves.values())
        if not inputs:
            return None
        found = torch.autograd.grad(out, inputs, gradient, materialize_grads=True)
        for name, one in zip(leaves, found, strict=False):  # without the gradient of the input
            grads[name].add_(one)
        return found[-1] if wanted else None


class Unrolled(Autograd):
    """A whole network with a memory of `memory_size` numbers; as a layer it takes observations that begin episodes."""

    def __init__(self, run: Unroll, memory_size: int, prefix: str) -> None:
        super().__init__(self._first_step, prefix)
        self.unroll, self.memory_size = run, memory_size

    def _first_step(self, params: Params, x: Tensor) -> Tensor:
        memory = torch.zeros(*x.shape[:2], self.memory_size, device=x.device)
        outputs, _ = unroll(self, params, x.unsqueeze(2), memory)
        return outputs[:, :, 0]


class LaneByLane(LaneLayer):
    """A layer whose results are large: batches are computed in one lane after another, so that they stay in the cache.

    A lane's bits are the same beside any others, so this changes none.
    """

    BATCH = 32
    """The observations from which it pays; `L` calls take too long for fewer, as in acting."""

    def __init__(self, layer: LaneLayer) -> None:
        self.layer, self.trained, self.by_autograd = layer, layer.trained, layer.by_autograd

    def features(self, params: Params, x: Tensor) -> Tensor | None:
        """Those of the layer."""
        return self.layer.features(params, x)

    def __call__(self, params: Params, x: Tensor) -> Tensor:
        """The layer itself."""
        if not self._pays(x):
            return self.layer(params, x)
        return torch.cat([self.layer(_lane_of(params, lane), x[lane : lane + 1]) for lane in range(len(x))])

    def forward(self, params: Params, x: Tensor) -> tuple[Tensor, Any]:
        """The output, and what the layer saved, for each lane if it pays."""
        if not self._pays(x):
            return self.layer.forward(params, x)
        parts = [self.layer.forward(_lane_of(params, lane), x[lane : lane + 1]) for lane in range(len(x))]
        return torch.cat([out for out, _ in parts]), [saved for _, saved in parts]

    def backward(self, params: Params, grads: Params, saved: Any, gradient: Tensor, wanted: bool) -> Tensor | None:
        """Back through the layer."""
        if not self._pays(gradient):
            return self.layer.backward(params, grads, saved, gradient, wanted)
        found = [
            self.layer.backward(_lane_of(params, lane), _lane_of(grads, lane), kept, gradient[lane : lane + 1], wanted)
            for lane, kept in enumerate(saved)
        ]
        return torch.cat([it for it in found if it is not None]) if wanted else None

    def _pays(self, x: Tensor) -> bool:
        return len(x) > 1 and x.shape[1] >= self.BATCH and x.device.type == "cpu" and not torch.compiler.is_compiling()


def _lane_of(params: Params, lane: int) -> Params:
    return {name: leaf[lane : lane + 1] for name, leaf in params.items()}


class Reshape(LaneLayer):
    """A function that only changes the shape of its input."""

    trained = False

    def __init__(self, run: Callable[[Tensor], Tensor]) -> None:
        self.run = run

    @property
    def dense(self) -> Sequence[Dense]:
        """No linear layer."""
        return ()

    def __call__(self, params: Params, x: Tensor) -> Tensor:
        """The function itself."""
        return self.run(x)

    def forward(self, params: Params, x: Tensor) -> tuple[Tensor, Any]:
        """The output, and the shape of the input."""
        return self.run(x), x.shape

    def backward(self, params: Params, grads: Params, saved: Any, gradient: Tensor, wanted: bool) -> Tensor | None:
        """The gradient in the shape of the input."""
        return gradient.reshape(saved)


class Chain(LaneLayer):
    """Layers one after another."""

    def __init__(self, parts: Sequence[LaneLayer]) -> None:
        before = [False, *(part.fresh for part in parts)]
        self.parts = [part.in_place if fresh else part for part, fresh in zip(parts, before, strict=False)]
        self.first = next((place for place, part in enumerate(parts) if part.trained), len(parts))
        self.trained = self.first < len(parts)
        self.by_autograd = [name for part in parts for name in part.by_autograd]

    @property
    def dense(self) -> Sequence[Dense] | None:
        """The linear layers and normalizations of all parts; an activation belongs to the one before it."""
        layers: list[Dense] = []
        for part in self.parts:
            if isinstance(part, ReLU) and layers:
                layers[-1] = replace(layers[-1], relu=True)
            elif part.dense is None:
                return None
            else:
                layers += part.dense
        return layers

    @property
    def flat(self) -> Sequence[LaneLayer]:
        """The layers, without chains in between."""
        return [layer for part in self.parts for layer in (part.flat if isinstance(part, Chain) else [part])]

    def kernel(self, starts: Mapping[str, int]) -> NetworkKernel | None:
        """That of linear layers, perhaps with another layer before or after them."""
        if self.dense is not None or not self.flat:
            return super().kernel(starts)
        after, before = Chain(self.flat[1:]).dense, Chain(self.flat[:-1]).dense
        kernel = None if after is None else self.flat[0].kernel_before(after, starts)
        return kernel if kernel or before is None else self.flat[-1].kernel_after(before, starts)

    def features(self, params: Params, x: Tensor) -> Tensor | None:
        """Those of the last part with parameters."""
        last = max((place for place, part in enumerate(self.parts) if part.trained), default=0)
        for part in self.parts[:last]:
            x = part(params, x)
        return self.parts[last].features(params, x) if self.trained else None

    def __call__(self, params: Params, x: Tensor) -> Tensor:
        """`[L, B, ...]` -> `[L, B, ...]`."""
        for part in self.parts:
            x = part(params, x)
        return x

    def forward(self, params: Params, x: Tensor) -> tuple[Tensor, Any]:
        """The output, and what each layer saved."""
        saved = []
        for part in self.parts:
            x, kept = part.forward(params, x)
            saved.append(kept)
        return x, saved

    def backward(self, params: Params, grads: Params, saved: Any, gradient: Tensor, wanted: bool) -> Tensor | None:
        """Back through the layers, as far as there are parameters."""
        last = 0 if wanted else self.first
        slope: Tensor | None = gradient
        for place in range(len(self.parts) - 1, last - 1, -1):
            assert slope is not None
            slope = self.parts[place].backward(params, grads, saved[place], slope, wanted or place > last)
        return slope


class ReLU(LaneLayer):
    """`max(x, 0)`."""

    trained = False

    def __init__(self, overwrites: bool = False) -> None:
        self.overwrites = overwrites

    @property
    def in_place(self) -> LaneLayer:
        """One that writes the output over the input, which saves as much time as the comparison takes."""
        return ReLU(overwrites=True)

    def __call__(self, params: Params, x: Tensor) -> Tensor:
        """`[...]` -> `[...]`."""
        return x.relu_() if self.overwrites else x.relu()

    def forward(self, params: Params, x: Tensor) -> tuple[Tensor, Any]:
        """The output twice: it is positive where the gradient passes."""
        out = self(params, x)
        return out, out

    def backward(self, params: Params, grads: Params, saved: Any, gradient: Tensor, wanted: bool) -> Tensor | None:
        """The gradient, 0 where the output is."""
        return torch.ops.aten.threshold_backward(gradient, saved, 0)
