"""Small layers that work on trailing dimensions only, so they run unchanged in many lanes at once.

`trailing = True` declares it: no parameters, and nothing in `forward` touches or counts leading dimensions. Any module
may declare it, those of plugins included. `reshapes = True` declares that `forward` only changes the shape.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from rlzoo.lanes.dense import Dense
from rlzoo.lanes.dueling import dueling_kernel, join_rows
from rlzoo.lanes.jit import loops_apply
from rlzoo.lanes.kernels import NetworkKernel
from rlzoo.lanes.layer import LaneLayer
from rlzoo.lanes.params import Params

Lower = Callable[[nn.Module, str], LaneLayer]
"""`rlzoo.lanes.stacking.lower`: from a module and its prefix in parameter names to what runs it in every lane."""


class Scale(nn.Module):
    """Numbers of any type as float32 times `factor` (1/255 for bytes of images)."""

    trailing = True

    def __init__(self, factor: float = 1.0) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        """`[...]` -> float32 `[...]`."""
        return x.to(torch.float32) * self.factor


class OneHot(nn.Module):
    """States of a `Discrete` space as unit vectors."""

    trailing = True

    def __init__(self, size: int, start: int = 0) -> None:
        super().__init__()
        self.size, self.start = size, start

    def forward(self, x: Tensor) -> Tensor:
        """int64 `[...]` -> float32 `[..., size]`."""
        return functional.one_hot(x - self.start, self.size).to(torch.float32)


class OneHots(nn.Module):
    """The components of a `MultiDiscrete` space as unit vectors, one after another."""

    trailing = True

    def __init__(self, sizes: Sequence[int], starts: Sequence[int]) -> None:
        super().__init__()
        self.width = sum(sizes)
        before = accumulate(sizes, initial=0)
        self.offsets = [offset - start for offset, start in zip(before, starts, strict=False)]

    def forward(self, x: Tensor) -> Tensor:
        """Integers `[..., components]` -> float32 `[..., width]`."""
        places = x.long() + torch.tensor(self.offsets, device=x.device)
        return torch.zeros(*x.shape[:-1], self.width, device=x.device).scatter(-1, places, 1.0)


class FromZero(nn.Module):
    """States or tokens as row numbers, counted from 0."""

    trailing = True

    def __init__(self, start: int | Sequence[int]) -> None:
        super().__init__()
        self.start = start
        self.reshapes = start == 0  # nothing is left to do

    def forward(self, x: Tensor) -> Tensor:
        """Integers `[...]` -> int64 `[...]`; with several starts, one for each of the last dimension."""
        return x.long() - torch.tensor(self.start, device=x.device)


class AsVector(nn.Module):
    """Observations of any shape as vectors."""

    trailing = True
    reshapes = True

    def __init__(self, dimensions: int) -> None:
        super().__init__()
        self.dimensions = dimensions

    def forward(self, x: Tensor) -> Tensor:
        """`[..., *shape]` with `dimensions` dimensions in `shape` -> `[..., F]`."""
        return x.flatten(-self.dimensions) if self.dimensions else x.unsqueeze(-1)


class ChannelsFirst(nn.Module):
    """Images in the layout of convolutions, whether their channels come first, last or not at all."""

    trailing = True

    def __init__(self, channels: str) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, x: Tensor) -> Tensor:
        """`[..., H, W, C]` ("last"), `[..., H, W]` ("none") or `[..., C, H, W]` ("first") -> `[..., C, H, W]`."""
        if self.channels == "none":
            return x.unsqueeze(-3)
        return x.movedim(-1, -3) if self.channels == "last" else x


class ChannelsLast(nn.Module):
    """The outputs of a convolution with their channels last, where layer normalization expects them."""

    trailing = True

    def forward(self, x: Tensor) -> Tensor:
        """`[..., C, H, W]` -> `[..., H, W, C]`."""
        return x.movedim(-3, -1)


class PerAction(nn.Module):
    """Split the last dimension into actions and numbers per action."""

    trailing = True
    reshapes = True

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.outputs = outputs

    def forward(self, x: Tensor) -> Tensor:
        """`[..., A * K]` -> `[..., A, K]`."""
        return x.unflatten(-1, (-1, self.outputs))


class Dueling(nn.Module):
    """Q values from a state value and advantages: Q = V + A - mean(A) (Wang et al., 2016)."""

    def __init__(self, value: nn.Module, advantage: nn.Module) -> None:
        super().__init__()
        self.value, self.advantage = value, advantage

    @staticmethod
    def join(value: Tensor, advantage: Tensor, outputs: int) -> Tensor:
        """value `[..., K]`, advantage `[..., A * K]` -> `[..., A * K]`, the mean taken over actions."""
        per_action = advantage.unflatten(-1, (-1, outputs))  # [..., A, K]
        return (per_action + (value - per_action.mean(-2)).unsqueeze(-2)).flatten(-2)

    def forward(self, x: Tensor) -> Tensor:
        """Features `[..., F]` -> `[..., A * K]`."""
        value = self.value(x)
        return self.join(value, self.advantage(x), value.shape[-1])

    def lanes(self, lower: Lower, prefix: str) -> LaneLayer:
        """The same for all lanes at once."""
        return DuelingLanes(lower(self.value, f"{prefix}value."), lower(self.advantage, f"{prefix}advantage."))


class DuelingLanes(LaneLayer):
    """Both streams of `Dueling`, in every lane."""

    def __init__(self, value: LaneLayer, advantage: LaneLayer) -> None:
        self.value, self.advantage = value, advantage
        self.by_autograd = [*value.by_autograd, *advantage.by_autograd]

    def kernel(self, starts: Mapping[str, int]) -> NetworkKernel | None:
        """That of streams of linear layers."""
        return self.kernel_after((), starts)

    def kernel_after(self, layers: Sequence[Dense], starts: Mapping[str, int]) -> NetworkKernel | None:
        """These layers, and then both streams of linear layers."""
        value, advantage = self.value.dense, self.advantage.dense
        return dueling_kernel(layers, value, advantage, starts) if value and advantage else None

    def features(self, params: Params, x: Tensor) -> Tensor | None:
        """Those of both streams, side by side."""
        value, advantage = self.value.features(params, x), self.advantage.features(params, x)
        return None if value is None or advantage is None else torch.cat([value, advantage], -1)

    def __call__(self, params: Params, x: Tensor) -> Tensor:
        """Features `[L, ..., F]` -> `[L, ..., A * K]`."""
        return _joined(self.value(params, x), self.advantage(params, x))

    def forward(self, params: Params, x: Tensor) -> tuple[Tensor, Any]:
        """The output, and what both streams saved."""
        (value, of_value), (advantage, of_advantage) = self.value.forward(params, x), self.advantage.forward(params, x)
        return _joined(value, advantage), (of_value, of_advantage, value.shape[-1])

    def backward(self, params: Params, grads: Params, saved: Any, gradient: Tensor, wanted: bool) -> Tensor | None:
        """The value gets the sum over actions of the gradient, the advantages get it without its mean."""
        of_value, of_advantage, outputs = saved
        slope = gradient.unflatten(-1, (-1, outputs))  # [..., A, K]
        total = slope.sum(-2)
        centred = (slope - (total / slope.shape[-2]).unsqueeze(-2)).flatten(-2)
        by_value = self.value.backward(params, grads, of_value, total, wanted)
        by_advantage = self.advantage.backward(params, grads, of_advantage, centred, wanted)
        return by_value + by_advantage if by_value is not None and by_advantage is not None else None


def _joined(value: Tensor, advantage: Tensor) -> Tensor:
    """`Dueling.join` in one pass where loops apply."""
    if not loops_apply(value, advantage):
        return Dueling.join(value, advantage, value.shape[-1])
    q = np.empty(advantage.shape, np.float32)
    join_rows(*(it.reshape(-1, it.shape[-1]) for it in (value.numpy(), advantage.numpy(), q)))
    return torch.from_numpy(q)
