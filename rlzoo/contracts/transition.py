"""The data that travels: one vector step, and a batch of stored steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import torch
    from torch import Tensor


@dataclass(frozen=True)
class Column:
    """A further array that every transition carries, declared by the part that supplies it.

    A name that begins with `next_` describes where a transition ends, any other where it begins: that decides which
    step supplies the value when a transition spans several (`train.n_step`).
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    """NumPy's name, such as `int64` or `bool`."""


@dataclass(frozen=True)
class Transition:
    """One vector step of every lane, as NumPy arrays. `next_observation` is the true one, never that of a reset."""

    observation: np.ndarray  # [L, N, ...]
    action: np.ndarray  # [L, N] int64, or [L, N, *shape] where actions are continuous
    reward: np.ndarray  # [L, N] float32
    next_observation: np.ndarray  # [L, N, ...]
    terminated: np.ndarray  # [L, N] bool: the next observation has no value
    truncated: np.ndarray  # [L, N] bool: the episode was cut off, so the next observation still has its value
    columns: Mapping[str, np.ndarray] = field(default_factory=dict)  # [L, N, ...] each


@dataclass(frozen=True)
class Batch:
    """Transitions to learn from, as tensors.

    With `train.n_step` a transition may span several steps: `reward` is their discounted sum, `next_observation` where
    they led, and `discount` the factor of its value.

    For an objective with a `length` above 1, every array but `index` and `weight` has a time axis, `[L, B, T, ...]`, of
    consecutive single steps in one environment, and `valid` says which of them belong to the first step's episode. The
    others are those that came next, of later episodes.
    """

    observation: Tensor  # [L, B, ...]
    action: Tensor  # [L, B] int64, or [L, B, *shape] where actions are continuous
    reward: Tensor  # [L, B] float32
    next_observation: Tensor  # [L, B, ...]
    discount: Tensor  # [L, B] float32, gamma to the number of steps spanned
    terminated: Tensor  # [L, B] bool: next_observation is terminal
    truncated: Tensor  # [L, B] bool
    index: Tensor  # [L, B] int64, where the buffer keeps the first step
    weight: Tensor  # [L, B] float32, importance weights (ones where sampling is uniform)
    columns: Mapping[str, Tensor] = field(default_factory=dict)  # [L, B, ...] each
    valid: Tensor | None = None  # [L, B, T] bool, for sequences only

    def to(self, device: torch.device) -> Batch:
        """The batch on `device`; itself where it is there already."""
        if self.action.device == device:
            return self
        return self.each(lambda tensor: tensor.to(device))

    def each(self, change: Callable[[Tensor], Tensor]) -> Batch:
        """The batch with every tensor changed, those of the columns included."""
        tensors = {name: it for name, it in vars(self).items() if it is not None and name != "columns"}
        columns = {name: change(column) for name, column in self.columns.items()}
        return replace(self, columns=columns, **{name: change(it) for name, it in tensors.items()})
