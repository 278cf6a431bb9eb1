"""What has happened in each lane so far: steps, updates, episodes."""

from __future__ import annotations

import numpy as np

from rlzoo.contracts import State, TargetUpdater
from rlzoo.lanes.clock import Clock
from rlzoo.training.learner import Learner


class Counts:
    """The counts of every lane; those of a frozen lane stay as they were when it was frozen."""

    def __init__(self, clock: Clock, learner: Learner, target: TargetUpdater) -> None:
        self.clock, self.learner, self.target = clock, learner, target
        self.sampled = 0
        """Transitions that have been sampled, per lane."""
        self._final: dict[int, dict[str, int | float]] = {}  # by lane, of those that are frozen

    def keep_frozen(self) -> None:
        """Keep the counts of lanes that have been frozen since the last call."""
        for lane in np.flatnonzero(self.learner.frozen).tolist():
            self._final.setdefault(lane, self._shared())

    def of(self, lane: int) -> dict[str, int | float | None]:
        """The counts of one lane."""
        diverged, stopped = int(self.learner.diverged[lane]), int(self.learner.stopped[lane])
        return {
            "steps": max(diverged, stopped) if self.learner.frozen[lane] else self.clock.steps,
            "updates": int(self.learner.updates[lane]),
            "episodes": int(self.clock.episodes[lane]),
            **(self._final.get(lane) or self._shared()),
            "diverged_at": diverged if diverged >= 0 else None,
            "stopped_at": stopped if stopped >= 0 else None,
        }

    def _shared(self) -> dict[str, int | float]:
        """What is the same in all lanes that are not frozen."""
        return {"syncs": self.target.syncs, "samples_per_transition": self.sampled / max(self.clock.steps, 1)}

    def state(self) -> State:
        """What is counted here."""
        lanes = range(len(self.learner.frozen))
        return {"sampled": self.sampled, "final": [self._final.get(lane) for lane in lanes]}

    def load_state(self, state: State) -> None:
        """Restore it."""
        self.sampled = state["sampled"]
        self._final = {lane: counts for lane, counts in enumerate(state["final"]) if counts is not None}
