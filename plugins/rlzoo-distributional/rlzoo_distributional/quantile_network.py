"""Networks that predict the quantiles at given fractions."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import torch
from torch import Tensor, nn

from rlzoo.components.networks.cnn import Channels, Preset, image_features
from rlzoo.components.networks.inputs import ScaleOption, as_features
from rlzoo.components.networks.mlp import ACTIVATIONS, Activation, Layer, Units, dueling_head, hidden_layers
from rlzoo.contracts import BuildSpec, Meta, QNetwork
from rlzoo.lanes.layer import LaneByLane, LaneLayer
from rlzoo.lanes.layers import Lower
from rlzoo.lanes.params import Params
from rlzoo_distributional import papers
from rlzoo_distributional.quantiles import midpoints

Cosine = Annotated[int, Meta(ge=1, description="number of cosines in the embedding of a fraction")]
Streams = Annotated[bool, Meta(description="use separate streams for state value and advantages")]


@dataclass(frozen=True)
class QuantileMLP(QNetwork):
    """Multilayer perceptron, its features multiplied by an embedding of the fraction (Dabney et al., 2018b)."""

    reference: ClassVar[str] = papers.DABNEY_2018B

    hidden: Annotated[
        tuple[Units, ...], Meta(description="units per hidden layer; the fraction enters before the last one")
    ] = (120, 84)
    activation: Annotated[Activation, Meta(description="activation after each hidden layer")] = "relu"
    dueling: Streams = False
    cosines: Cosine = 64
    scale: ScaleOption = None

    def build(self, spec: BuildSpec) -> nn.Module:
        """Build a module from observations `[B, ...]` to quantiles `[B, A, K]`, or to medians `[B, A]` if K is 1."""
        first, width = as_features(spec.observation_space, self.scale)
        activation = ACTIVATIONS[self.activation]
        trunk = nn.Sequential(*first, *hidden_layers(width, self.hidden[:-1], activation))
        features = [width, *self.hidden[:-1]][-1]
        return quantile_network(spec, trunk, features, self.hidden[-1:], activation, self.dueling, self.cosines)


@dataclass(frozen=True)
class QuantileCNN(QNetwork):
    """Convolutional network, its features multiplied by an embedding of the fraction (Dabney et al., 2018b)."""

    reference: ClassVar[str] = papers.DABNEY_2018B

    preset: Annotated[Preset, Meta(description="layer sizes, as in `cnn`")] = "nature"
    channels: Annotated[Channels, Meta(description="channel axis of an image, as in `cnn`")] = "auto"
    dueling: Streams = False
    cosines: Cosine = 64
    scale: ScaleOption = None

    def build(self, spec: BuildSpec) -> nn.Module:
        """Build a module from images `[B, ...]` to quantiles as in `QuantileMLP`. Raises OptionError as `cnn` does."""
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
    linear: Layer = nn.Linear,
) -> QuantileNetwork:
    """A trunk with `features` outputs, the fraction embedding, and `hidden` layers, in two streams if `dueling`.

    `linear` makes the layers after the embedding.
    """
    embedding = nn.Sequential(Cosines(cosines), nn.Linear(cosines, features), nn.ReLU())
    actions = spec.actions
    if dueling:
        head: nn.Module = dueling_head(features, hidden, actions, 1, activation, linear)
    else:
        layers = hidden_layers(features, hidden, activation, linear)
        head = nn.Sequential(*layers, linear([features, *hidden][-1], actions))
    return QuantileNetwork(trunk, embedding, head, spec.outputs)


class Cosines(nn.Module):
    """Embeds a number x as `cos(pi * i * x)` for i from 0 to count - 1."""

    trailing = True

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def forward(self, x: Tensor) -> Tensor:
        """`[...]` -> `[..., count]`."""
        return (math.pi * torch.arange(self.count, device=x.device) * x.unsqueeze(-1)).cos()


class QuantileNetwork(nn.Module):
    """Computes `head(trunk(x) * embedding(fraction))` for every fraction.

    The fractions are a buffer, by default the midpoints of equal intervals, `[1, K]`. An objective may replace them
    with others, `[1, K']`, or with one row per observation, `[B, K']`.
    """

    fractions: Tensor

    def __init__(self, trunk: nn.Module, embedding: nn.Module, head: nn.Module, outputs: int) -> None:
        super().__init__()
        self.trunk, self.embedding, self.head, self.outputs = trunk, embedding, head, outputs
        self.register_buffer("fractions", midpoints(outputs).unsqueeze(0), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Observations `[B, ...]` -> `[B, A, K]`, or `[B, A]`."""
        return self.transposed(self.head(self.trunk(x).unsqueeze(-2) * self.embedding(self.fractions)))

    def lanes(self, lower: Lower, prefix: str) -> LaneLayer:
        """The same for all lanes at once."""
        trunk, head = lower(self.trunk, f"{prefix}trunk."), lower(self.head, f"{prefix}head.")
        embedding = lower(self.embedding, f"{prefix}embedding.")
        return LaneByLane(QuantileLanes(trunk, embedding, head, f"{prefix}fractions", self.transposed))

    def transposed(self, quantiles: Tensor) -> Tensor:
        """`[..., K, A]` -> `[..., A, K]`, or `[..., A]` if the network outputs one number per action."""
        return quantiles.squeeze(-2) if self.outputs == 1 else quantiles.transpose(-1, -2)


class QuantileLanes(LaneLayer):
    """A `QuantileNetwork` in every lane; its `fractions` have no gradient."""

    def __init__(
        self,
        trunk: LaneLayer,
        embedding: LaneLayer,
        head: LaneLayer,
        fractions: str,
        transposed: Callable[[Tensor], Tensor],
    ) -> None:
        self.trunk, self.embedding, self.head = trunk, embedding, head
        self.fractions, self.transposed = fractions, transposed
        self.by_autograd = [*trunk.by_autograd, *embedding.by_autograd, *head.by_autograd]

    def features(self, params: Params, x: Tensor) -> Tensor | None:
        """Those of its head, for all fractions: `[L, B, K, F]`."""
        embedded = self.embedding(params, params[self.fractions])
        return self.head.features(params, self.trunk(params, x).unsqueeze(-2) * embedded)

    def __call__(self, params: Params, x: Tensor) -> Tensor:
        """Observations `[L, B, ...]` -> `[L, B, A, K]`, or `[L, B, A]`."""
        embedded = self.embedding(params, params[self.fractions])  # [L, 1 or B, K, F]
        return self.transposed(self.head(params, self.trunk(params, x).unsqueeze(-2) * embedded))

    def forward(self, params: Params, x: Tensor) -> tuple[Tensor, Any]:
        """The output, and what the three parts saved and gave."""
        features, of_trunk = self.trunk.forward(params, x)
        embedded, of_embedding = self.embedding.forward(params, params[self.fractions])
        out, of_head = self.head.forward(params, features.unsqueeze(-2) * embedded)
        return self.transposed(out), (features, embedded, of_trunk, of_embedding, of_head)

    def backward(self, params: Params, grads: Params, saved: Any, gradient: Tensor, wanted: bool) -> Tensor | None:
        """The factors of the product get the gradient times the other factor, summed where they were repeated."""
        features, embedded, of_trunk, of_embedding, of_head = saved
        by_quantile = gradient.unsqueeze(-2) if gradient.dim() == 3 else gradient.transpose(-1, -2)  # [L, B, K, A]
        slope = self.head.backward(params, grads, of_head, by_quantile, wanted=True)  # [L, B, K, F]
        assert slope is not None
        by_embedding = slope * features.unsqueeze(-2)
        if len(embedded[0]) == 1:  # the same fractions for all observations
            by_embedding = by_embedding.sum(1, keepdim=True)
        self.embedding.backward(params, grads, of_embedding, by_embedding, wanted=False)
        return self.trunk.backward(params, grads, of_trunk, (slope * embedded).sum(-2), wanted)
