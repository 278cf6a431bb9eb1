"""How Q values and targets of a few transitions change while a run learns: the moving target."""

from __future__ import annotations

import numpy as np
import torch

from rlzoo.contracts import Batch, Transition
from rlzoo.explaining.said import array
from rlzoo.explaining.updates import states_of
from rlzoo.explaining.walk import Course, Fixed
from rlzoo.explaining.watching import undrawn
from rlzoo.lanes.settings import Setting
from rlzoo.training.runner import Runner

TRANSITIONS = 3
EVERY = 10
"""Vector steps from one of them to the next."""
MOST = 400
"""Updates; of longer runs every second, fourth, ... update is looked at."""


class CourseWatcher:
    """Keeps a few early transitions, and looks at them after updates."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self._kept: list[tuple[int, Transition]] = []
        self._batch: Batch | None = None
        self._updates: list[int] = []
        self._q: list[np.ndarray] = []
        self._target: list[np.ndarray] = []
        self._stride, self._seen = 1, 0

    @property
    def wants_more(self) -> bool:
        """Whether there are too few transitions yet."""
        return len(self._kept) < TRANSITIONS

    def keep(self, transition: Transition) -> None:
        """Keep a transition of environment 0, unless it ends its episode or comes too soon after another."""
        step, envs = self.runner.clock.steps, transition.reward.shape[1]
        soon = bool(self._kept) and step < self._kept[-1][0] + (EVERY - 1) * envs
        if self.wants_more and not soon and not transition.terminated[0, 0]:
            self._kept.append((step + envs, transition))

    def look(self) -> None:
        """Look at them, if there was an update since the last time."""
        number = self.runner.clock.updates
        if number == self._seen or not self._kept or self.runner.parts.objective.continuous:
            return
        due = number // self._stride > self._seen // self._stride
        self._seen = number
        if due:
            self._look(number)
            if len(self._updates) > MOST:
                self._stride *= 2
                for values in (self._updates, self._q, self._target):
                    del values[::2]

    def _look(self, number: int) -> None:
        learner, objective = self.runner.learner, self.runner.parts.objective
        batch = self._batch = self._batch or _batch([it for _, it in self._kept], objective.gamma)
        q, _ = learner.look(learner.online, states_of(batch))
        action = array(batch.action)[0]
        self._updates.append(number)
        self._q.append(np.take_along_axis(array(q)[0], action[:, None], -1)[:, 0])
        if objective.length == 1 and not objective.rollouts:
            with undrawn(self.runner.parts.rngs["objective"]), torch.no_grad():
                explained = objective.explain(learner.predict, learner.online, learner.target, batch)
            if "target" in explained.samples:
                self._target.append(array(explained.samples["target"])[0])

    def course(self) -> Course:
        """What was seen."""
        if not self._updates:
            return Course(np.zeros(0, np.int64), [])
        q, known = np.array(self._q).T, len(self._target) == len(self._updates)
        target = np.array(self._target).T if known else None
        fixed = [
            Fixed(step, int(it.action[0, 0]), q[place], None if target is None else target[place])
            for place, (step, it) in enumerate(self._kept[: len(q)])
        ]
        return Course(np.array(self._updates, np.int64), fixed)


def _batch(kept: list[Transition], gamma: Setting) -> Batch:
    """Transitions of single steps as a batch `[1, B, ...]`."""

    def joined(values: list[np.ndarray]) -> torch.Tensor:
        return torch.from_numpy(np.stack([value[:, 0] for value in values], 1))

    names = ("observation", "action", "next_observation", "terminated", "truncated")
    fields = {name: joined([getattr(it, name) for it in kept]) for name in names}
    reward = joined([it.reward for it in kept]).float()
    columns = {name: joined([it.columns[name] for it in kept]) for name in kept[0].columns}
    index = torch.arange(len(kept))[None]
    discount = torch.full_like(reward, float(np.ravel(gamma)[0]))
    return Batch(
        **fields, reward=reward, discount=discount, index=index, weight=torch.ones_like(reward), columns=columns
    )
