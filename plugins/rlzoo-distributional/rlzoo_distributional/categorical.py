"""The distribution of the return as classification: logits of `K` fixed returns, and their cross entropy."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import torch
from torch import Tensor

from rlzoo.contracts import PER_LANE, Batch, Chart, Component, Explanation, Meta, Objective, State
from rlzoo.lanes.clock import Clock
from rlzoo.lanes.jit import loops_apply
from rlzoo.lanes.params import Params, Predict
from rlzoo_distributional import kernels
from rlzoo_distributional.clipping import Clipping, outside
from rlzoo_distributional.returns import of_action, spread

if TYPE_CHECKING:
    from rlzoo.contracts.objective import ClosedForm


@dataclass(frozen=True)
class CategoricalOptions(Component):
    """Options of every objective with a fixed support."""

    gamma: Annotated[float, Meta(ge=0, le=1, description="discount per step"), PER_LANE] = 0.99
    atoms: Annotated[int, Meta(ge=2, description="number of returns, evenly spaced from v_min to v_max")] = 51
    v_min: Annotated[float, Meta(description="lowest return")] = -10.0
    v_max: Annotated[float, Meta(description="highest return")] = 10.0
    double: Annotated[bool, Meta(description="select the next action with the online network")] = False

    def __post_init__(self) -> None:
        if self.v_min >= self.v_max:
            raise ValueError(f"`v_min` must be below `v_max`, got {self.v_min} and {self.v_max}")


class Categorical(Objective):
    """The network outputs one logit for each return of the `support`, `[..., A, K]`; `goal` is the algorithm."""

    def __init__(self, options: CategoricalOptions, support: Tensor, lanes: int) -> None:
        self.options, self.gamma = options, options.gamma
        self.support, self.outputs = support, len(support)
        self.clipping = Clipping(lanes, support.device)

    @abstractmethod
    def goal(self, predict: Predict, online: Params, target: Params, batch: Batch) -> tuple[Tensor, Tensor]:
        """The target's probabilities of the support, `[L, B, K]`, and how much of each is clipped, `[L, B]`.

        Called without gradients.
        """

    def q_values(self, output: Tensor) -> Tensor:
        """The mean return, `[..., A]`."""
        return mean_return(output, self.support)

    def __call__(self, predict: Predict, online: Params, target: Params, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the cross entropy to the target and the KL divergence from it, both `[L, B]`.

        They differ by the target's entropy, which has no gradient. The divergence is the better priority for replay,
        since it is 0 when the prediction is exact (Hessel et al., 2018).
        """
        logits = of_action(predict(online, batch.observation), batch.action)  # [L, B, K]
        goal, entropy, clipped = self._goal(predict, online, target, batch)
        self.clipping.count(clipped)
        cross_entropy = -(goal * logits.log_softmax(-1)).sum(-1)
        return cross_entropy, cross_entropy.detach() - entropy

    def explain(self, predict: Predict, online: Params, target: Params, batch: Batch) -> Explanation:
        """Predicted distribution and target of the first transition, and the means of all."""
        predicted = of_action(predict(online, batch.observation), batch.action).softmax(-1)
        goal, *_ = self._goal(predict, online, target, batch)
        distributions = {"prediction": predicted[0, 0], "target": goal[0, 0]}
        return Explanation(
            f"Prediction and target are probabilities of {self.outputs} returns. Below are their means; the error is "
            "their KL divergence.",
            samples={"prediction": (predicted * self.support).sum(-1), "target": (goal * self.support).sum(-1)},
            charts=[Chart("Distribution of the first transition's return", self.support, distributions, "return")],
        )

    @property
    def closed_form(self) -> ClosedForm:
        """The predicted probabilities minus the target's, for the action taken."""
        return self._with_gradient

    def _with_gradient(
        self, predict: Predict, online: Params, target: Params, batch: Batch, weight: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        output = predict(online, batch.observation)
        with torch.no_grad():
            goal, clipped = self.goal(predict, online, target, batch)
            self.clipping.count(clipped)
            loss, divergence, slope = cross_entropy(of_action(output, batch.action), goal, weight)
            return loss, divergence, spread(slope, batch.action, output)

    @torch.no_grad()
    def _goal(self, predict: Predict, online: Params, target: Params, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """The target's probabilities `[L, B, K]`, their entropy, and how much of each target is clipped, `[L, B]`."""
        probabilities, clipped = self.goal(predict, online, target, batch)
        return probabilities, torch.special.entr(probabilities).sum(-1), clipped

    def outside(self, returns: Tensor, probabilities: Tensor) -> Tensor:
        """How much of a distribution over `returns` `[..., M]` is clipped to `v_min` or `v_max`, `[...]`."""
        return outside(returns, probabilities, self.options.v_min, self.options.v_max)

    def metrics(self, clock: Clock) -> Mapping[str, Any]:
        """The share of clipped targets since the last call."""
        return {"clipped_targets": self.clipping.since_last()}

    def remarks(self) -> Sequence[str]:
        """The share of clipped targets in each lane, where rewards leave the support."""
        return self.clipping.remarks(self.options.v_min, self.options.v_max)

    def state(self) -> State:
        """The counts of clipped targets."""
        return self.clipping.state()

    def load_state(self, state: State) -> None:
        """Restore them."""
        self.clipping.load_state(state)


def mean_return(logits: Tensor, support: Tensor) -> Tensor:
    """The means `[...]` of distributions over the support `[K]`, given by their logits `[..., K]`."""
    if not loops_apply(logits):
        return (logits.softmax(-1) * support).sum(-1)
    mean = np.empty(logits.shape[:-1], np.float32)
    kernels.mean_return(*kernels.rows(logits), support.numpy(), mean.ravel())
    return torch.from_numpy(mean)


def cross_entropy(logits: Tensor, goal: Tensor, weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The cross entropy of `goal` `[..., K]`, the KL divergence from it, and the derivatives of `weight * loss`."""
    logits = logits.detach()
    if not loops_apply(logits, goal):
        return _cross_entropy(logits, goal, weight)
    loss, divergence, slope = (np.empty(shape, np.float32) for shape in (weight.shape, weight.shape, logits.shape))
    rows, count = kernels.rows(logits), logits.shape[-1]
    kernels.cross_entropy(
        *rows,
        goal.numpy().reshape(-1, count),
        weight.numpy().ravel(),
        loss.ravel(),
        divergence.ravel(),
        slope.reshape(-1, count),
    )
    return torch.from_numpy(loss), torch.from_numpy(divergence), torch.from_numpy(slope)


def _cross_entropy(logits: Tensor, goal: Tensor, weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The same in tensors."""
    log_probabilities = logits.log_softmax(-1)
    loss = -(goal * log_probabilities).sum(-1)
    above = -weight.unsqueeze(-1) * goal
    slope = torch.ops.aten._log_softmax_backward_data(above, log_probabilities, -1, above.dtype)
    return loss, loss - torch.special.entr(goal).sum(-1), slope


def split(returns: Tensor, probabilities: Tensor, support: Tensor) -> Tensor:
    """Project a distribution, the `probabilities` of `returns`, both `[..., M]`, onto an even support: `[..., K]`.

    The probability of each return is split between its two neighbours in the support. Returns outside are clipped to
    its ends.
    """
    last = len(support) - 1
    lowest, highest = support[0].item(), support[-1].item()
    place = ((returns - lowest) / ((highest - lowest) / last)).clamp(0, last)
    # The second clamp is for NaN, whose integer value is arbitrary: a diverged lane must not stop the others.
    below = place.long().clamp(0, last)
    upper = (place - below) * probabilities
    projected = torch.zeros(*returns.shape[:-1], last + 1, dtype=probabilities.dtype, device=returns.device)
    projected.scatter_add_(-1, below, probabilities - upper)
    return projected.scatter_add_(-1, (below + 1).clamp(max=last), upper)
