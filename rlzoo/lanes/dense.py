"""Tables, linear layers and normalizations, one after another, as one compiled function of a single observation.

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
    """A linear layer, a normalization or a table by the names of its parameters, and whether a ReLU follows it."""

    weight: str
    bias: str | None
    inputs: int
    outputs: int
    relu: bool = False
    eps: float | None = None
    """Of a normalization, whose `inputs` and `outputs` are equal; None for others."""
    lookup: bool = False
    """Whether it is a table with `inputs` rows, of which its input is the number of one."""


PRODUCT, WIDE_PRODUCT, NORMALIZATION, LOOKUP, WIDE_LOOKUP = range(5)
"""What a row of the layout stands for."""


def dense_kernel(layers: Sequence[Dense], starts: Mapping[str, int]) -> NetworkKernel | None:
    """The kernel of these layers; `starts` says where a lane's row has each parameter."""
    if not layers or any(layer.weight not in starts for layer in layers):  # a frozen layer is not in the row
        return None
    layout = [
        (
            starts[layer.weight],
            -1 if layer.bias is None else starts[layer.bias],
            layer.inputs if layer.eps is None else int(np.float64(layer.eps).view(np.int64)),  # the bits of eps
            layer.outputs,
            _kind(layer),
            layer.relu,
        )
        for layer in layers
    ]
    width = max(layer.outputs for layer in layers)
    return NetworkKernel(forward, np.array(layout, np.int64), width, layers[-1].outputs)


def _kind(layer: Dense) -> int:
    if layer.eps is not None:
        return NORMALIZATION
    if layer.lookup:
        return WIDE_LOOKUP if layer.inputs >= WIDE else LOOKUP
    return WIDE_PRODUCT if layer.outputs >= WIDE else PRODUCT


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
def _normalize(weight: Any, bias: Any, eps: Any, x: Any, y: Any) -> None:
    """Write `x`, shifted and scaled to mean 0 and variance 1 and then by weight and bias, to `y`; sums are float64."""
    mean, square = 0.0, 0.0
    for unit in range(len(x)):
        mean += x[unit]
    mean /= len(x)
    for unit in range(len(x)):
        square += (x[unit] - mean) ** 2
    scale = 1 / np.sqrt(square / len(x) + eps)
    for unit in range(len(x)):
        y[unit] = np.float32((x[unit] - mean) * scale) * weight[unit] + bias[unit]


@jit
def _look_up(table: Any, wide: Any, place: Any, y: Any) -> None:
    """Write a row of a table to `y`; tables of many rows lie as `rlzoo.lanes.rows` says."""
    units = len(y)
    rows = len(table) // units
    for unit in range(units):
        y[unit] = table[unit * rows + place] if wide else table[place * units + unit]


@jit
def apply_layers(row: Any, layout: Any, observation: Any, scratch: Any, outputs: Any) -> None:
    """Run the layers of `layout`, each as `dense_kernel` describes it."""
    x = observation
    for layer in range(len(layout)):
        weight, bias, inputs, units, kind, relu = layout[layer]
        y = outputs if layer == len(layout) - 1 else scratch[layer % 2, :units]
        if kind == NORMALIZATION:
            eps = np.int64(inputs).view(np.float64)
            _normalize(row[weight : weight + units], row[bias : bias + units], eps, x, y)
        elif kind >= LOOKUP:
            table = row[weight : weight + inputs * units]
            _look_up(table, kind == WIDE_LOOKUP, np.int64(x[0]), y)
        else:
            y[:] = row[bias : bias + units] if bias >= 0 else np.zeros(units, np.float32)
            _multiply(row[weight : weight + inputs * units], kind == WIDE_PRODUCT, x, y)
        if relu:
            for unit in range(units):
                if y[unit] < 0:  # unlike `max`, this keeps what is not a number
                    y[unit] = np.float32(0)
        x = y


@compiled(FORWARD)
def forward(row: Any, layout: Any, observation: Any, scratch: Any, outputs: Any) -> None:
    """`apply_layers` as a kernel."""
    apply_layers(row, layout, observation, scratch, outputs)
