"""The diagnostics of a group of lanes: when each is found, and what is kept until the next row of metrics."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from rlzoo.contracts import Batch, State
from rlzoo.contracts.diagnostics import DIAGNOSTICS
from rlzoo.lanes.params import Params
from rlzoo.training.assembly import Parts
from rlzoo.training.diagnostics.coverage import Coverage
from rlzoo.training.diagnostics.features import dormant_share, effective_rank
from rlzoo.training.diagnostics.forgetting import FirstBatch
from rlzoo.training.diagnostics.means import Means
from rlzoo.training.diagnostics.noise import NoiseScale, first_part, square
from rlzoo.training.diagnostics.returns import Overestimation
from rlzoo.training.diagnostics.undoing import Position, Undoing
from rlzoo.training.diagnostics.updates import mean_distance, policy_churn, td_error_percentiles
from rlzoo.training.learner import Learner

SHARE = 1 / 200
"""Of the updates, how many are examined."""
ROWS = 5
"""Of the rows of metrics, one in so many has what takes longest to find."""
GOLDEN = (5**0.5 - 1) / 2


def examined(update: int) -> bool:
    """Whether update number `update` is examined.

    Multiples of the golden ratio are spread evenly over every period, so that the updates do not always come at the
    same time after a copy to the target network, or after anything else that is periodic.
    """
    return update * GOLDEN % 1 < SHARE


class Diagnostics:
    """Looks at some updates and steps, without changing anything: what is drawn or counted meanwhile is undone.

    How far Q values drift and churn is found in the states of the batch before: ones that the update does not learn
    from.
    """

    def __init__(self, learner: Learner, parts: Parts, envs: int) -> None:
        self.learner, self.buffer = learner, parts.buffer
        lanes = len(learner.frozen)
        self._undoing = Undoing(parts.objective, parts.rngs["objective"])
        self._means = Means()
        self._noise = NoiseScale(lanes)
        self._coverage = Coverage(parts.buffer, learner.clock, lanes)
        self._first = FirstBatch()
        self._overestimation = Overestimation(lanes, envs, learner.objective.gamma)
        self._rows = 0  # of metrics since the first update
        self._begins = True  # whether the next pairs of states and actions are to be followed

    @property
    def wants_steps(self) -> bool:
        """Whether a pair of state and action is followed, or is to be from the next step on."""
        begins = self._begins and self.learner.clock.updates > 0 and not self.learner.objective.continuous
        return begins or self._overestimation.follows

    def see_steps(
        self,
        observation: np.ndarray,
        action: np.ndarray,
        reward: np.ndarray,
        terminated: np.ndarray,
        truncated: np.ndarray,
    ) -> None:
        """See `Watch`; follows what is visited in the first step after an update and a row of metrics."""
        learner = self.learner
        if self._begins:
            self._begins = False
            q, _ = learner.look(learner.online, learner.states(observation))
            self._overestimation.begin(np.take_along_axis(_floats(q), action[..., None], -1)[..., 0])
        self._overestimation.follow(reward, terminated, truncated)

    def update(self, batch: Batch) -> Tensor:
        """One update of the learner; returns the TD errors `[L, B]`."""
        self._coverage.add(batch.index)
        self._first.see(batch)
        if not self.learner.last_seen or not examined(self.learner.clock.updates):
            return self.learner.update(batch)
        with np.errstate(invalid="ignore", over="ignore"):  # of lanes that have diverged
            return self._examine(batch, self.learner.last_seen)

    def _examine(self, batch: Batch, states: Mapping[str, Tensor]) -> Tensor:
        learner, add = self.learner, self._means.add
        age = self.buffer.age(batch.index)
        mask = _numbers(states["mask"]) if "mask" in states else None
        q, action = self._look(learner.online, states)
        target, _ = self._look(learner.target, states)
        before = self._undoing.position()
        td_error = learner.update(batch, lambda gradient: self._examine_gradient(gradient, batch, before))
        q_after, action_after = self._look(learner.online, states)
        add("target_drift", mean_distance(q, target, mask))
        add("value_churn", mean_distance(q, q_after, mask))
        if not learner.objective.continuous:
            add("policy_churn", policy_churn(action, action_after))
        if age is not None:
            add("replay_age", _floats(age).mean(-1))
        for name, values in td_error_percentiles(_floats(td_error)).items():
            add(name, values)
        return td_error

    def _examine_gradient(self, gradient: Tensor, batch: Batch, before: Position) -> None:
        """Find its norm and its noise, and leave it as it is. The update began `before` it."""
        whole = _numbers(gradient)
        self._means.add("gradient_norm", np.sqrt(square(whole)))
        size = batch.index.shape[1]
        if size > 1:
            whole, (part, share) = whole.copy(), first_part(batch)
            with self._undoing.undone(before):
                first = _numbers(self.learner.gradient(part))
            self._noise.add(first, whole, share, size)
            gradient.copy_(torch.from_numpy(whole))

    def _look(self, params: Params, states: Mapping[str, Tensor]) -> tuple[np.ndarray, np.ndarray]:
        """Q values `[L, B, A]` and greedy actions `[L, B]`."""
        q, action = self.learner.look(params, states)
        return _floats(q), _numbers(action)

    def metrics(self) -> Mapping[str, np.ndarray | float]:
        """The means since the last call, by column: `[L]` each, or NaN."""
        found = self._means.take() | {"overestimation": self._overestimation.take()}
        found["gradient_noise"] = self._noise.value()
        if self._first.batch is not None:
            if self._rows % ROWS == 0:
                found |= self._features() | self._early_error() | {"replay_coverage": self._coverage.value()}
            self._rows += 1
        self._begins = True
        return {it.column: found.get(it.column, np.nan) for it in DIAGNOSTICS}

    def _features(self) -> dict[str, np.ndarray]:
        """What the last hidden layer represents, in the states of the last batch."""
        features = self.learner.features(self.learner.last_seen)
        if features is None:
            return {}
        matrix = _floats(features.flatten(1, -2))  # [L, B, F]
        return {"dormant_share": dormant_share(matrix), "effective_rank": effective_rank(matrix)}

    def _early_error(self) -> dict[str, np.ndarray]:
        """The mean absolute TD error of the first batch."""
        assert self._first.batch is not None
        with self._undoing.undone():
            td_error = self.learner.td_error(self._first.batch)
        return {"early_td_error": np.abs(_floats(td_error)).mean(-1)}

    def state(self) -> State:
        """What the next row of metrics is computed from."""
        return {
            "means": self._means.state(),
            "noise": self._noise.state(),
            "coverage": self._coverage.state(),
            "first": self._first.state(),
            "overestimation": self._overestimation.state(),
            "rows": self._rows,
            "begins": self._begins,
        }

    def load_state(self, state: State) -> None:
        """Restore it."""
        self._means.load_state(state["means"])
        self._noise.load_state(state["noise"])
        self._coverage.load_state(state["coverage"])
        self._first.load_state(state["first"])
        self._overestimation.load_state(state["overestimation"])
        self._rows, self._begins = state["rows"], state["begins"]


def _numbers(tensor: Tensor) -> np.ndarray:
    return tensor.detach().cpu().numpy()


def _floats(tensor: Tensor) -> np.ndarray:
    return _numbers(tensor).astype(np.float64)
