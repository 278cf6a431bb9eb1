"""Distributions of returns, represented by `K` numbers per action."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from rlzoo.components.objectives import td
from rlzoo.contracts import Batch
from rlzoo.lanes.params import Params, Predict


def of_action(output: Tensor, action: Tensor) -> Tensor:
    """Select the distribution of `action`: output `[..., A, K]`, action `[...]` -> `[..., K]`."""
    place = action[..., None, None].expand(*action.shape, 1, output.shape[-1])
    return output.gather(-2, place).squeeze(-2)


def of_best_next(
    q_values: Callable[[Tensor], Tensor], predict: Predict, online: Params, target: Params, batch: Batch, double: bool
) -> Tensor:
    """The target network's distribution for the greedy next action, `[L, B, K]`.

    The online network selects that action if `double` (van Hasselt et al., 2016), otherwise the target network does.
    """
    output = predict(target, batch.next_observation)
    q = q_values(predict(online, batch.next_observation) if double else output)
    return of_action(output, td.allowed(q, batch.columns.get("next_action_mask")).argmax(-1))


def with_reward(batch: Batch, following: Tensor) -> Tensor:
    """`r + discount * Z(s')`, where `following` `[L, B, K]` is Z(s'); only `r` where the episode terminated."""
    return td.target(
        batch.reward.unsqueeze(-1), batch.terminated.unsqueeze(-1), batch.discount.unsqueeze(-1), following
    )
