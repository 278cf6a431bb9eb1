"""A network that gives the quantiles it is asked for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from torch import Tensor, nn

from rlzoo.components.networks.cnn import Channels, Preset, image_features
from rlzoo.components.networks.inputs import ScaleOption, as_features
from rlzoo.components.networks.mlp import ACTIVATIONS, Activation, Units, dueling_head, hidden_layers
from rlzoo.contracts import BuildSpec, Meta, QNetwork
from rlzoo.lanes.layers import Lower
from rlzoo.lanes.params import Params, Predict
from rlzoo_distributional import papers
from rlzoo_distributional.quantiles import midpoints

Cosine = Annotated[int, Meta(ge=1, description="how many a fraction is embedded in")]
Streams = Annotated[bool, Meta(description="give state value and advantages streams of their own")]


@dataclass(frozen=True)
class QuantileMLP(QNetwork):
    """A perceptron whose features are multiplied by cosines of the quantile's fraction (Dabney et al., 2018b)."""

    reference: ClassVar[str] = papers.DABNEY_2018B

    hidden: Annotated[
        tuple[Units, ...], Meta(description="units of each hidden layer; the fraction comes in before the last")
    ] = (120, 84)
    activation: Annotated[Activation, Meta(description="what follows each hidden layer")] = "relu"
    dueling: Streams = False
    cosines: Cosine = 64
    scale: ScaleOption = None

    def build(self, spec: BuildSpec) -> nn.Module:
        """A module from observations `[B, ...]` to quantiles `[B, A, K]`, or `[B, A]` where K is 1, the medians."""
        first, width = as_features(spec.observation_space, self.scale)
        activation = ACTIVATIONS[self.activation]
        trunk = nn.Sequential(*first, *hidden_layers(width, self.hidden[:-1], activation))
        features = [width, *self.hidden[:-1]][-1]
        return quantile_network(spec, trunk, features, self.hidden[-1:], activation, self.dueling, self.cosines)


@dataclass(frozen=True)
class QuantileCNN(QNetwork):
    """Convolutions whose features are multiplied by cosines of the quantile's fraction (Dabney et al., 2018b)."""

    reference: ClassVar[str] = papers.DABNEY_2018B

    preset: Annotated[Preset, Meta(description="whose layers, as of `cnn`")] = "nature"
    channels: Annotated[Channels, Meta(description="which axis of an image holds its channels, as of `cnn`")] = "auto"
    dueling: Streams = False
    cosines: Cosine = 64
    scale: ScaleOption = None

    def build(self, spec: BuildSpec) -> nn.Module:
        """A module from images `[B, ...]` to quantiles as of `QuantileMLP`. Raises OptionError as `cnn` does."""
        layers, features, hidden = image_features(spec, self.preset, self.channels, self.scale)
        trunk = nn.Sequential(*layers)
        return quantile_network(spec, trunk, features, (hidden,), nn.ReLU, self.dueling, self.cosines)


def quantile_network(
    spec: BuildSpec,
    trunk: nn.Module,
    features: int,
    hidden: Sequence[int],
    activation: type[nn.Module],
    dueling: bool,
    cosines: int,
) -> QuantileNetwork:
    """A trunk's `features`, the fraction, and after them `hidden` layers, in two streams where it is `dueling`."""
    embedding = nn.Sequential(Cosines(cosines), nn.Linear(cosines, features), nn.ReLU())
    actions = spec.actions
    if dueling:
        head: nn.Module = dueling_head(features, hidden, actions, 1, activation)
    else:
        layers = hidden_layers(features, hidden, activation)
        head = nn.Sequential(*layers, nn.Linear([features, *hidden][-1], actions))
    return QuantileNetwork(trunk, embedding, head, spec.outputs)


class Cosines(nn.Module):
    """Numbers in [0, 1] as `cos(pi * i * x)` for i from 0 on."""

    trailing = True

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def forward(self, x: Tensor) -> Tensor:
        """`[...]` -> `[..., count]`."""
        return (math.pi * torch.arange(self.count, device=x.device) * x.unsqueeze(-1)).cos()


class QuantileNetwork(nn.Module):
    """`head(trunk(x) * embedding(fraction))` for every fraction.

    The fractions are a buffer, `[1, K]`: middles of equal parts, unless others, `[1, K']` or one row for each
    observation, `[B, K']`, are put in their place.
    """

    fractions: Tensor

    def __init__(self, trunk: nn.Module, embedding: nn.Module, head: nn.Module, outputs: int) -> None:
        super().__init__()
        self.trunk, self.embedding, self.head, self.outputs = trunk, embedding, head, outputs
        self.register_buffer("fractions", midpoints(outputs).unsqueeze(0), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Observations `[B, ...]` -> `[B, A, K]`, or `[B, A]`."""
        return self._last(self.head(self.trunk(x).unsqueeze(-2) * self.embedding(self.fractions)))

    def lanes(self, lower: Lower, prefix: str) -> Predict:
        """The same in every lane at once."""
        trunk, head = lower(self.trunk, f"{prefix}trunk."), lower(self.head, f"{prefix}head.")
        embedding = lower(self.embedding, f"{prefix}embedding.")

        def run(params: Params, x: Tensor) -> Tensor:
            embedded = embedding(params, params[f"{prefix}fractions"])  # [L, 1 or B, K, F]
            return self._last(head(params, trunk(params, x).unsqueeze(-2) * embedded))

        return run

    def _last(self, quantiles: Tensor) -> Tensor:
        """`[..., K, A]` -> `[..., A, K]`, or `[..., A]` where the network gives one number per action."""
        return quantiles.squeeze(-2) if self.outputs == 1 else quantiles.transpose(-1, -2)
