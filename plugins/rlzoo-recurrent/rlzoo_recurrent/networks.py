"""Networks with a memory that is carried from step to step of an episode."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, ClassVar

import torch
from torch import Tensor, nn

from rlzoo.components.networks.inputs import ScaleOption, as_features, per_action
from rlzoo.components.networks.mlp import Units, dueling_head, hidden_layers
from rlzoo.contracts import BuildSpec, Meta, QNetwork
from rlzoo.lanes.layer import LaneLayer, Unrolled
from rlzoo.lanes.layers import Lower
from rlzoo.lanes.params import Params
from rlzoo.lanes.recurrent import gru, sigmoid
from rlzoo_recurrent import papers

Cell = Callable[[Tensor, Tensor, Tensor], Tensor]
"""One step: what linear layers make of the input and of the hidden state, and the memory `[..., M]` -> the next memory.

The hidden state is the first part of the memory."""


def lstm(inputs: Tensor, recurrent: Tensor, memory: Tensor) -> Tensor:
    """One step of an LSTM whose memory is its hidden state and its cell state, `[..., 2 * units]`.

    `inputs` and `recurrent` are `[..., 4 * units]`, for the input gate, the forget gate, the candidate and the output
    gate.
    """
    units = memory.shape[-1] // 2
    gates_in, candidate, output_gate = (inputs + recurrent).split([2 * units, units, units], -1)
    input_gate, forget_gate = sigmoid(gates_in).chunk(2, -1)
    cell = forget_gate * memory[..., units:] + input_gate * torch.tanh(candidate)
    return torch.cat([sigmoid(output_gate) * torch.tanh(cell), cell], -1)


@dataclass(frozen=True)
class Recurrent(QNetwork):
    """Options of both networks: hidden layers, a recurrent layer, and Q values as linear functions of its state."""

    flattens: ClassVar[bool] = True
    trials: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"env": "rlzoo-probe/vector-v0", "objective": "recurrent-q", "objective.length": 6},
    )

    hidden: Annotated[tuple[Units, ...], Meta(description="units of each hidden layer before the recurrent one")] = (
        64,
    )
    units: Annotated[int, Meta(ge=1, description="hidden units of the recurrent layer")] = 64
    layer_norm: Annotated[bool, Meta(description="normalize each hidden layer before its activation")] = False
    dueling: Annotated[bool, Meta(description="estimate state value and advantages separately")] = False
    scale: ScaleOption = None

    def unrolled(self, spec: BuildSpec, cell: Cell, gates: int, states: int) -> nn.Module:
        """The module with this cell, which has so many gates and state vectors."""
        first, width = as_features(spec.observation_space, self.scale)
        encoder = nn.Sequential(*first, *hidden_layers(width, self.hidden, nn.ReLU, layer_norm=self.layer_norm))
        if self.dueling:
            head: nn.Module = dueling_head(self.units, (), spec.actions, spec.outputs, nn.ReLU)
        else:
            head = nn.Linear(self.units, spec.actions * spec.outputs)
        return Network(
            encoder, [width, *self.hidden][-1], self.units, cell, gates, states,
            nn.Sequential(head, *per_action(spec.outputs)),
        )  # fmt: skip


@dataclass(frozen=True)
class GRU(Recurrent):
    """A gated recurrent unit that remembers the episode (Cho et al., 2014)."""

    reference: ClassVar[str] = papers.CHO_2014

    def build(self, spec: BuildSpec) -> nn.Module:
        """A module with memory (see `QNetwork.build`), of `units` numbers."""
        return self.unrolled(spec, gru, gates=3, states=1)


@dataclass(frozen=True)
class LSTM(Recurrent):
    """Long short-term memory over the episode (Hochreiter & Schmidhuber, 1997)."""

    reference: ClassVar[str] = papers.HOCHREITER_1997

    def build(self, spec: BuildSpec) -> nn.Module:
        """A module with memory (see `QNetwork.build`), of `2 * units` numbers."""
        return self.unrolled(spec, lstm, gates=4, states=2)


class Network(nn.Module):
    """Hidden layers, a recurrent layer with the equations and initial weights of PyTorch's, and the output layer.

    Only the recurrent layer works step by step; the others see all steps at once.
    """

    PARTS = ("encoder", "input", "recurrent", "head")

    def __init__(
        self, encoder: nn.Module, features: int, units: int, cell: Cell, gates: int, states: int, head: nn.Module
    ) -> None:
        super().__init__()
        self.encoder, self.head, self.cell, self.units = encoder, head, cell, units
        self.memory_size = states * units
        self.input, self.recurrent = nn.Linear(features, gates * units), nn.Linear(units, gates * units)
        for leaf in (*self.input.parameters(), *self.recurrent.parameters()):
            nn.init.uniform_(leaf, -(units**-0.5), units**-0.5)

    def forward(self, x: Tensor, memory: Tensor, begins: Tensor) -> tuple[Tensor, Tensor]:
        """Observations `[B, T, ...]`, memory `[B, M]`, begins `[B, T]` -> outputs `[B, T, A]`, memory `[B, T, M]`."""
        return self._unroll(x, memory, begins, *(getattr(self, name) for name in self.PARTS))

    def lanes(self, lower: Lower, prefix: str) -> LaneLayer:
        """The same for all lanes at once."""
        parts = [lower(getattr(self, name), f"{prefix}{name}.") for name in self.PARTS]

        def run(params: Params, x: Tensor, memory: Tensor, begins: Tensor) -> tuple[Tensor, Tensor]:
            return self._unroll(x, memory, begins, *(partial(part, params) for part in parts))

        return Unrolled(run, self.memory_size, prefix)

    def _unroll(
        self,
        x: Tensor,
        memory: Tensor,
        begins: Tensor,
        encoder: Callable[[Tensor], Tensor],
        first: Callable[[Tensor], Tensor],
        recurrent: Callable[[Tensor], Tensor],
        head: Callable[[Tensor], Tensor],
    ) -> tuple[Tensor, Tensor]:
        """`forward` by these parts, with or without lanes before the batch."""
        time = memory.dim() - 1  # the axis of the steps
        shape = x.shape[time - 1 : time + 1]
        inputs = first(encoder(x.flatten(time - 1, time))).unflatten(time - 1, shape).unbind(time)
        states = []
        for step, begin in zip(inputs, begins.unbind(-1), strict=True):
            memory = memory.masked_fill(begin.unsqueeze(-1), 0.0)
            memory = self.cell(step, recurrent(memory[..., : self.units]), memory)
            states.append(memory)
        memories = torch.stack(states, time)
        outputs = head(memories[..., : self.units].flatten(time - 1, time)).unflatten(time - 1, shape)
        return outputs, memories
