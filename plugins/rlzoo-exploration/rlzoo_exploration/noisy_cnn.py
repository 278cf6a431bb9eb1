"""Convolutions, followed by linear layers with learned noise in every weight."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated, ClassVar

from torch import nn

from rlzoo.components.networks.cnn import Channels, Preset, convolutional
from rlzoo.components.networks.inputs import ScaleOption
from rlzoo.contracts import BuildSpec, Meta, QNetwork
from rlzoo_exploration import papers
from rlzoo_exploration.noisy_linear import FactorisedNoisyLinear


@dataclass(frozen=True)
class NoisyCNN(QNetwork):
    """Convolutions and linear layers with factorised noise (Fortunato et al., 2018)."""

    reference: ClassVar[str] = papers.FORTUNATO_2018

    preset: Annotated[Preset, Meta(description="layer sizes, as for `cnn`")] = "nature"
    channels: Annotated[Channels, Meta(description="channel axis of images, as for `cnn`")] = "auto"
    dueling: Annotated[bool, Meta(description="use separate streams for state value and advantages")] = False
    sigma: Annotated[float, Meta(gt=0, description="initial noise, divided by the root of a layer's inputs")] = 0.5
    scale: ScaleOption = None

    def build(self, spec: BuildSpec) -> nn.Module:
        """A module from images `[B, ...]` to `[B, A]`, or `[B, A, K]`. Raises OptionError as `cnn` does."""
        layer = partial(FactorisedNoisyLinear, sigma=self.sigma)
        return convolutional(spec, self.preset, self.channels, self.dueling, self.scale, layer)
