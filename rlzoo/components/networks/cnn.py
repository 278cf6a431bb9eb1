"""Convolutional networks for images, with the layers of three papers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import numpy as np
import torch
from gymnasium.spaces import Space
from torch import nn

from rlzoo.components.networks.initial import InitialWeights, initialize
from rlzoo.components.networks.inputs import ScaleOption, per_action, scaling
from rlzoo.components.networks.mlp import Layer, dueling_head, hidden_layers
from rlzoo.contracts import BuildSpec, Meta, QNetwork
from rlzoo.contracts.errors import OptionError
from rlzoo.lanes.convolution import SparseConvReLU
from rlzoo.lanes.layers import AsVector, ChannelsFirst, ChannelsLast
from rlzoo.registry import papers


class Convolution(NamedTuple):
    """A convolution: number of filters, kernel size and stride in pixels."""

    filters: int
    side: int
    stride: int


Preset = Literal["2013", "nature", "minatar"]
Channels = Literal["auto", "first", "last"]
PRESETS: dict[str, tuple[tuple[Convolution, ...], int]] = {  # convolutions, units of the hidden layer after them
    "2013": ((Convolution(16, 8, 4), Convolution(32, 4, 2)), 256),
    "nature": ((Convolution(32, 8, 4), Convolution(64, 4, 2), Convolution(64, 3, 1)), 512),
    "minatar": ((Convolution(16, 3, 1),), 128),
}


@dataclass(frozen=True)
class CNN(QNetwork):
    """Convolutions and one hidden layer, as in Mnih et al. (2013, 2015) or Young & Tian (2019, MinAtar)."""

    reference: ClassVar[str] = (
        f"{papers.MNIH_2013}; {papers.MNIH_2015}; {papers.YOUNG_2019}; {papers.BA_2016}, for `layer_norm`"
    )

    preset: Annotated[Preset, Meta(description="layers of the 2013 or the Nature DQN, or of MinAtar")] = "nature"
    channels: Annotated[
        Channels,
        Meta(description="channel axis; auto: the shorter of the first and the last, or the last if equal"),
    ] = "auto"
    dueling: Annotated[bool, Meta(description="estimate state value and advantages in separate streams")] = False
    scale: ScaleOption = None
    layer_norm: Annotated[
        bool, Meta(description="normalize the channels of each pixel, and the hidden layer, before their activation")
    ] = False
    init: InitialWeights = "uniform"

    def build(self, spec: BuildSpec) -> nn.Module:
        """A module from images `[B, ...]` to `[B, A]`, or `[B, A, K]`.

        Raises OptionError where observations are not images, or too small for the preset.
        """
        options = self.preset, self.channels, self.dueling, self.scale
        return initialize(convolutional(spec, *options, layer_norm=self.layer_norm), self.init)


def convolutional(
    spec: BuildSpec,
    preset: Preset,
    channels: Channels,
    dueling: bool,
    scale: float | None,
    linear: Layer = nn.Linear,
    layer_norm: bool = False,
) -> nn.Module:
    """The module that `CNN` builds, before `init` and with any kind of linear layer.

    Raises OptionError as `CNN.build` does.
    """
    features = image_features(spec, preset, channels, scale, layer_norm)
    return with_head(spec, *features, dueling, linear, layer_norm)


def with_head(
    spec: BuildSpec,
    layers: list[nn.Module],
    width: int,
    hidden: int,
    dueling: bool,
    linear: Layer = nn.Linear,
    layer_norm: bool = False,
) -> nn.Module:
    """The layers with `width` features, then one hidden layer, in two streams if `dueling`."""
    actions = spec.actions
    if dueling:
        head: nn.Module = dueling_head(width, (hidden,), actions, spec.outputs, nn.ReLU, linear, layer_norm)
    else:
        last = hidden_layers(width, (hidden,), nn.ReLU, linear, layer_norm)
        head = nn.Sequential(*last, linear(hidden, actions * spec.outputs))
    return nn.Sequential(*layers, head, *per_action(spec.outputs))


def image_features(
    spec: BuildSpec, preset: Preset, channels: Channels, scale: float | None, layer_norm: bool = False
) -> tuple[list[nn.Module], int, int]:
    """The layers from images to features, the number of features, and the units of the hidden layer.

    Raises OptionError where observations are not images, or too small for the preset.
    """
    convolutions, hidden = PRESETS[preset]
    order = _channels(spec, channels)
    images = channels_first(spec, channels, scale)
    empty = images(torch.zeros(1, *spec.observation_space.shape or ()))
    layers: list[nn.Module] = [*_stack(convolutions, empty.shape[1], layer_norm), AsVector(3)]
    width = _width(nn.Sequential(*layers), empty, preset)
    first = layers[0]
    sparse = spec.observation_space.dtype == np.bool_ and scale in (None, 1) and order == "last"
    if sparse and not layer_norm and isinstance(first, nn.Conv2d) and first.stride == (1, 1):
        images, layers[:2] = nn.Sequential(), [SparseConvReLU(first, *empty.shape[2:])]
    return [images, nn.Sequential(*layers)], width, hidden


def channels_first(spec: BuildSpec, channels: Channels, scale: float | None) -> nn.Sequential:
    """The layers from images to float32 `[B, C, H, W]`. Raises OptionError where observations are not images."""
    return nn.Sequential(*scaling(spec.observation_space, scale), ChannelsFirst(_channels(spec, channels)))


def _channels(spec: BuildSpec, channels: Channels) -> str:
    shape = _image_shape(spec.observation_space)
    if len(shape) == 2:
        return "none"
    if channels != "auto":
        return channels
    return "first" if shape[0] < shape[-1] else "last"


def _stack(convolutions: tuple[Convolution, ...], channels: int, layer_norm: bool) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for filters, side, stride in convolutions:
        normalized = [ChannelsLast(), nn.LayerNorm(filters), ChannelsFirst("last")] if layer_norm else []
        layers += [nn.Conv2d(channels, filters, side, stride), *normalized, nn.ReLU()]
        channels = filters
    return layers


def _image_shape(space: Space[Any]) -> tuple[int, ...]:
    shape = space.shape or ()
    if len(shape) not in (2, 3):
        wanted = "images, (H, W), (H, W, C) or (C, H, W)"
        raise OptionError(f"a convolutional network needs {wanted}, not {shape}; try `mlp`")
    return shape


def _width(features: nn.Module, empty: torch.Tensor, preset: str) -> int:
    try:
        return int(np.prod(features(empty).shape[1:]))
    except RuntimeError:
        size = "x".join(map(str, empty.shape[2:]))
        raise OptionError(f"images of {size} pixels are too small for `network.preset={preset}`") from None
