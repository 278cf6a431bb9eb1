"""Separate networks for the three parts of a normalized advantage function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import torch
from torch import Tensor, nn

from rlzoo.components.networks.inputs import ScaleOption, as_features, per_action
from rlzoo.components.networks.mlp import ACTIVATIONS, Activation, Units, hidden_layers
from rlzoo.contracts import BuildSpec, Meta, QNetwork
from rlzoo.contracts.errors import OptionError
from rlzoo.lanes.layer import LaneLayer
from rlzoo.lanes.layers import Lower
from rlzoo.lanes.params import Params
from rlzoo_continuous import papers
from rlzoo_continuous.bounds import bounds_of


@dataclass(frozen=True)
class NAFNetwork(QNetwork):
    """Three perceptrons, for the value, the best action and the matrix of NAF, as in keras-rl."""

    flattens: ClassVar[bool] = True
    reference: ClassVar[str] = papers.KERAS_RL
    trials: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {
            "env": "rlzoo-probe/continuous-v0",
            "objective": "naf",
            "exploration": "gaussian",
            "network.matrix_hidden": (8,),
        },
    )

    hidden: Annotated[tuple[Units, ...], Meta(description="units of each hidden layer of V and mu")] = (16, 16, 16)
    matrix_hidden: Annotated[tuple[Units, ...], Meta(description="units of each hidden layer of L")] = (32, 32, 32)
    activation: Annotated[Activation, Meta(description="activation after each hidden layer")] = "relu"
    scale: ScaleOption = None

    def build(self, spec: BuildSpec) -> nn.Module:
        """A module from observations `[B, ...]` to `[B, 1, K]`. Raises OptionError for objectives other than `naf`."""
        size = bounds_of(spec, "network=naf").size
        entries = size * (size + 1) // 2
        if spec.outputs != 1 + size + entries:
            raise OptionError("`network=naf` gives what `objective=naf` needs; choose both, or another network")
        first, width = as_features(spec.observation_space, self.scale)

        def perceptron(hidden: Sequence[int], outputs: int) -> nn.Module:
            layers = hidden_layers(width, hidden, ACTIVATIONS[self.activation])
            return nn.Sequential(*layers, nn.Linear([width, *hidden][-1], outputs))

        parts = perceptron(self.hidden, 1), perceptron(self.hidden, size), perceptron(self.matrix_hidden, entries)
        return nn.Sequential(*first, SideBySide(*parts), *per_action(spec.outputs))


class SideBySide(nn.Module):
    """Several modules on the same input, their outputs one after another."""

    def __init__(self, *parts: nn.Module) -> None:
        super().__init__()
        self.parts = nn.ModuleList(parts)

    def forward(self, x: Tensor) -> Tensor:
        """Features `[..., F]` -> the outputs of all parts, `[..., K]`."""
        return torch.cat([part(x) for part in self.parts], -1)

    def lanes(self, lower: Lower, prefix: str) -> LaneLayer:
        """The same for all lanes at once."""
        return SideBySideLanes([lower(part, f"{prefix}parts.{place}.") for place, part in enumerate(self.parts)])


class SideBySideLanes(LaneLayer):
    """All parts of a `SideBySide`, in every lane."""

    def __init__(self, parts: Sequence[LaneLayer]) -> None:
        self.parts = parts
        self.by_autograd = [name for part in parts for name in part.by_autograd]

    def __call__(self, params: Params, x: Tensor) -> Tensor:
        """Features `[L, ..., F]` -> `[L, ..., K]`."""
        return torch.cat([part(params, x) for part in self.parts], -1)

    def forward(self, params: Params, x: Tensor) -> tuple[Tensor, Any]:
        """The output, and what each part saved, with the number of its outputs."""
        outputs, saved = zip(*(part.forward(params, x) for part in self.parts), strict=True)
        return torch.cat(outputs, -1), (saved, [output.shape[-1] for output in outputs])

    def backward(self, params: Params, grads: Params, saved: Any, gradient: Tensor, wanted: bool) -> Tensor | None:
        """Each part gets its share of the gradient; their input gets the sum."""
        total: Tensor | None = None
        for part, kept, share in zip(self.parts, saved[0], gradient.split(saved[1], -1), strict=True):
            found = part.backward(params, grads, kept, share.contiguous(), wanted)
            if found is not None:
                total = found if total is None else total + found
        return total
