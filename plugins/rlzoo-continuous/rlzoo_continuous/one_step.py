"""What the objectives share: the loss of a temporal-difference error, and its target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from torch import Tensor

from rlzoo.components.objectives import td
from rlzoo.components.objectives.one_step import OneStep
from rlzoo.contracts import PER_LANE, Batch, Meta
from rlzoo.lanes.settings import beside

TARGET = "{target} = {scaled reward} + {discount} × {next value}"
ERROR = "{error} = {target} − {prediction}"


@dataclass(frozen=True)
class ScaledOneStep(OneStep):
    """Options of both objectives: the target is `reward_scale * r + gamma * V(s')`."""

    reward_scale: Annotated[
        float, Meta(gt=0, description="factor of rewards in the target; recorded returns are not scaled"), PER_LANE
    ] = 1.0

    def scaled(self, reward: Tensor) -> Tensor:
        """The rewards `[L, B]` times `reward_scale`."""
        return reward * beside(self.reward_scale, reward)

    def goal(self, batch: Batch, next_value: Tensor) -> Tensor:
        """What the value of the action taken should be, `[L, B]`."""
        return td.target(self.scaled(batch.reward), batch.terminated, batch.discount, next_value)
