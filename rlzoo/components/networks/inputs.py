"""From an observation to the numbers that a network starts with."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from gymnasium.spaces import Discrete, MultiDiscrete, Space, flatdim
from torch import nn

from rlzoo.contracts import Meta
from rlzoo.contracts.spaces import observation_layout
from rlzoo.lanes.layers import AsVector, OneHot, OneHots, PerAction, Scale

ScaleOption = (
    Annotated[float, Meta(gt=0, description="factor of observations; none means 1/255 for bytes, else 1")] | None
)


def scaling(space: Space[Any], factor: float | None) -> list[nn.Module]:
    """Layers that turn observations into float32 times `factor`, by default 1/255 for bytes and 1 otherwise."""
    if factor is None:
        factor = 1 / 255 if space.dtype == np.uint8 else 1.0
    _, kept = observation_layout(space)
    return [] if kept == np.float32 and factor == 1.0 else [Scale(factor)]


def per_action(outputs: int) -> list[nn.Module]:
    """The last layer: several numbers per action get a separate axis."""
    return [] if outputs == 1 else [PerAction(outputs)]


def as_features(space: Space[Any], factor: float | None) -> tuple[list[nn.Module], int]:
    """Layers from observations to vectors, and the vectors' length.

    Discrete and MultiDiscrete observations, texts among them, become one-hot vectors, one for each component. Box and
    MultiBinary ones are scaled and flattened.
    """
    if isinstance(space, Discrete):
        return [OneHot(int(space.n), int(space.start))], int(space.n)
    assert space.shape is not None
    as_vector = [] if len(space.shape) == 1 else [AsVector(len(space.shape))]
    if isinstance(space, MultiDiscrete):
        sizes, starts = space.nvec.ravel().tolist(), space.start.ravel().tolist()
        return [*as_vector, OneHots(sizes, starts)], sum(sizes)
    return [*scaling(space, factor), *as_vector], flatdim(space)
