"""The objective slot."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

from rlzoo.contracts.spec import NextAction
from rlzoo.contracts.state import Stateful
from rlzoo.contracts.transition import Batch

if TYPE_CHECKING:
    from torch import Tensor

    from rlzoo.lanes.params import Params, Predict


class Objective(Stateful, Protocol):
    """What the network learns: the loss of each transition."""

    outputs: int
    """`K`, how many numbers per action the network has to give."""
    gamma: float
    """The discount per step; a batch's `discount` has its powers."""
    next_action: ClassVar[NextAction] = None
    """The next action the transitions must carry: None; `"greedy"`, the online network's choice in the next
    observation when it was collected; `"behaviour"`, the action the exploration policy goes on with there."""

    heads: ClassVar[bool] = False
    """Whether each of the `K` numbers is a Q value of its own, as in an ensemble, so that a policy may act by one."""

    inputs: ClassVar[tuple[str, ...]] = ()
    """Buffers of the network that are inputs beside the observation. Whoever predicts may give other values,
    `predict(online | {"fractions": drawn}, x)`, than those the module holds; a network without them is refused."""

    def q_values(self, output: Tensor) -> Tensor:
        """Q values from the network's outputs: `[..., A]` or `[..., A, K]` -> `[..., A]`."""
        ...

    def __call__(self, predict: Predict, online: Params, target: Params, batch: Batch) -> tuple[Tensor, Tensor]:
        """`(loss, td_error)`, both `[L, B]`, unweighted; the host weights and reduces. `target` carries no gradient."""
        ...
