"""The data that travels: one vector step, and a batch of stored steps."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import torch
    from torch import Tensor


@dataclass(frozen=True)
class Transition:
    """One vector step of every lane, as NumPy arrays. `next_observation` is the true one, never that of a reset."""

    observation: np.ndarray  # [L, N, ...]
    action: np.ndarray  # [L, N] int64
    reward: np.ndarray  # [L, N] float32
    next_observation: np.ndarray  # [L, N, ...]
    terminated: np.ndarray  # [L, N] bool: nothing follows that counts
    truncated: np.ndarray  # [L, N] bool: the episode was cut, its value goes on
    next_action: np.ndarray | None = None  # [L, N] int64, if the objective asks for it


@dataclass(frozen=True)
class Batch:
    """Transitions to learn from, as tensors; `index` says where the buffer keeps them.

    One may span several steps (`train.n_step`): `reward` is then their discounted sum, `next_observation` where they
    led, and `discount` what the value of that counts for.
    """

    observation: Tensor  # [L, B, ...]
    action: Tensor  # [L, B] int64
    reward: Tensor  # [L, B] float32
    next_observation: Tensor  # [L, B, ...]
    discount: Tensor  # [L, B] float32, gamma to the number of steps spanned
    terminated: Tensor  # [L, B] bool: next_observation is terminal
    next_action: Tensor | None  # [L, B] int64, if the objective asks for it
    index: Tensor  # [L, B] int64
    weight: Tensor  # [L, B] float32, importance weights (ones where sampling is uniform)

    def to(self, device: torch.device) -> Batch:
        """The batch on `device`; itself where it is there already."""
        if self.action.device == device:
            return self
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        moved: dict[str, Any] = {name: None if it is None else it.to(device) for name, it in values.items()}
        return Batch(**moved)
