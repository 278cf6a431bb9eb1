"""The network of "Beyond the Rainbow", with parts that can be left out one at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from rlzoo.components.networks.cnn import Channels, channels_first, image_features, with_head
from rlzoo.components.networks.inputs import ScaleOption
from rlzoo.components.networks.mlp import Layer
from rlzoo.contracts import BuildSpec, Meta, QNetwork
from rlzoo.lanes.layers import AsVector
from rlzoo_distributional.quantile_network import quantile_network
from rlzoo_exploration.noisy_linear import FactorisedNoisyLinear
from rlzoo_rainbow.papers import CLARK_2025, ESPEHOLT_2018, MIYATO_2018
from rlzoo_rainbow.spectral import SpectralConv2d

FILTERS = (16, 32, 32)
"""Of the three blocks of Impala, at a width of 1."""
HIDDEN = 512
"""Units of the hidden layer after them."""


@dataclass(frozen=True)
class BTRNetwork(QNetwork):
    """Impala's convolutions, an embedding of the fraction, and noisy dueling streams (Clark et al., 2025)."""

    reference: ClassVar[str] = f"{CLARK_2025}; {ESPEHOLT_2018}, for `impala`; {MIYATO_2018}, for `spectral`"

    convolutions: Annotated[
        Literal["impala", "nature", "minatar"],
        Meta(description="Impala's three residual blocks, or the layers and hidden units of that preset of `cnn`"),
    ] = "impala"
    width: (
        Annotated[int, Meta(ge=1, description="impala: multiplier of its 16, 32 and 32 filters; none means 2")] | None
    ) = None
    spectral: (
        Annotated[bool, Meta(description="impala: normalize the residual convolutions spectrally; none means true")]
        | None
    ) = None
    pool: (
        Annotated[
            int,
            Meta(ge=0, description="impala: side of images after adaptive max pooling; 0 disables it; none means 6"),
        ]
        | None
    ) = None
    quantiles: Annotated[bool, Meta(description="predict the quantiles at given fractions, as `iqn` does")] = True
    cosines: (
        Annotated[int, Meta(ge=1, description="quantiles: cosines in a fraction's embedding; none means 64")] | None
    ) = None
    dueling: Annotated[bool, Meta(description="use separate streams for state value and advantages")] = True
    sigma: (
        Annotated[
            float,
            Meta(gt=0, description="initial noise of linear layers over the root of their inputs; none: no noise"),
        ]
        | None
    ) = 0.5
    channels: Annotated[Channels, Meta(description="channel axis of images, as for `cnn`")] = "auto"
    scale: ScaleOption = None

    variants: ClassVar[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
        "convolutions": {"impala": ("width", "spectral", "pool")},
        "quantiles": {"True": ("cosines",)},
    }
    trials: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"env": "rlzoo-probe/image-v0", "train.steps": 80, "network.convolutions": "minatar"},
        {"env": "rlzoo-probe/image-v0", "train.steps": 80, "network.width": 1},
    )

    def build(self, spec: BuildSpec) -> nn.Module:
        """A module from images `[B, ...]` to `[B, A]`, or `[B, A, K]`. Raises OptionError as `cnn` does."""
        layers, features, hidden = self._features(spec)
        linear: Layer = nn.Linear if self.sigma is None else partial(FactorisedNoisyLinear, sigma=self.sigma)
        if not self.quantiles:
            return with_head(spec, layers, features, hidden, self.dueling, linear)
        trunk, cosines = nn.Sequential(*layers), self.cosines or 64
        return quantile_network(spec, trunk, features, (hidden,), nn.ReLU, self.dueling, cosines, linear)

    def _features(self, spec: BuildSpec) -> tuple[list[nn.Module], int, int]:
        """The layers from images to features, the number of features, and the units of the hidden layer."""
        if self.convolutions != "impala":
            return image_features(spec, self.convolutions, self.channels, self.scale)
        images = channels_first(spec, self.channels, self.scale)
        empty = images(torch.zeros(1, *spec.observation_space.shape or ()))
        layers = [
            *residual_blocks(empty.shape[1], self.width or 2, self.spectral is not False),
            nn.ReLU(),
            *([] if self.pool == 0 else [AdaptiveMaxPool(self.pool or 6)]),
            AsVector(3),
        ]
        with torch.no_grad():
            return [images, *layers], nn.Sequential(*layers)(empty).shape[1], HIDDEN


def residual_blocks(channels: int, width: int, spectral: bool) -> list[nn.Module]:
    """The three blocks of Impala for images `[B, channels, H, W]`."""
    sizes = [channels, *(width * filters for filters in FILTERS)]
    return [block(inputs, filters, spectral) for inputs, filters in pairwise(sizes)]


def block(inputs: int, filters: int, spectral: bool) -> nn.Module:
    """A convolution, max pooling that halves both sides, and two residual blocks (Espeholt et al., 2018, figure 3)."""
    pool = nn.MaxPool2d(3, stride=2, padding=1)
    convolution = nn.Conv2d(inputs, filters, 3, padding=1)
    return nn.Sequential(convolution, pool, Residual(filters, spectral), Residual(filters, spectral))


class Residual(nn.Module):
    """The input plus two convolutions of it, each after a ReLU."""

    def __init__(self, filters: int, spectral: bool) -> None:
        super().__init__()
        convolution = partial(SpectralConv2d if spectral else nn.Conv2d, filters, filters, 3, padding=1)
        self.first, self.second = convolution(), convolution()

    def forward(self, x: Tensor) -> Tensor:
        """`[B, C, H, W]` -> the same."""
        return x + self.second(self.first(x.relu()).relu())


class AdaptiveMaxPool(nn.Module):
    """Images of any size reduced to `side` x `side`, like `nn.AdaptiveMaxPool2d`, which has no counterpart in ONNX."""

    trailing = True

    def __init__(self, side: int) -> None:
        super().__init__()
        self.side = side

    def forward(self, x: Tensor) -> Tensor:
        """`[..., H, W]` -> `[..., side, side]`."""
        rows = [x[..., part, :].amax(-2) for part in self._parts(x.shape[-2])]
        x = torch.stack(rows, -2)
        return torch.stack([x[..., part].amax(-1) for part in self._parts(x.shape[-1])], -1)

    def _parts(self, size: int) -> list[slice]:
        """Where each of the equal parts of `size` pixels begins and ends; neighbours may share pixels."""
        return [slice(i * size // self.side, -(-(i + 1) * size // self.side)) for i in range(self.side)]
