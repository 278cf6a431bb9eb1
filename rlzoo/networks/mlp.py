"""Fully connected layers, for observations that are vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Literal

from torch import nn

from rlzoo.interfaces import BuildSpec
from rlzoo.lanes.layers import Dueling
from rlzoo.networks.inputs import ScaleOption, as_features, per_action
from rlzoo.options import Meta

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "leaky-relu": nn.LeakyReLU,
}
Units = Annotated[int, Meta(ge=1)]
Activation = Literal["relu", "tanh", "elu", "gelu", "silu", "leaky-relu"]


@dataclass(frozen=True)
class MLP:
    """A multi-layer perceptron; with `dueling` its last hidden layer parts in two (Wang et al., 2016)."""

    hidden: Annotated[tuple[Units, ...], Meta(description="units of each hidden layer")] = (120, 84)
    activation: Annotated[Activation, Meta(description="what follows each hidden layer")] = "relu"
    dueling: Annotated[bool, Meta(description="give state value and advantages streams of their own")] = False
    scale: ScaleOption = None

    def build(self, spec: BuildSpec) -> nn.Module:
        """A module from observations `[B, ...]` to `[B, A]`, or `[B, A, K]`."""
        first, width = as_features(spec.observation_space, self.scale)
        shared = self.hidden[:-1] if self.dueling else self.hidden
        layers = [*first, *hidden_layers(width, shared, ACTIVATIONS[self.activation])]
        head = self._head(shared[-1] if shared else width, spec)
        return nn.Sequential(*layers, head, *per_action(spec.outputs))

    def _head(self, width: int, spec: BuildSpec) -> nn.Module:
        actions = int(spec.action_space.n)
        if not self.dueling:
            return nn.Linear(width, actions * spec.outputs)
        return dueling_head(width, self.hidden[-1:], actions, spec.outputs, ACTIVATIONS[self.activation])


def hidden_layers(width: int, hidden: Sequence[int], activation: type[nn.Module]) -> list[nn.Module]:
    """Linear layers from `width` through `hidden`, an activation after each."""
    widths = [width, *hidden]
    return [layer for before, after in pairwise(widths) for layer in (nn.Linear(before, after), activation())]


def dueling_head(width: int, hidden: Sequence[int], actions: int, outputs: int, activation: type[nn.Module]) -> Dueling:
    """Two streams of `hidden` layers from `width` features: one value, and an advantage per action."""

    def stream(size: int) -> nn.Module:
        return nn.Sequential(*hidden_layers(width, hidden, activation), nn.Linear([width, *hidden][-1], size))

    return Dueling(stream(outputs), stream(actions * outputs))
