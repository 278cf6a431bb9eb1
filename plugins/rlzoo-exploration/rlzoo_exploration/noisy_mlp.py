"""Fully connected layers with learned noise in every weight."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated, ClassVar, Literal

from torch import nn

from rlzoo.components.networks.inputs import ScaleOption
from rlzoo.components.networks.mlp import ACTIVATIONS, Activation, Layer, Units, perceptron
from rlzoo.contracts import BuildSpec, Meta, QNetwork
from rlzoo_exploration import papers
from rlzoo_exploration.noisy_linear import FactorisedNoisyLinear, IndependentNoisyLinear


@dataclass(frozen=True)
class NoisyMLP(QNetwork):
    """A multi-layer perceptron with learned noise in its weights (Fortunato et al., 2018)."""

    reference: ClassVar[str] = papers.FORTUNATO_2018

    hidden: Annotated[tuple[Units, ...], Meta(description="units of each hidden layer")] = (120, 84)
    activation: Annotated[Activation, Meta(description="activation after each hidden layer")] = "relu"
    dueling: Annotated[bool, Meta(description="use separate streams for state value and advantages")] = False
    noise: Annotated[
        Literal["factorised", "independent"],
        Meta(description="one random number per input and output of a layer, or one per weight"),
    ] = "factorised"
    sigma: (
        Annotated[
            float,
            Meta(
                gt=0,
                description="initial noise; factorised: divided by the square root of a layer's inputs; "
                "none means the paper's, 0.5 (factorised) or 0.017 (independent)",
            ),
        ]
        | None
    ) = None
    scale: ScaleOption = None

    def build(self, spec: BuildSpec) -> nn.Module:
        """A module from observations `[B, ...]` to `[B, A]`, or `[B, A, K]`."""
        activation = ACTIVATIONS[self.activation]
        return perceptron(spec, self.scale, self.hidden, activation, self.dueling, self._layer())

    def _layer(self) -> Layer:
        if self.noise == "factorised":
            return partial(FactorisedNoisyLinear, sigma=0.5 if self.sigma is None else self.sigma)
        return partial(IndependentNoisyLinear, sigma=0.017 if self.sigma is None else self.sigma)
