"""Fully connected layers, for observations that are vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, ClassVar, Literal

from torch import nn

from rlzoo.components.networks.initial import InitialWeights, initialize
from rlzoo.components.networks.inputs import ScaleOption, as_features, per_action
from rlzoo.contracts import BuildSpec, Meta, QNetwork
from rlzoo.lanes.layers import Dueling
from rlzoo.registry import papers

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "leaky-relu": nn.LeakyReLU,
}
Units = Annotated[int, Meta(ge=1)]
Layer = Callable[[int, int], nn.Module]
"""Makes a linear layer from its number of inputs and outputs."""
Activation = Literal["relu", "tanh", "elu", "gelu", "silu", "leaky-relu"]


@dataclass(frozen=True)
class MLP(QNetwork):
    """A multi-layer perceptron; with `dueling`, its last hidden layer splits into two streams (Wang et al., 2016)."""

    flattens: ClassVar[bool] = True
    reference: ClassVar[str] = f"{papers.WANG_2016}, for `dueling`; {papers.BA_2016}, for `layer_norm`"

    hidden: Annotated[tuple[Units, ...], Meta(description="units of each hidden layer")] = (120, 84)
    activation: Annotated[Activation, Meta(description="activation after each hidden layer")] = "relu"
    dueling: Annotated[bool, Meta(description="estimate state value and advantages in separate streams")] = False
    scale: ScaleOption = None
    layer_norm: Annotated[bool, Meta(description="normalize each hidden layer before its activation")] = False
    init: InitialWeights = "uniform"

    def build(self, spec: BuildSpec) -> nn.Module:
        """A module from observations `[B, ...]` to `[B, A]`, or `[B, A, K]`."""
        activation = ACTIVATIONS[self.activation]
        module = perceptron(spec, self.scale, self.hidden, activation, self.dueling, layer_norm=self.layer_norm)
        return initialize(module, self.init)


def perceptron(
    spec: BuildSpec,
    scale: float | None,
    hidden: Sequence[int],
    activation: type[nn.Module],
    dueling: bool,
    linear: Layer = nn.Linear,
    layer_norm: bool = False,
) -> nn.Module:
    """The module that `MLP` builds, before `init` and with any kind of linear layer."""
    first, width = as_features(spec.observation_space, scale)
    shared, actions = hidden[:-1] if dueling else hidden, spec.actions
    layers, features = hidden_layers(width, shared, activation, linear, layer_norm), [width, *shared][-1]
    if dueling:
        head: nn.Module = dueling_head(features, hidden[-1:], actions, spec.outputs, activation, linear, layer_norm)
    else:
        head = linear(features, actions * spec.outputs)
    return nn.Sequential(*first, *layers, head, *per_action(spec.outputs))


def hidden_layers(
    width: int,
    hidden: Sequence[int],
    activation: type[nn.Module],
    linear: Layer = nn.Linear,
    layer_norm: bool = False,
) -> list[nn.Module]:
    """Linear layers from `width` inputs through `hidden` units, each followed by an activation.

    With `layer_norm`, there is a layer normalization before each activation.
    """
    layers: list[nn.Module] = []
    for before, after in pairwise([width, *hidden]):
        layers += [linear(before, after), *([nn.LayerNorm(after)] if layer_norm else []), activation()]
    return layers


def dueling_head(
    width: int,
    hidden: Sequence[int],
    actions: int,
    outputs: int,
    activation: type[nn.Module],
    linear: Layer = nn.Linear,
    layer_norm: bool = False,
) -> Dueling:
    """Two streams of `hidden` layers from `width` features: the state value, and an advantage per action."""

    def stream(size: int) -> nn.Module:
        layers = hidden_layers(width, hidden, activation, linear, layer_norm)
        return nn.Sequential(*layers, linear([width, *hidden][-1], size))

    return Dueling(stream(outputs), stream(actions * outputs))
