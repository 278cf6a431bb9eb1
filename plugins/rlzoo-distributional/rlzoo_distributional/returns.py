"""Distributions of returns, represented by `K` numbers per action."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from rlzoo.components.objectives import td
from rlzoo.contracts import Batch
from rlzoo.lanes.params import Params, Predict


def of_action(output: Tensor, action: Tensor) -> Tensor:
    """Select the distribution of `action`: output `[..., A, K]`, action `[...]` -> `[..., K]`."""
    rows = output.flatten(0, -2).index_select(0, _rows(output, action))  # faster than `gather`
    return rows.view(*action.shape, -1)


def spread(values: Tensor, action: Tensor, like: Tensor) -> Tensor:
    """The opposite: `[..., K]` -> `[..., A, K]` like another tensor, 0 for other actions."""
    zeros = torch.zeros(like.shape, dtype=values.dtype, device=values.device)
    zeros.view(-1, like.shape[-1]).index_copy_(0, _rows(like, action), values.flatten(0, -2))
    return zeros


def _rows(output: Tensor, action: Tensor) -> Tensor:
    """The row of each action, of all rows `[K]` of an output."""
    actions = output.shape[-2]
    return torch.arange(0, action.numel() * actions, actions, device=action.device) + action.flatten()


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
