"""Convolution and ReLU of sparse images of bool, as compiled loops. Each lane is computed alone, in a fixed order.

A number of the image that is not zero adds the filters, turned around, to the outputs that see it. Outputs have a
border, which receives what would fall outside, so that the innermost loop runs over neighbouring memory: `side` columns
times all filters. Positions are unsigned, since the compiler cannot use vector instructions where they may be negative.
"""

from __future__ import annotations

import numpy as np
from numpy import uint64

from rlzoo.lanes.compiled import FORWARD, compiled
from rlzoo.lanes.dense import apply_layers
from rlzoo.lanes.jit import jit


@jit
def convolve(images, weight, bias, out):  # type: ignore[no-untyped-def]
    """images `[L, B, H, W, C]`, weight `[L, O, C, side, side]`, bias `[L, O]` -> `out` `[L, B, O, h, w]`."""
    lanes, batch, height, width, channels = images.shape
    filters, side, h, w = weight.shape[1], weight.shape[3], out.shape[3], out.shape[4]
    run, line, size = side * filters, (width + side - 1) * filters, height * width * channels
    total = np.empty((height + side - 1) * line, np.float32)
    turned = np.empty(channels * side * run, np.float32)
    found = np.empty(size + 1, np.int64)
    flat, flat_out = images.reshape(lanes * batch * size), out.reshape(lanes * batch * filters * h * w)
    for lane in range(lanes):
        _turn(weight[lane], turned)
        for n in range(batch):
            total[:] = 0
            start, end = uint64((lane * batch + n) * size), uint64((lane * batch + n) * filters * h * w)
            for q in range(_find(flat, start, size, found)):
                place = found[uint64(q)]
                cell, channel = place // channels, place % channels
                y, x = cell // width, cell % width
                for i in range(side):
                    to, source = uint64((y + i) * line + x * filters), uint64((channel * side + i) * run)
                    for k in range(run):
                        total[to + uint64(k)] += turned[source + uint64(k)]
            for o in range(filters):
                for i in range(h):
                    source = uint64((i + side - 1) * line + (side - 1) * filters + o)
                    to = end + uint64((o * h + i) * w)
                    for j in range(w):
                        value = total[source + uint64(j * filters)] + bias[lane, o]
                        flat_out[to + uint64(j)] = np.maximum(value, np.float32(0))


@jit
def gradients(images, slope, out, weight, bias):  # type: ignore[no-untyped-def]
    """images `[L, B, H, W, C]`, slope, out `[L, B, O, h, w]` -> `weight` `[L, O, C, side, side]`, `bias` `[L, O]`."""
    lanes, batch, height, width, channels = images.shape
    filters, side, h, w = weight.shape[1], weight.shape[3], slope.shape[3], slope.shape[4]
    run, line, size = side * filters, (width + side - 1) * filters, height * width * channels
    bordered = np.zeros((height + side - 1) * line, np.float32)
    turned, sums = np.empty(channels * side * run, np.float32), np.empty(filters, np.float32)
    found = np.empty(size + 1, np.int64)
    flat = images.reshape(lanes * batch * size)
    flat_slope, flat_out = slope.reshape(lanes * batch * filters * h * w), out.reshape(lanes * batch * filters * h * w)
    for lane in range(lanes):
        turned[:] = 0
        sums[:] = 0
        for n in range(batch):
            start, end = uint64((lane * batch + n) * size), uint64((lane * batch + n) * filters * h * w)
            for o in range(filters):
                of_image = np.float32(0)
                for i in range(h):
                    to = uint64((i + side - 1) * line + (side - 1) * filters + o)
                    source = end + uint64((o * h + i) * w)
                    for j in range(w):
                        # A product, since a branch would often be predicted wrongly.
                        passes = np.float32(flat_out[source + uint64(j)] > 0)
                        value = flat_slope[source + uint64(j)] * passes
                        bordered[to + uint64(j * filters)] = value
                        of_image += value
                sums[o] += of_image
            for q in range(_find(flat, start, size, found)):
                place = found[uint64(q)]
                cell, channel = place // channels, place % channels
                y, x = cell // width, cell % width
                for i in range(side):
                    source, to = uint64((y + i) * line + x * filters), uint64((channel * side + i) * run)
                    for k in range(run):
                        turned[to + uint64(k)] += bordered[source + uint64(k)]
        _turn_back(turned, weight[lane])
        bias[lane] = sums


@jit
def _find(flat, start, size, found):  # type: ignore[no-untyped-def]
    """Write the places of numbers that are not zero to `found`, and return their count; without a branch."""
    count = 0
    for k in range(size):
        found[uint64(count)] = k
        count += flat[start + uint64(k)] != 0
    return count


@jit
def _turn(weight, turned):  # type: ignore[no-untyped-def]
    """`[O, C, side, side]` -> `[C, side, side, O]`, rows and columns from last to first."""
    filters, channels, side, _ = weight.shape
    turned.reshape(channels, side, side, filters)[:] = weight[:, :, ::-1, ::-1].transpose(1, 2, 3, 0)


@jit
def _turn_back(turned, weight):  # type: ignore[no-untyped-def]
    """The inverse of `_turn`."""
    filters, channels, side, _ = weight.shape
    weight[:] = turned.reshape(channels, side, side, filters)[:, ::-1, ::-1].transpose(3, 0, 1, 2)


@compiled(FORWARD)
def forward(row, layout, observation, scratch, outputs):  # type: ignore[no-untyped-def]
    """One image, then linear layers. The layout begins with two rows: the convolution's starts and shape, its side."""
    weight, bias, height, width, channels, filters = layout[0]
    side = layout[1, 0]
    h, w = height - side + 1, width - side + 1
    size = filters * channels * side * side
    convolve(
        observation.reshape(1, 1, height, width, channels),
        row[weight : weight + size].reshape(1, filters, channels, side, side),
        row[bias : bias + filters].reshape(1, filters),
        scratch[1, : filters * h * w].reshape(1, 1, filters, h, w),
    )
    apply_layers(row, layout[2:], scratch[1, : filters * h * w], scratch, outputs)
