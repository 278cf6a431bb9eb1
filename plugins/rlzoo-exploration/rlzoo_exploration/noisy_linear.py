"""Linear layers with learned noise in every weight (Fortunato et al., 2018).

Both compute `x @ (mu + sigma * noise).T`. They differ in where the noise of a weight comes from, and start from
different weights. The noise is in buffers, which are zero unless the learner fills them with standard normal numbers.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from rlzoo.lanes.layer import LaneLayer
from rlzoo.lanes.layers import Lower
from rlzoo.lanes.linear import linear, linear_backward
from rlzoo.lanes.params import Params

LEAVES = ("weight_mu", "bias_mu", "weight_sigma", "bias_sigma")


class NoisyLinear(nn.Module, ABC):
    """Mean and noise scale of every weight and bias; subclasses define the noise."""

    noise: tuple[str, str]
    """Names of the buffers that hold standard normal numbers."""

    def __init__(self, inputs: int, outputs: int, bound: float, sigma: float) -> None:
        super().__init__()
        self.weight_mu = nn.Parameter(torch.empty(outputs, inputs).uniform_(-bound, bound))
        self.bias_mu = nn.Parameter(torch.empty(outputs).uniform_(-bound, bound))
        self.weight_sigma = nn.Parameter(torch.full((outputs, inputs), sigma))
        self.bias_sigma = nn.Parameter(torch.full((outputs,), sigma))

    @staticmethod
    @abstractmethod
    def shaped(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        """The noise of weights `[..., out, in]` and biases `[..., out]` from the two buffers."""

    def forward(self, x: Tensor) -> Tensor:
        """`[..., in]` -> `[..., out]`."""
        weight_noise, bias_noise = self.shaped(*(getattr(self, name) for name in self.noise))
        weight = self.weight_mu + self.weight_sigma * weight_noise
        return functional.linear(x, weight, self.bias_mu + self.bias_sigma * bias_noise)

    def lanes(self, lower: Lower, prefix: str) -> LaneLayer:
        """The same in every lane at once: noise is elementwise, and the product is a linear layer's."""
        return NoisyLanes(self, prefix)


class NoisyLanes(LaneLayer):
    """A `NoisyLinear` in every lane."""

    fresh = True

    def __init__(self, module: NoisyLinear, prefix: str) -> None:
        self.shaped = module.shaped
        self.leaves, self.noise = ([f"{prefix}{name}" for name in names] for names in (LEAVES, module.noise))

    def features(self, params: Params, x: Tensor) -> Tensor:
        """Its input."""
        return x

    def __call__(self, params: Params, x: Tensor) -> Tensor:
        """`[L, B, ..., in]` -> `[L, B, ..., out]`."""
        return linear(x, *self._drawn(params)[:2])

    def forward(self, params: Params, x: Tensor) -> tuple[Tensor, Any]:
        """The output, the input, and the weights and noise it was multiplied with."""
        drawn = self._drawn(params)
        return linear(x, *drawn[:2]), (x, drawn)

    def backward(self, params: Params, grads: Params, saved: Any, gradient: Tensor, wanted: bool) -> Tensor | None:
        """A scale gets the gradient of its weight times the noise."""
        x, (weight, bias, *noise) = saved
        of_weight, of_bias = torch.zeros_like(weight), torch.zeros_like(bias)
        back = linear_backward(x, weight, of_weight, of_bias, gradient, wanted)
        weight_mu, bias_mu, weight_sigma, bias_sigma = (grads[name] for name in self.leaves)
        for mean, scale, found, drawn in zip(
            (weight_mu, bias_mu), (weight_sigma, bias_sigma), (of_weight, of_bias), noise, strict=True
        ):
            mean.add_(found)
            scale.addcmul_(found, drawn)
        return back

    def _drawn(self, params: Params) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Weights and biases under the current noise, and that noise."""
        weight_mu, bias_mu, weight_sigma, bias_sigma = (params[name] for name in self.leaves)
        weight_noise, bias_noise = self.shaped(*(params[name] for name in self.noise))
        weight = torch.addcmul(weight_mu, weight_sigma, weight_noise)
        return weight, torch.addcmul(bias_mu, bias_sigma, bias_noise), weight_noise, bias_noise


class FactorisedNoisyLinear(NoisyLinear):
    """Noise of a weight: the product of one number for its input and one for its output, `f(x) = sign(x) sqrt|x|`."""

    noise = ("noise_in", "noise_out")

    def __init__(self, inputs: int, outputs: int, sigma: float) -> None:
        super().__init__(inputs, outputs, 1 / math.sqrt(inputs), sigma / math.sqrt(inputs))
        self.register_buffer("noise_in", torch.zeros(inputs), persistent=False)
        self.register_buffer("noise_out", torch.zeros(outputs), persistent=False)

    @staticmethod
    def shaped(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        """Numbers of inputs `[..., in]` and outputs `[..., out]` -> noise `[..., out, in]` and `[..., out]`."""
        of_input, of_output = (x.sign() * x.abs().sqrt() for x in (first, second))
        return of_output.unsqueeze(-1) * of_input.unsqueeze(-2), of_output


class IndependentNoisyLinear(NoisyLinear):
    """One random number per weight and bias."""

    noise = ("noise_weight", "noise_bias")

    def __init__(self, inputs: int, outputs: int, sigma: float) -> None:
        super().__init__(inputs, outputs, math.sqrt(3 / inputs), sigma)
        self.register_buffer("noise_weight", torch.zeros(outputs, inputs), persistent=False)
        self.register_buffer("noise_bias", torch.zeros(outputs), persistent=False)

    @staticmethod
    def shaped(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        """The buffers as they are."""
        return first, second
