"""Predictions of a network that remember how they were made, so that a loss can be differentiated."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from rlzoo.lanes.layer import LaneLayer
from rlzoo.lanes.params import Params, unroll


class Recording:
    """Predicts as `network` does, and afterwards gives the gradient of a loss to its parameters.

    For autograd, a prediction by the `trained` parameters is where the graph begins; from there back the layers
    themselves compute the gradient. Predictions by other parameters, or with inputs that need a gradient, are left to
    autograd. So an objective may use predictions and parameters in any way.
    """

    def __init__(self, network: LaneLayer, trained: Params) -> None:
        self.network, self.trained = network, trained
        self._calls: list[tuple[Params, Any, Tensor]] = []

    def __call__(self, params: Params, x: Tensor) -> Tensor:
        """`[L, B, ...]` -> the network's outputs `[L, B, A]` or `[L, B, A, K]`."""
        if not torch.is_grad_enabled() or x.requires_grad or not self._is_trained(params):
            return self.network(params, x)
        with torch.no_grad():
            out, saved = self.network.forward(params, x)
        self._calls.append((params, saved, out.detach().requires_grad_()))
        return self._calls[-1][-1]

    def unroll(self, params: Params, x: Tensor, memory: Tensor, begins: Tensor) -> tuple[Tensor, Tensor]:
        """Outputs and memory of each step of sequences; see `rlzoo.lanes.params.unroll`. All is left to autograd."""
        return unroll(self.network, params, x, memory, begins)

    def backward(self, loss: Tensor, grads: Params, weight: Tensor | None = None) -> None:
        """Add the gradient of `loss`, or of `(weight * loss).sum()`, to `grads` by the parameters' names."""
        outputs = [out for _, _, out in self._calls]
        found = torch.autograd.grad(loss, [*outputs, *self.trained.values()], weight, allow_unused=True)
        with torch.no_grad():
            for (params, saved, _), gradient in zip(self._calls, found, strict=False):
                if gradient is not None:
                    self.network.backward(params, grads, saved, gradient, wanted=False)
            for name, gradient in zip(self.trained, found[len(outputs) :], strict=True):
                if gradient is not None:
                    grads[name].add_(gradient)

    def backward_from(self, slope: Tensor, grads: Params) -> None:
        """The same from the gradient of the outputs, for the only prediction by the trained parameters."""
        ((params, saved, _),) = self._calls
        with torch.no_grad():
            self.network.backward(params, grads, saved, slope, wanted=False)

    def _is_trained(self, params: Params) -> bool:
        """Whether these are the trained parameters, and nothing else needs a gradient."""
        known = all(leaf is self.trained.get(name) or not leaf.requires_grad for name, leaf in params.items())
        return known and all(params.get(name) is leaf for name, leaf in self.trained.items())
