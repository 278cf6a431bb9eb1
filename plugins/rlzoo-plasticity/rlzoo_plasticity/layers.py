"""The layers of a network, by the names of their parameters."""

from __future__ import annotations

from itertools import zip_longest

from torch import nn

from rlzoo.lanes.layers import Dueling

Layer = tuple[str, ...]
"""The names of a layer's parameters."""


def layers_of(module: nn.Module) -> list[Layer]:
    """The layers with weights, from the first to the last; a normalization belongs to the layer before it.

    Both streams of a dueling head count as one, layer by layer from the last. A module of another kind is one layer.
    """
    return _layers(module, "")


def _layers(module: nn.Module, prefix: str) -> list[Layer]:
    if type(module) is nn.Sequential:
        found: list[Layer] = []
        for name, part in module.named_children():
            layers = _layers(part, f"{prefix}{name}.")
            if found and type(part) is nn.LayerNorm:
                found[-1] += layers.pop()
            found += layers
        return found
    if type(module) is Dueling:
        streams = (_layers(module.value, f"{prefix}value."), _layers(module.advantage, f"{prefix}advantage."))
        pairs = zip_longest(*(reversed(stream) for stream in streams), fillvalue=())
        return [value + advantage for value, advantage in pairs][::-1]
    names = tuple(f"{prefix}{name}" for name, leaf in module.named_parameters() if leaf.requires_grad)
    return [names] if names else []
