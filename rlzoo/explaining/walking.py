"""Training up to a step, and looking at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from rlzoo.contracts import Transition
from rlzoo.contracts.errors import BadInput, EnvironmentFailed, buildable
from rlzoo.explaining.course import CourseWatcher
from rlzoo.explaining.drawing import Mirror
from rlzoo.explaining.steps import StepWatcher, part_words
from rlzoo.explaining.subject import Subject
from rlzoo.explaining.updates import UpdateWatcher
from rlzoo.explaining.walk import Walk
from rlzoo.explaining.watching import Wrapper, stopped_at, watched_steps, watched_updates
from rlzoo.training.groups import one_thread
from rlzoo.training.runner import Runner

LOOKAHEAD = 5_000
"""Vector steps after the collected ones in which an update is looked for."""
Progress = Callable[[int, int], None]
"""Gets the steps trained so far, and those there will be."""


def walk(subject: Subject, play: int, progress: Progress) -> Walk:
    """Train up to the step and look at it, and at `play - 1` steps after it.

    Raises BadInput where the parts do not fit, or where the run does not come so far; EnvironmentFailed.
    """
    with one_thread(), _runner(subject) as runner:
        return Walker(runner, subject, progress).walk(play)


@contextmanager
def _runner(subject: Subject) -> Iterator[Runner]:
    with buildable():
        runner = Runner(subject.composition, [subject.seed], torch.device("cpu"), rules=subject.rules)
    try:
        if subject.checkpoint is None:
            runner.begin()
        else:
            runner.resume([subject.checkpoint])
        yield runner
    except EnvironmentFailed as error:
        error.locate(subject.seed, runner.clock.steps)
        raise
    finally:
        runner.close()


class Walker:
    """Looks at one step of a runner with a single lane."""

    def __init__(self, runner: Runner, subject: Subject, progress: Progress) -> None:
        self.runner, self.subject, self.progress = runner, subject, progress
        self.mirror = Mirror(runner)
        self.steps, self.updates = StepWatcher(runner, self.mirror), UpdateWatcher(runner)
        self.course = CourseWatcher(runner)

    def walk(self, play: int) -> Walk:
        """Train, look, and say what was seen."""
        self._train()
        self.mirror.begin()
        try:
            self._look(play)
        finally:
            self.mirror.close()
        self._look_further()
        return self._walk()

    def _train(self) -> None:
        """Come to the vector step before the explained one."""
        runner, envs = self.runner, self.runner.train.envs
        before = (-(-self.subject.step // envs) - 1) * envs
        with watched_steps(runner, add=self._keep):
            while runner.clock.steps < before and self.course.wants_more and not runner.parts.buffer.offline:
                self._train_on()
        with stopped_at(runner, before):
            while runner.clock.steps < before:
                self._train_on()
        self._check()

    def _train_on(self) -> None:
        self._check()
        self.runner.step()
        self.runner.collector.episodes.take()
        self.course.look()
        self.progress(self.runner.clock.steps, self.subject.step)

    def _keep(self, call: Callable[[Transition], None], transition: Transition) -> None:
        call(transition)
        self.course.keep(transition)

    def _check(self) -> None:
        """Raise BadInput if the run is over before the step."""
        if self._over:
            diverged = int(self.runner.learner.diverged[0])
            over = f"is over after {self.runner.clock.steps:,} steps"
            reason = f"diverged at step {diverged:,}" if diverged >= 0 else over
            raise BadInput(
                f"seed {self.subject.seed} {reason}, before step {self.subject.step:,}; choose an earlier `--step`"
            )

    @property
    def _over(self) -> bool:
        """Whether there is no further step to look at."""
        return self.runner.finished and not (self.subject.beyond and not self.runner.learner.frozen.any())

    def _look(self, play: int) -> None:
        """Take the explained step and those after it, one by one."""
        runner, watcher = self.runner, self.steps
        wrappers: dict[str, Wrapper] = {
            "observe": self._observe,
            "act": watcher.act,
            "step": watcher.step,
            "add": watcher.add,
        }
        for number in range(play):
            if number and self._over:
                return
            with watched_steps(runner, **wrappers), watched_updates(runner, self.updates):
                runner.step()
            self._conclude()

    def _observe(self, call: Callable[..., None], observation: np.ndarray, begun: np.ndarray) -> None:
        if not self.updates.states:
            self.updates.look_at(self._states(observation))
        self.steps.observe(call, observation, begun)

    def _states(self, observation: np.ndarray) -> dict[str, Tensor]:
        """The states in which actions are about to be chosen."""
        mask = self.runner.environment.action_mask
        masks = {} if mask is None else {"mask": torch.from_numpy(mask)}
        return {**self.runner.learner.states(observation), **masks}

    def _look_further(self) -> None:
        """Find the next update if there was none yet."""
        end = self.runner.clock.steps + LOOKAHEAD * self.runner.train.envs
        while self.updates.learned is None and self.runner.clock.steps < end and not self._over:
            with watched_steps(self.runner), watched_updates(self.runner, self.updates):
                self.runner.step()
            self._conclude()

    def _conclude(self) -> None:
        self.runner.collector.episodes.take()
        self.steps.conclude()
        self.updates.conclude()
        self.course.look()

    def _walk(self) -> Walk:
        runner, subject = self.runner, self.subject
        composition = subject.composition
        return Walk(
            title=subject.title,
            algorithm=composition.algorithm,
            environment=composition["environment"].id,
            seed=subject.seed,
            step=self.steps.collected[0].step if self.steps.collected else subject.step,
            notes=[*subject.notes, *self._notes()],
            weights=sum(leaf[0].numel() for leaf in runner.learner.online.values() if leaf.requires_grad),
            collected=self.steps.collected,
            learned=self.updates.learned,
            updates=self.updates.updates,
            course=self.course.course(),
            parts=part_words(runner),
        )

    def _notes(self) -> Iterator[str]:
        """What is missing, and why."""
        learned, collected = self.updates.learned, self.steps.collected
        if self.mirror.problem and collected and collected[-1].picture is None:
            what = "There is no picture" if collected[0].picture is None else "There are no more pictures"
            yield f"{what}: {self.mirror.problem}."
        if not collected:
            yield "The run learns from a dataset: nothing is collected."
        elif learned is None:
            yield f"There is no update up to step {self.runner.clock.steps:,}."
        elif learned.update.step > collected[0].step:
            yield f"No update is due at step {collected[0].step:,}. The next one is shown, at {learned.update.step:,}."
