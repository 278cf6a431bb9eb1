"""The convolutions of all lanes, with their gradients in closed form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from rlzoo.lanes import sparse_kernels
from rlzoo.lanes.dense import Dense, dense_kernel
from rlzoo.lanes.kernels import NetworkKernel
from rlzoo.lanes.layer import Autograd, Chain, LaneLayer, ReLU
from rlzoo.lanes.layers import Lower
from rlzoo.lanes.params import Params

LAST = torch.channels_last
"""With the channels last in memory, gradients of a convolution are faster by a fifth."""


class Convolution(LaneLayer):
    """An `nn.Conv2d` in every lane, one lane after another: images are large enough to keep a core busy."""

    def __init__(self, module: nn.Conv2d, prefix: str) -> None:
        assert not isinstance(module.padding, str)
        self.weight, self.bias = f"{prefix}weight", f"{prefix}bias" if module.bias is not None else None
        self.stride, self.padding = module.stride, module.padding
        self.dilation, self.groups = module.dilation, module.groups

    def __call__(self, params: Params, x: Tensor) -> Tensor:
        """`[L, B, C, H, W]` -> `[L, B, filters, h, w]`."""
        weight = params[self.weight]
        bias = [None] * len(x) if self.bias is None else params[self.bias]
        return torch.stack([self._lane(*parts) for parts in zip(x.to(weight.dtype), weight, bias, strict=True)])

    def forward(self, params: Params, x: Tensor) -> tuple[Tensor, Any]:
        """The output, and the input."""
        return self(params, x), x

    def backward(self, params: Params, grads: Params, saved: Any, gradient: Tensor, wanted: bool) -> Tensor | None:
        """The three gradients of each lane."""
        weight = params[self.weight]
        x, of_x = saved.to(weight.dtype), []
        for lane in range(len(x)):
            of_input, of_weight, of_bias = self._lane_backward(x[lane], weight[lane], gradient[lane], wanted)
            grads[self.weight][lane].add_(of_weight)
            if self.bias is not None:
                grads[self.bias][lane].add_(of_bias)
            of_x.append(of_input)
        return torch.stack(of_x) if wanted else None

    def _lane(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        weight = weight.contiguous(memory_format=LAST)
        return functional.conv2d(x, weight, bias, self.stride, self.padding, self.dilation, self.groups)

    def _lane_backward(self, x: Tensor, weight: Tensor, gradient: Tensor, wanted: bool) -> tuple[Tensor, ...]:
        gradient, weight = gradient.contiguous(memory_format=LAST), weight.contiguous(memory_format=LAST)
        how = self.stride, self.padding, self.dilation, False, (0, 0), self.groups
        mask = wanted, True, self.bias is not None
        return torch.ops.aten.convolution_backward(gradient, x, weight, (len(weight),), *how, mask)


class SparseConvReLU(nn.Module):
    """A convolution and ReLU of images of bool in which most numbers are zero, as in MinAtar: on a CPU they are free.

    It takes over the parameters of `convolution`, which has the default padding, dilation, groups and stride.
    """

    def __init__(self, convolution: nn.Conv2d, height: int, width: int) -> None:
        super().__init__()
        assert convolution.bias is not None
        self.weight, self.bias = convolution.weight, convolution.bias
        self.lanes_of_dense, self.image = partial(Convolution, convolution), (height, width)

    def forward(self, x: Tensor) -> Tensor:
        """Bool `[B, H, W, C]` -> `[B, filters, h, w]`."""
        return functional.conv2d(x.movedim(-1, 1).to(self.weight.dtype), self.weight, self.bias).relu()

    def lanes(self, lower: Lower, prefix: str) -> LaneLayer:
        """All lanes in one compiled loop."""
        channels_first = Autograd(lambda _, x: x.movedim(-1, 2), prefix, trained=False)
        dense = Chain([channels_first, self.lanes_of_dense(prefix), ReLU()])
        return SparseConvolution(prefix, dense, self.image, tuple(self.weight.shape))


class SparseConvolution(LaneLayer):
    """Visits only the numbers that are not zero; for MinAtar's images a fourth of the time of products."""

    def __init__(self, prefix: str, dense: LaneLayer, image: tuple[int, int], shape: tuple[int, ...]) -> None:
        self.weight, self.bias, self.dense_layers = f"{prefix}weight", f"{prefix}bias", dense
        self.image, self.shape = image, shape

    def __call__(self, params: Params, x: Tensor) -> Tensor:
        """Bool `[L, B, H, W, C]` -> `[L, B, filters, h, w]`."""
        if x.is_cuda or (torch.is_grad_enabled() and params[self.weight].requires_grad):
            return self.dense_layers(params, x)
        weight, bias = (params[name].detach().contiguous() for name in (self.weight, self.bias))
        filters, side = weight.shape[1], weight.shape[-1]
        out = weight.new_empty(*x.shape[:2], filters, x.shape[2] - side + 1, x.shape[3] - side + 1)
        sparse_kernels.convolve(x.contiguous().numpy(), weight.numpy(), bias.numpy(), out.numpy())
        return out

    def forward(self, params: Params, x: Tensor) -> tuple[Tensor, Any]:
        """The output, and what `backward` needs."""
        if x.is_cuda:
            return self.dense_layers.forward(params, x)
        out = self(params, x)
        return out, (x, out)

    def backward(self, params: Params, grads: Params, saved: Any, gradient: Tensor, wanted: bool) -> Tensor | None:
        """The gradients of the parameters; images of bool have none."""
        if gradient.is_cuda:
            return self.dense_layers.backward(params, grads, saved, gradient, wanted)
        x, out = saved
        slope = gradient.contiguous()
        weight, bias = (torch.empty(params[name].shape) for name in (self.weight, self.bias))
        sparse_kernels.gradients(x.contiguous().numpy(), slope.numpy(), out.numpy(), weight.numpy(), bias.numpy())
        grads[self.weight].add_(weight)
        grads[self.bias].add_(bias)
        return None

    def kernel_before(self, layers: Sequence[Dense], starts: Mapping[str, int]) -> NetworkKernel | None:
        """A compiled function of one image."""
        rest = dense_kernel(layers, starts)
        if rest is None or self.weight not in starts or self.bias not in starts:
            return None
        (height, width), (filters, channels, side, _) = self.image, self.shape
        head = [(starts[self.weight], starts[self.bias], height, width, channels, filters), (side, 0, 0, 0, 0, 0)]
        features = filters * (height - side + 1) * (width - side + 1)
        return NetworkKernel(
            sparse_kernels.forward,
            np.concatenate([np.array(head, np.int64), rest.layout]),
            max(features, rest.width),
            rest.outputs,
        )
