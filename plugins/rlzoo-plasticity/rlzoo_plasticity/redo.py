"""ReDo: dormant units are recycled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Annotated, Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call

from rlzoo.components.interventions.periodic import PeriodicIntervention
from rlzoo.contracts import BuildSpec, Component, Intervention, Learning, Meta, State
from rlzoo.contracts.errors import OptionError
from rlzoo.lanes.clock import Clock
from rlzoo.lanes.convolution import SparseConvReLU
from rlzoo_plasticity import papers
from rlzoo_plasticity.layers import Layer, layers_of

WITH_UNITS = (nn.Linear, nn.Conv2d, SparseConvReLU)


@dataclass(frozen=True)
class ReDo(Component):
    """Recycle dormant units: new incoming weights, outgoing weights of zero, moments of zero (Sokar et al., 2023)."""

    reference: ClassVar[str] = papers.SOKAR_2023

    threshold: Annotated[
        float, Meta(ge=0, description="a unit is dormant if its activity is at most this fraction of its layer's mean")
    ] = 0.025
    period: Annotated[int, Meta(ge=1, description="updates between two interventions")] = 1_000

    def build(self, spec: BuildSpec) -> Intervention:
        """Build the intervention."""
        return Recycling(self, spec.lanes)


class Recycling(PeriodicIntervention):
    """Activity is the mean of a unit's absolute output, over the states of the last batch and the pixels."""

    def __init__(self, options: ReDo, lanes: int) -> None:
        super().__init__(options.period)
        self.threshold = options.threshold
        self.recycled = np.zeros(lanes, np.int64)

    def check(self, module: nn.Module) -> None:
        """Raise OptionError unless linear layers and convolutions follow one another."""
        known = (nn.Sequential, nn.LayerNorm, *WITH_UNITS)
        in_order = all(type(part) in known for part in module.modules() if _has_parameters(part))
        if not in_order or len(layers_of(module)) < 2:
            raise OptionError(
                "`intervention=redo` needs a network of at least two linear layers or convolutions, one after another, "
                "such as `mlp` or `cnn` without `network.dueling`"
            )

    def intervene(self, learning: Learning, clock: Clock) -> None:
        """Recycle the dormant units of every lane, all layers at once."""
        fresh, layers = learning.initial_weights(), layers_of(learning.module)
        zeros = {name: torch.zeros_like(leaf) for name, leaf in fresh.items()}
        for lane in range(len(self.recycled)):
            online = _of_lane(learning.online, lane)
            active = activities(learning.module, online, learning.observation[lane])
            dormant = [is_dormant(activity, self.threshold) for activity in active]
            recycle(dormant, layers, online, _of_lane(fresh, lane))
            for moment in learning.moments:
                recycle(dormant, layers, _of_lane(moment, lane), _of_lane(zeros, lane))
            self.recycled[lane] += sum(int(units.sum()) for units in dormant)

    def metrics(self, clock: Clock) -> Mapping[str, Any]:
        """The number of units recycled until now."""
        return {"recycled": self.recycled.copy()}

    def state(self) -> State:
        """The number of interventions and of recycled units."""
        return {**super().state(), "recycled": self.recycled.copy()}

    def load_state(self, state: State) -> None:
        """Restore them."""
        super().load_state(state)
        self.recycled[:] = state["recycled"]


def activities(module: nn.Module, weights: Mapping[str, Tensor], observation: Tensor) -> Sequence[Tensor]:
    """The activity of each hidden unit, `[units]` for each layer but the last.

    What a layer passes on is what the next one gets: after normalization and activation.
    """
    layers = [part for part in module.modules() if type(part) in WITH_UNITS]
    found: list[Tensor] = []

    def see(units: int, part: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        found.append(inputs[0].reshape(len(inputs[0]), units, -1).abs().mean((0, 2)))

    hooks = [
        after.register_forward_pre_hook(partial(see, len(before.weight)))  # type: ignore[arg-type]
        for before, after in pairwise(layers)
    ]
    try:
        functional_call(module, dict(weights), (observation,))
    finally:
        for hook in hooks:
            hook.remove()
    return found


def is_dormant(activity: Tensor, threshold: float) -> Tensor:
    """Which units are dormant, bool `[units]`."""
    return activity <= threshold * activity.mean()


def recycle(
    dormant: Sequence[Tensor], layers: Sequence[Layer], leaves: Mapping[str, Tensor], new: Mapping[str, Tensor]
) -> None:
    """Give the dormant units of each layer their `new` numbers, then zeros in the weights of the next layer, in place.

    `dormant` is bool `[units]` for each layer but the last.
    """
    for units, layer in zip(dormant, layers, strict=False):
        for name in layer:
            leaves[name][units] = new[name][units]
    for units, layer in zip(dormant, layers[1:], strict=True):
        weight = leaves[layer[0]]
        weight[:, units.repeat_interleave(weight.shape[1] // len(units))] = 0.0


def _of_lane(leaves: Mapping[str, Tensor], lane: int) -> dict[str, Tensor]:
    return {name: leaf[lane] for name, leaf in leaves.items()}


def _has_parameters(part: nn.Module) -> bool:
    return next(part.parameters(), None) is not None
