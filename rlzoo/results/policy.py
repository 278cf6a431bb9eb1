"""A trained agent as one ordinary torch module: from observations to actions, with nothing of rlzoo around it."""

from __future__ import annotations

import numpy as np
import torch
from gymnasium.spaces import Discrete
from torch import Tensor, nn

from rlzoo.contracts.encoding import CombinedActions
from rlzoo.results.agent import Agent


class Policy(nn.Module):
    """What `Agent.act` computes, for a batch: the best actions, as the environment takes them, and Q values."""

    actions: Tensor | None
    """`[A, *shape]`: what the environment takes for each action, where that is not a number."""

    def __init__(self, agent: Agent) -> None:
        super().__init__()
        self.network, self.objective = agent.module, agent.objective
        space = agent.action_space
        self.start = int(space.start) if isinstance(space, Discrete) else 0
        numbers = np.arange(space.n) if isinstance(space, CombinedActions) else None
        table = None if numbers is None else torch.from_numpy(space.decode(numbers))
        self.register_buffer("actions", table, persistent=False)

    def forward(self, observation: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Observations `[B, ...]` -> actions, `[B]` or `[B, *shape]`, and Q values `[B, A]`.

        `mask`, bool `[B, A]`, says which actions are allowed.
        """
        output = self.network(observation)
        best = self.objective.greedy(output, mask)
        action = best + self.start if self.actions is None else self.actions[best]
        return action, self.objective.q_values(output)
