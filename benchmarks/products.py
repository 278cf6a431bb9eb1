"""The bare matrix products of an update: the least work that its network requires.

The shapes are recorded while the objective runs on the network as PyTorch alone would run it for one lane, forward and
backward. They are replayed for all lanes as batched products into memory that is already there. A convolution counts as
the product of its patches with its filters; gathering the patches, activations, losses and the optimizer do not count.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.utils._python_dispatch import TorchDispatchMode

from rlzoo.contracts import Composition
from rlzoo.training.runner import Runner

aten = torch.ops.aten
Shape = tuple[int, int, int]


class Recorder(TorchDispatchMode):
    """Records `(m, k, n)` of every product `[m, k] x [k, n]`."""

    def __init__(self) -> None:
        super().__init__()
        self.shapes: list[Shape] = []

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        match function.overloadpacket:
            case aten.mm:
                self._product(*args[:2])
            case aten.addmm:
                self._product(*args[1:3])
            case aten.convolution:
                self.shapes.append(_convolution(args[1], result))
            case aten.convolution_backward:
                positions, inputs, outputs = _convolution(args[2], args[0])
                wanted = args[-1]  # gradients of the input, the weight and the bias
                self.shapes += [(positions, outputs, inputs)] * wanted[0] + [(inputs, positions, outputs)] * wanted[1]
        return result

    def _product(self, left: Tensor, right: Tensor) -> None:
        self.shapes.append((*left.shape, right.shape[1]))


def _convolution(weight: Tensor, output: Tensor) -> Shape:
    """Positions, numbers in a patch, channels out."""
    return output.shape[0] * output[0, 0].numel(), weight[0].numel(), weight.shape[0]


def recorded(composed: Composition) -> list[Shape]:
    """The products of one update of one lane."""
    runner = Runner(composed, [0], torch.device("cpu"))
    runner.begin()
    while not (runner.parts.buffer.ready and runner.clock.steps >= composed.train.batch_size):
        runner.step()
    batch, module = runner.parts.buffer.sample(composed.train.batch_size), runner.parts.networks[0]
    leaves = {name: leaf.detach()[None] for name, leaf in [*module.named_parameters(), *module.named_buffers()]}
    trained = {name: leaves[name].clone().requires_grad_() for name, _ in module.named_parameters()}
    with Recorder() as recorder:
        loss, _ = runner.parts.objective(_one_lane(module), leaves | trained, leaves, batch)
        torch.autograd.grad(loss.sum(), list(trained.values()), allow_unused=True)
    runner.close()
    return recorder.shapes


def _one_lane(module: nn.Module) -> Any:
    """The network's function of parameters and observations, as objectives call it."""

    def predict(params: dict[str, Tensor], x: Tensor) -> Tensor:
        return functional_call(module, {name: leaf[0] for name, leaf in params.items()}, (x[0],))[None]

    return predict


def _right(lanes: int, k: int, n: int) -> Tensor:
    """The right operand in the faster layout: narrow ones are up to four times as fast with contiguous columns."""
    return torch.randn(lanes, n, k).transpose(1, 2) if n < 16 else torch.randn(lanes, k, n)


class BareUpdate:
    """Call it to compute all products of an update once, in all lanes."""

    def __init__(self, shapes: list[Shape], lanes: int) -> None:
        self.work = [(torch.randn(lanes, m, k), _right(lanes, k, n), torch.empty(lanes, m, n)) for m, k, n in shapes]
        self.operations = 2 * lanes * sum(math.prod(shape) for shape in shapes)

    def __call__(self) -> None:
        for left, right, out in self.work:
            torch.bmm(left, right, out=out)
