"""Distributions of returns, given by `K` numbers per action."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from rlzoo.components.objectives import td
from rlzoo.contracts import Batch
from rlzoo.lanes.params import Params, Predict


def of_action(output: Tensor, action: Tensor) -> Tensor:
    """The numbers of the chosen action: output `[..., A, K]`, action `[...]` -> `[..., K]`."""
    place = action[..., None, None].expand(*action.shape, 1, output.shape[-1])
    return output.gather(-2, place).squeeze(-2)


def of_best_next(
    q_values: Callable[[Tensor], Tensor], predict: Predict, online: Params, target: Params, batch: Batch, double: bool
) -> Tensor:
    """What the target network gives for the best next action, `[L, B, K]`.

    With `double` the online network says which that is (van Hasselt et al., 2016), else the target network.
    """
    output = predict(target, batch.next_observation)
    q = q_values(predict(online, batch.next_observation) if double else output)
    return of_action(output, td.allowed(q, batch.columns.get("next_action_mask")).argmax(-1))


def with_reward(batch: Batch, following: Tensor) -> Tensor:
    """`r + discount * Z(s')` for the returns `following` `[L, B, K]`; only `r` where the episode terminated."""
    return td.target(
        batch.reward.unsqueeze(-1), batch.terminated.unsqueeze(-1), batch.discount.unsqueeze(-1), following
    )
