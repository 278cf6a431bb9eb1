"""A gated recurrent unit whose lanes run at once, exactly."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from rlzoo.lanes.layer import Autograd, LaneLayer
from rlzoo.lanes.layers import Lower
from rlzoo.lanes.params import Params


class LastState(nn.Module):
    """A GRU over a sequence; its output is the hidden state after the last valid step (Cho et al., 2014).

    `rows` maps an observation `[..., T, *shape]` to the inputs of the GRU, `[..., T, F]`. Where the observation equals
    `padding`, the hidden state stays as it is. The equations and the initialization are those of `torch.nn.GRU`.
    """

    def __init__(self, rows: nn.Module, features: int, units: int, padding: int | None = None) -> None:
        super().__init__()
        self.rows, self.units, self.padding = rows, units, padding
        self.input, self.recurrent = nn.Linear(features, 3 * units), nn.Linear(units, 3 * units)
        for leaf in (*self.input.parameters(), *self.recurrent.parameters()):
            nn.init.uniform_(leaf, -(units**-0.5), units**-0.5)

    def forward(self, x: Tensor) -> Tensor:
        """Observations `[..., T, *shape]` -> hidden states `[..., units]`."""
        return self._unroll(x, self.input(self.rows(x)), self.recurrent)

    def lanes(self, lower: Lower, prefix: str) -> LaneLayer:
        """The same for all lanes at once."""
        rows = lower(self.rows, f"{prefix}rows.")
        first, again = (lower(getattr(self, name), f"{prefix}{name}.") for name in ("input", "recurrent"))

        def run(params: Params, x: Tensor) -> Tensor:
            return self._unroll(x, first(params, rows(params, x)), lambda hidden: again(params, hidden))

        return Autograd(run, prefix)

    def _unroll(self, x: Tensor, inputs: Tensor, recurrent: Callable[[Tensor], Tensor]) -> Tensor:
        """Step through `inputs` `[..., T, 3 * units]`, from a hidden state of zeros."""
        steps = inputs.unbind(-2)
        valid = [None] * len(steps) if self.padding is None else (x != self.padding).unsqueeze(-1).unbind(-2)
        hidden = inputs.new_zeros(*inputs.shape[:-2], self.units)
        for step, mask in zip(steps, valid, strict=True):
            after = gru(step, recurrent(hidden), hidden)
            hidden = after if mask is None else torch.where(mask, after, hidden)
        return hidden


def gru(inputs: Tensor, recurrent: Tensor, hidden: Tensor) -> Tensor:
    """One step of a GRU: the next hidden state, `[..., units]`.

    `inputs` and `recurrent`, both `[..., 3 * units]`, are what linear layers make of the input and of the hidden state,
    for the reset gate, the update gate and the candidate.
    """
    sizes = 2 * hidden.shape[-1], hidden.shape[-1]
    gates_in, candidate_in = inputs.split(sizes, -1)
    gates_again, candidate_again = recurrent.split(sizes, -1)
    reset, update = sigmoid(gates_in + gates_again).chunk(2, -1)
    candidate = torch.tanh(candidate_in + reset * candidate_again)
    return (1 - update) * candidate + update * hidden


def sigmoid(x: Tensor) -> Tensor:
    """By `tanh`, which is exact over lanes; `torch.sigmoid` is not."""
    return 0.5 * (1 + torch.tanh(0.5 * x))
