"""Several Q functions, each learnt from a random part of the transitions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from rlzoo.components.objectives import td
from rlzoo.components.objectives.one_step import OneStep
from rlzoo.contracts import Batch, BuildSpec, Meta, Objective, State
from rlzoo.contracts.errors import OptionError
from rlzoo.lanes.params import Params, Predict
from rlzoo_exploration import papers
from rlzoo_exploration.masks import Masks


@dataclass(frozen=True)
class Bootstrapped(OneStep):
    """Several Q functions, each with its own target and its own part of the transitions (Osband et al., 2016)."""

    reference: ClassVar[str] = papers.OSBAND_2016

    heads: Annotated[int, Meta(ge=2, description="Q functions, on one network but for its last layer")] = 10
    p: Annotated[float, Meta(gt=0, le=1, description="chance that a head learns from a transition")] = 0.5
    double: Annotated[bool, Meta(description="each head's online network picks its next action")] = False

    def build(self, spec: BuildSpec) -> Objective:
        """The objective for `spec.lanes` lanes. Raises OptionError for a buffer that holds one vector step only."""
        if spec.batch_size is None and self.p < 1:
            raise OptionError(
                "`objective.p` below 1 needs a buffer of many transitions, since a head always leaves out the same "
                "places in it; take another buffer, or `objective.p=1`"
            )
        return BootstrappedObjective(self, spec)


class BootstrappedObjective(Objective):
    """The network's outputs are the heads' Q values, `[..., A, K]`.

    The loss of a transition is the mean over all heads, those that do not learn from it counting as zero: so the shared
    layers get 1/K of the sum of the heads' gradients, as in the paper.
    """

    heads: ClassVar[bool] = True

    def __init__(self, options: Bootstrapped, spec: BuildSpec) -> None:
        self.options, self.gamma, self.outputs = options, options.gamma, options.heads
        self.masks = Masks(spec, options.heads, options.p)

    def q_values(self, output: Tensor) -> Tensor:
        """The mean of the heads, `[..., A]`."""
        return output.mean(-1)

    def __call__(self, predict: Predict, online: Params, target: Params, batch: Batch) -> tuple[Tensor, Tensor]:
        """`(loss, td_error)`, both `[L, B]`; the error is the mean absolute one, over the same heads as the loss."""
        q = predict(online, batch.observation)  # [L, B, A, K]
        with torch.no_grad():
            goal = self._goal(predict, online, target, batch)
        error = goal - _of_action(q, batch.action.unsqueeze(-1))  # [L, B, K]
        mask = self.masks.at(batch.index)
        loss = self.options.loss_of(error, q.shape[-2]) * mask
        return loss.mean(-1), (error.detach().abs() * mask).mean(-1)

    def _goal(self, predict: Predict, online: Params, target: Params, batch: Batch) -> Tensor:
        """Each head's own target, `[L, B, K]`."""
        following = predict(target, batch.next_observation)
        chosen = (predict(online, batch.next_observation) if self.options.double else following).argmax(-2)
        terminated = batch.terminated.unsqueeze(-1) if self.options.mask_terminated else None
        return td.target(
            batch.reward.unsqueeze(-1), terminated, batch.discount.unsqueeze(-1), _of_action(following, chosen)
        )

    def state(self) -> State:
        """The masks."""
        return self.masks.state()

    def load_state(self, state: State) -> None:
        """Go on with these masks."""
        self.masks.load_state(state)


def _of_action(output: Tensor, action: Tensor) -> Tensor:
    """What each head gives for its own action, or for one of all: `[..., A, K]` and `[..., K or 1]` -> `[..., K]`."""
    place = action.expand(*action.shape[:-1], output.shape[-1]).unsqueeze(-2)
    return output.gather(-2, place).squeeze(-2)
