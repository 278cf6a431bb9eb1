"""A network that gives the quantiles it is asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from torch import Tensor, nn

from rlzoo.interfaces import BuildSpec, Params, Predict
from rlzoo.lanes.layers import Lower
from rlzoo.networks.inputs import ScaleOption, as_features
from rlzoo.networks.mlp import ACTIVATIONS, Activation, Units, dueling_head, hidden_layers
from rlzoo.options import Meta
from rlzoo_distributional import papers
from rlzoo_distributional.quantiles import midpoints


@dataclass(frozen=True)
class QuantileMLP:
    """A perceptron whose features are multiplied by cosines of the quantile's fraction (Dabney et al., 2018b)."""

    reference: ClassVar[str] = papers.DABNEY_2018B

    hidden: Annotated[
        tuple[Units, ...], Meta(description="units of each hidden layer; the fraction comes in before the last")
    ] = (120, 84)
    activation: Annotated[Activation, Meta(description="what follows each hidden layer")] = "relu"
    dueling: Annotated[bool, Meta(description="give state value and advantages streams of their own")] = False
    cosines: Annotated[int, Meta(ge=1, description="how many a fraction is embedded in")] = 64
    scale: ScaleOption = None

    def build(self, spec: BuildSpec) -> nn.Module:
        """A module from observations `[B, ...]` to quantiles `[B, A, K]`, or `[B, A]` where K is 1, the medians."""
        first, width = as_features(spec.observation_space, self.scale)
        activation = ACTIVATIONS[self.activation]
        trunk = nn.Sequential(*first, *hidden_layers(width, self.hidden[:-1], activation))
        features = [width, *self.hidden[:-1]][-1]
        embedding = nn.Sequential(Cosines(self.cosines), nn.Linear(self.cosines, features), nn.ReLU())
        return QuantileNetwork(trunk, embedding, self._head(features, int(spec.action_space.n)), spec.outputs)

    def _head(self, features: int, actions: int) -> nn.Module:
        activation = ACTIVATIONS[self.activation]
        if self.dueling:
            return dueling_head(features, self.hidden[-1:], actions, 1, activation)
        last = hidden_layers(features, self.hidden[-1:], activation)
        return nn.Sequential(*last, nn.Linear([features, *self.hidden[-1:]][-1], actions))


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
