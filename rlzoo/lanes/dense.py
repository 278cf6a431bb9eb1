"""Stacks of linear layers as one compiled function of a single observation.

For a few observations, calling torch takes longer than the arithmetic. Sums run over inputs in a fixed order, so the
result does not depend on how many lanes or environments there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rlzoo.lanes.compiled import FORWARD, compiled
from rlzoo.lanes.jit import jit
from rlzoo.lanes.kernels import NetworkKernel
from rlzoo.lanes.rows import WIDE


@dataclass(frozen=True)
class Dense:
    """A linear layer by the names of its parameters, and whether a ReLU follows it."""

    weight: str
    bias: str | None
    inputs: int
    outputs: int
    relu: bool = False


def dense_kernel(layers: Sequence[Dense], starts: Mapping[str, int]) -> NetworkKernel | None:
    """The kernel of these layers; `starts` says where a lane's row has each parameter."""
    if not layers or any(layer.weight not in starts for layer in layers):  # a frozen layer is not in the row
        return None
    layout = [
        (
            starts[layer.weight],
            -1 if layer.bias is None else starts[layer.bias],
            layer.inputs,
            layer.outputs,
            layer.outputs >= WIDE,
            layer.relu,
        )
        for layer in layers
    ]
    width = max(layer.outputs for layer in layers)
    return NetworkKernel(forward, np.array(layout, np.int64), width, layers[-1].outputs)


@jit
def _multiply(weights: Any, wide: Any, x: Any, y: Any) -> None:
    """Add the product of a layer's weights and `x` to `y`; wide ones lie as `rlzoo.lanes.rows` says."""
    inputs, units = len(x), len(y)
    if wide:
        for i in range(inputs):
            factors = weights[i * units : (i + 1) * units]
            for unit in range(units):
                y[unit] += x[i] * factors[unit]
    else:
        for unit in range(units):
            factors = weights[unit * inputs : (unit + 1) * inputs]
            for i in range(inputs):
                y[unit] += x[i] * factors[i]


@jit
def run_layers(row: Any, layout: Any, observation: Any, scratch: Any, outputs: Any) -> None:
    """Run the layers of `layout`, each as `dense_kernel` describes it."""
    x = observation
    for layer in range(len(layout)):
        weight, bias, inputs, units, wide, relu = layout[layer]
        y = outputs if layer == len(layout) - 1 else scratch[layer % 2, :units]
        y[:] = row[bias : bias + units] if bias >= 0 else np.zeros(units, np.float32)
        _multiply(row[weight : weight + inputs * units], wide, x, y)
        if relu:
            for unit in range(units):
                if y[unit] < 0:  # unlike `max`, this keeps what is not a number
                    y[unit] = np.float32(0)
        x = y


@compiled(FORWARD)
def forward(row: Any, layout: Any, observation: Any, scratch: Any, outputs: Any) -> None:
    """`run_layers` as a kernel."""
    run_layers(row, layout, observation, scratch, outputs)
