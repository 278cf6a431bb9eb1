"""The objective slot."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from rlzoo.contracts.explanation import Explanation
from rlzoo.contracts.recorder import Recorder
from rlzoo.contracts.transition import Batch
from rlzoo.lanes.kernels import ObjectiveKernel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from rlzoo.lanes.params import Params, Predict
    from rlzoo.lanes.settings import Setting

ClosedForm = Callable[["Predict", "Params", "Params", Batch, "Tensor"], tuple["Tensor", "Tensor", "Tensor"]]
"""See `Objective.closed_form`."""


class Objective(Recorder, ABC):
    """What the network learns: the loss of each transition."""

    outputs: int
    """`K`, numbers the network gives per action."""

    gamma: Setting
    """The discount per step, one number or `[L, 1]`; a batch's `discount` has its powers."""

    length: int = 1
    """Consecutive steps it learns from. Above 1, batches hold sequences (see `Batch`)."""

    heads: ClassVar[bool] = False
    """Whether each of the `K` numbers is a separate Q value, as in an ensemble, so that a policy can act by one."""

    rollouts: ClassVar[bool] = False
    """Whether `prepare` must see each rollout before the updates that learn from it; a buffer without rollouts is
    refused."""

    recurrent: ClassVar[bool] = False
    """Whether it runs a network with memory over its sequences, by `rlzoo.lanes.params.unroll`. Batches then have the
    column `memory`, `[L, B, T, M]`: what the network remembered before each step when it acted, zeros where an episode
    begins. Other networks are refused, and other objectives refuse a network with memory."""

    continuous: ClassVar[bool] = False
    """Whether actions are arrays of a `Box`. Then `A` is 1: the network gives `[..., 1, K]`, `q_values` is the value of
    the greedy action, `[..., 1]`, and `greedy` is that action, `[..., *shape]`. A policy that does not see `actions` is
    refused."""

    inputs: ClassVar[tuple[str, ...]] = ()
    """Buffers of the network that are inputs besides the observation. The objective may predict with other values than
    those the module holds, `predict(online | {"fractions": drawn}, x)`; a network without them is refused."""

    @property
    def kernel(self) -> ObjectiveKernel | None:
        """A compiled `q_values`, for acting."""
        return None

    @property
    def closed_form(self) -> ClosedForm | None:
        """The objective with the gradient of its loss, which saves autograd's overhead.

        `(predict, online, target, batch, weight)` -> `(loss, td_error, gradient)`: what calling the objective returns,
        and the gradient of `(weight * loss).sum()`, weight `[L, B]`, with respect to the outputs of the network. The
        loss may depend on the trained parameters only through one call of `predict`, made with gradients enabled.
        """
        return None

    @abstractmethod
    def q_values(self, output: Tensor) -> Tensor:
        """Q values from the network's outputs: `[..., A]` or `[..., A, K]` -> `[..., A]`."""

    def greedy(self, output: Tensor, mask: Tensor | None = None) -> Tensor:
        """The best action by the network's outputs: `[...]`, among those that `mask` `[..., A]` allows.

        It must be one that the environment can take also where the network has diverged and its outputs are NaN.
        """
        q = self.q_values(output)
        # Finite where allowed, so that a diverged network chooses no forbidden action either.
        return (q if mask is None else q.nan_to_num().masked_fill(~mask, -float("inf"))).argmax(-1)

    def prepare(self, predict: Predict, online: Params, target: Params, rollout: Batch) -> Mapping[str, Tensor]:
        """Columns of a rollout to learn from, such as returns, `[L, N, T, ...]` each; without gradients.

        The arrays of `rollout` are `[L, N, T, ...]`: `T` consecutive steps of `N` environments, in which episodes may
        end and begin.
        """
        return {}

    @abstractmethod
    def __call__(self, predict: Predict, online: Params, target: Params, batch: Batch) -> tuple[Tensor, Tensor]:
        """`(loss, td_error)`, both `[L, B]`, unweighted; the learner weights and reduces. `target` has no gradient."""

    def explain(self, predict: Predict, online: Params, target: Params, batch: Batch) -> Explanation:
        """Say what the batch should teach, see `Explanation`; called before the update, without gradients.

        Where there is one, `samples` has the `prediction` of each transition and its `target`. Random numbers that this
        method draws are the same that the update draws afterwards.
        """
        return Explanation()
