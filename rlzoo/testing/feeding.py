"""A buffer on its own, fed with transitions whose content is known."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from rlzoo.contracts import Transition
from rlzoo.contracts.spaces import observation_layout
from rlzoo.testing.case import SEEDS, Case, started
from rlzoo.training.columns import columns_of
from rlzoo.training.runner import Runner

EPISODE = 10
"""Steps of an episode; truncated, so that nothing about rewards depends on where it ends."""


class Feeding:
    """The case's buffer, with one lane and one environment, and how to fill it."""

    def __init__(self, case: Case, notable: int = 0) -> None:
        self.runner: Runner = started(case.composition(), SEEDS[:1])
        self.buffer = self.runner.parts.buffer
        self.notable = notable
        """0 if the even transitions are the notable ones, 1 if the odd ones are: their reward and error are large."""
        self.added = 0

    def add(self, count: int) -> None:
        """Add so many transitions."""
        shape, dtype = observation_layout(self.runner.environment.observation_space)
        columns = columns_of(self.runner.environment, (self.runner.parts.exploration, self.runner.parts.objective))
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
                    columns={column.name: np.zeros((1, 1, *column.shape), column.dtype) for column in columns},
                )
            )
        self.added += count

    def sample(self) -> tuple[Tensor, Tensor]:
        """Which of a batch are notable, and the weights, both `[B]`; large errors are fed back for the notable."""
        batch = self.buffer.sample(self.runner.train.batch_size)
        # Not by the reward, which `train.n_step` sums over both kinds; the observation is the transition's number.
        number = batch.observation[0].reshape(batch.action.shape[1], -1)[:, 0]
        notable = number % 2 == self.notable
        error = batch.reward.new_full(batch.reward.shape, 0.01).masked_fill(notable, 10.0)
        self.buffer.feedback(batch.index, error)
        return notable, batch.weight[0]
