"""A buffer filled with known transitions."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from rlzoo.contracts import Transition
from rlzoo.contracts.spaces import observation_layout
from rlzoo.testing.case import SEEDS, Case, started
from rlzoo.testing.verdict import RuleSkipped
from rlzoo.training.runner import Runner

EPISODE = 10
"""Steps per episode; episodes are truncated, so that rewards do not depend on where they end."""


class Feeding:
    """Fills the buffer of a case, with one lane and one environment."""

    def __init__(self, case: Case, notable: int = 0) -> None:
        self.runner: Runner = started(case.composition(), SEEDS[:1])
        self.buffer = self.runner.parts.buffer
        if self.buffer.offline:
            raise RuleSkipped("the buffer is offline: it takes no further transitions")
        self.notable = notable
        """Which transitions have large rewards and errors: 0 for the even ones, 1 for the odd ones."""
        self.added = 0

    def add(self, count: int) -> None:
        """Add `count` transitions."""
        shape, dtype = observation_layout(self.runner.environment.observation_space)
        for number in range(self.added, self.added + count):
            reward = float(number % 2 == self.notable)
            self.buffer.add(
                Transition(
                    observation=np.full((1, 1, *shape), number % 12, dtype),
                    action=np.full((1, 1), number % 3),
                    reward=np.full((1, 1), reward, np.float32),
                    next_observation=np.full((1, 1, *shape), (number + 1) % 12, dtype),
                    terminated=np.zeros((1, 1), np.bool_),
                    truncated=np.full((1, 1), number % EPISODE == EPISODE - 1),
                    columns={
                        column.name: np.zeros((1, 1, *column.shape), column.dtype)
                        for column in self.runner.parts.columns
                    },
                )
            )
        self.added += count

    def sample(self) -> tuple[Tensor, Tensor]:
        """Sample a batch and feed back its errors; returns whether each is notable, and its weight, both `[B]`."""
        batch = self.buffer.sample(self.runner.train.batch_size)
        # Not by the reward, since `train.n_step` sums both kinds. The observation is the number of the transition.
        number = batch.observation[0].reshape(batch.action.shape[1], -1)[:, 0]
        notable = number % 2 == self.notable
        error = batch.weight.new_full(batch.weight.shape, 0.01).masked_fill(notable, 10.0)
        self.buffer.feedback(batch.index, error)
        return notable, batch.weight[0]
