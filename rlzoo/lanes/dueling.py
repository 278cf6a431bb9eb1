"""Linear layers, and then the two streams of a dueling network, as one compiled function of an observation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy import float32

from rlzoo.lanes.compiled import FORWARD, compiled
from rlzoo.lanes.dense import Dense, apply_layers, dense_kernel
from rlzoo.lanes.jit import jit
from rlzoo.lanes.kernels import NetworkKernel


def dueling_kernel(
    before: Sequence[Dense], value: Sequence[Dense], advantage: Sequence[Dense], starts: Mapping[str, int]
) -> NetworkKernel | None:
    """The kernel of the layers before the streams and of both; `starts` says where a lane's row has each parameter."""
    streams = dense_kernel(value, starts), dense_kernel(advantage, starts)
    shared = dense_kernel(before, starts)
    if None in streams or (before and shared is None):
        return None
    parts = [part for part in (shared, *streams) if part is not None]
    width, features = max(part.width for part in parts), parts[0].outputs if before else 0
    of_value, of_advantage = parts[-2:]
    head = (len(before), len(value), width, features, of_value.outputs, 0)
    layout = np.concatenate([np.array([head], np.int64), *(part.layout for part in parts)])
    return NetworkKernel(forward, layout, width + max(features, of_value.outputs), of_advantage.outputs)


@jit
def _join(value: Any, advantage: Any, shift: Any, q: Any) -> None:
    """Write `V + A - mean(A)`, given a value `[K]` and advantages `[A * K]`; `shift` `[K]` is scratch memory."""
    count = len(value)
    actions = len(advantage) // count
    shift[:] = float32(0)
    for action in range(actions):
        for k in range(count):
            shift[k] += advantage[action * count + k]
    for k in range(count):
        shift[k] = value[k] - shift[k] / float32(actions)
    for action in range(actions):
        for k in range(count):
            q[action * count + k] = advantage[action * count + k] + shift[k]


@jit
def join_rows(value: Any, advantage: Any, q: Any) -> None:
    """The same for rows `[R, K]` and `[R, A * K]`."""
    shift = np.empty_like(value[0])
    for row in range(len(value)):
        _join(value[row], advantage[row], shift, q[row])


@compiled(FORWARD)
def forward(row: Any, layout: Any, observation: Any, scratch: Any, outputs: Any) -> None:
    """Q = V + A - mean(A). What both streams need lies in the scratch memory behind the `width` of all layers."""
    before, value, width, count, each, _ = layout[0]
    features, state_value = scratch[0, width : width + count], scratch[1, width : width + each]
    x = observation
    if before:
        apply_layers(row, layout[1 : 1 + before], observation, scratch, features)
        x = features
    apply_layers(row, layout[1 + before : 1 + before + value], x, scratch, state_value)
    apply_layers(row, layout[1 + before + value :], x, scratch, outputs)
    _join(state_value, outputs, scratch[0, width : width + each], outputs)
