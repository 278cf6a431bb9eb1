"""From an observation to the numbers a network starts with."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from gymnasium.spaces import Discrete, Space, flatdim
from torch import nn

from rlzoo.contracts import Meta
from rlzoo.contracts.spaces import observation_layout
from rlzoo.lanes.layers import AsVector, OneHot, PerAction, Scale

ScaleOption = (
    Annotated[float, Meta(gt=0, description="what observations are multiplied by; none means 1/255 for bytes, else 1")]
    | None
)


def scaling(space: Space[Any], factor: float | None) -> list[nn.Module]:
    """Observations as float32, multiplied by `factor`; by 1/255 where none is given and they are bytes."""
    if factor is None:
        factor = 1 / 255 if space.dtype == np.uint8 else 1.0
    _, kept = observation_layout(space)
    return [] if kept == np.float32 and factor == 1.0 else [Scale(factor)]


def per_action(outputs: int) -> list[nn.Module]:
    """The last layer: numbers per action on an axis of their own, where there are several."""
    return [] if outputs == 1 else [PerAction(outputs)]


def as_features(space: Space[Any], factor: float | None) -> tuple[list[nn.Module], int]:
    """Layers from observations to vectors, and the vectors' length; states of a Discrete space become unit vectors."""
    if isinstance(space, Discrete):
        return [OneHot(int(space.n), int(space.start))], int(space.n)
    assert space.shape is not None
    as_vector = [] if len(space.shape) == 1 else [AsVector(len(space.shape))]
    return [*scaling(space, factor), *as_vector], flatdim(space)
