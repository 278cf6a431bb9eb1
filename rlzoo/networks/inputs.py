"""From an observation to the numbers a network starts with."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from gymnasium.spaces import Discrete, Space, flatdim
from torch import nn

from rlzoo.lanes.layers import AsVector, OneHot, Scale
from rlzoo.options import Meta

ScaleOption = (
    Annotated[float, Meta(gt=0, description="what observations are multiplied by; none means 1/255 for bytes, else 1")]
    | None
)


def scaling(space: Space[Any], factor: float | None) -> Scale:
    """Observations as float32, multiplied by `factor`; by 1/255 where none is given and they are bytes."""
    return Scale(factor if factor is not None else 1 / 255 if space.dtype == np.uint8 else 1.0)


def as_features(space: Space[Any], factor: float | None) -> tuple[list[nn.Module], int]:
    """Layers from observations to vectors, and the vectors' length; states of a Discrete space become unit vectors."""
    if isinstance(space, Discrete):
        return [OneHot(int(space.n), int(space.start))], int(space.n)
    assert space.shape is not None
    return [scaling(space, factor), AsVector(len(space.shape))], flatdim(space)
