"""The bounds of continuous actions."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from gymnasium.spaces import Box
from torch import Tensor

from rlzoo.contracts import BuildSpec
from rlzoo.contracts.errors import BadInput
from rlzoo.contracts.spaces import in_words


@dataclass(frozen=True)
class Bounds:
    """The lowest and highest actions, float32 vectors `[D]`, and the shape that the environment gives to actions."""

    low: np.ndarray
    high: np.ndarray
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """`D`, numbers per action."""
        return math.prod(self.shape)

    def scale(self, raw: Tensor) -> Tensor:
        """Numbers `[..., D]`, of which -1 and 1 become the bounds."""
        low, high = self._tensors(raw)
        return low / 2 + high / 2 + (high / 2 - low / 2) * raw  # no sum of bounds, which may overflow

    def squash(self, raw: Tensor) -> Tensor:
        """Any numbers `[..., D]` -> actions within the bounds, by the hyperbolic tangent."""
        return self.scale(torch.tanh(raw))

    def shaped(self, action: Tensor) -> Tensor:
        """Actions `[..., D]` as the environment takes them, `[..., *shape]`, clipped to the bounds.

        NaN, of a network that has diverged, becomes the middle of the bounds.
        """
        low, high = self._tensors(action)
        known = torch.where(action.isnan(), low / 2 + high / 2, action)
        return known.clamp(low, high).reshape(*action.shape[:-1], *self.shape)

    def flat(self, action: Tensor) -> Tensor:
        """The opposite: `[L, B, *shape]` -> `[L, B, D]`."""
        return action.reshape(*action.shape[:2], self.size)

    def _tensors(self, like: Tensor) -> tuple[Tensor, Tensor]:
        return torch.as_tensor(self.low, device=like.device), torch.as_tensor(self.high, device=like.device)


def bounds_of(spec: BuildSpec, part: str) -> Bounds:
    """The bounds of the actions, for the `part` that needs them, such as `objective=naf`.

    Raises BadInput for actions other than a Box of floats with finite bounds.
    """
    space = spec.action_space
    if not isinstance(space, Box) or not np.issubdtype(space.dtype, np.floating):
        raise BadInput(f"`{part}` needs continuous actions, a Box of floats, but the actions are {in_words(space)}")
    if not space.is_bounded():
        raise BadInput(
            f"`{part}` needs bounded actions, but the bounds of the actions, {in_words(space)}, are infinite; "
            "use a wrapper such as `gymnasium.wrappers:RescaleAction` or another environment"
        )
    return Bounds(space.low.ravel().astype(np.float32), space.high.ravel().astype(np.float32), space.shape)
