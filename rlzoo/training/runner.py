"""The training loop: collect, learn, evaluate, log. It knows no component by name."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from rlzoo.contracts import (
    Checkpoint,
    CheckpointTimes,
    Composition,
    Environment,
    Evaluation,
    Log,
    State,
    Stop,
    StoppingRule,
    Transition,
)
from rlzoo.contracts.errors import EnvironmentFailed
from rlzoo.lanes.clock import Clock, Interval
from rlzoo.lanes.params import Params
from rlzoo.lanes.rng import LaneRng
from rlzoo.lanes.seeding import EpisodeSeeds
from rlzoo.training.assembly import assemble
from rlzoo.training.checkpointing import Checkpointer, state_of
from rlzoo.training.collector import Collector
from rlzoo.training.compatibility import check_offline
from rlzoo.training.compiled_collector import CompiledCollector, kernels_of
from rlzoo.training.counts import Counts
from rlzoo.training.diagnostics.diagnostics import Diagnostics
from rlzoo.training.evaluation import EVALUATION, Evaluator
from rlzoo.training.lane_states import join_states
from rlzoo.training.learner import Learner
from rlzoo.training.metrics import by_lane
from rlzoo.training.offline_collector import OfflineCollector
from rlzoo.training.recorder import Recorder

MOST_STEPS_AT_ONCE = 1_000  # vector steps, so that a run stops soon after it is asked to
SECONDS_BETWEEN_LOGS = 1.0
SECONDS_BETWEEN_SNAPSHOTS = 30.0


class Runner:
    """Trains a group of seeds side by side, one lane each.

    Lanes may belong to several `variants`, numbered from 0, which differ in settings that the composition has as
    `[L, 1]`; a seed may then occur once in each. Any of the `rules` may stop a seed early. With
    `transitions`, logs have those of training.

    Raises BadInput where the parts do not fit the environment or each other.
    """

    def __init__(
        self,
        composition: Composition,
        seeds: Sequence[int],
        device: torch.device,
        stop: Stop | None = None,
        variants: Sequence[int] = (),
        rules: Sequence[StoppingRule] = (),
        checkpoints: Sequence[CheckpointTimes] = (),
        *,
        transitions: bool = False,
    ) -> None:
        self.composition, self.seeds, self.train = composition, list(seeds), composition.train
        self.lanes: dict[int, dict[int, int]] = {}
        """Variant -> seed -> lane."""
        for lane, (seed, variant) in enumerate(zip(self.seeds, variants or [0] * len(self.seeds), strict=True)):
            self.lanes.setdefault(variant, {})[seed] = lane
        self.clock = Clock(len(self.seeds))
        environment: Environment = composition["environment"].build(len(self.seeds), self.train.envs)
        self.recorder = Recorder(environment) if transitions else None
        self.environment = self.recorder or environment
        parts = self.parts = assemble(composition, self.seeds, self.environment, self.clock, device)
        check_offline(composition, parts.buffer, rules)
        noise_rng = LaneRng(self.seeds, "noise")
        self.learner = Learner(
            parts.networks, parts.objective, parts.optimizer, parts.target, self.clock, device, noise_rng,
            self.train.compile, self.train.envs,
        )  # fmt: skip
        self.diagnostics: Diagnostics | None = None
        if self.train.diagnose:
            self.diagnostics = Diagnostics(self.learner, parts, self.train.envs)
        self.rules = rules
        self._counts = Counts(self.clock, self.learner, parts.target)
        self.collector = self.build_collector()
        self.collector.watch = self.diagnostics
        self.update_due = Interval(self.train.update_every, self.train.update_unit)
        self.log_due = Interval(self.train.log_every, "steps")
        self.evaluation_due = Interval(self.train.eval_every or 1, "steps")
        self.evaluator = self._build_evaluator() if self.train.eval_every else None
        self.stop = stop or Stop()
        """Once requested, the run ends after the current vector step."""
        self.checkpointer = Checkpointer(checkpoints, len(self.seeds))
        self._begun = False
        self._whole = False  # whether the state is that of the end of a vector step
        self._evaluation_stopped = False
        self._last_snapshot = time.monotonic()

    def run(self) -> Iterator[Log]:
        """Train to the end, yielding a log whenever one is due and a last one at the end, also after a failure.

        Each variant has its logs. Raises EnvironmentFailed, naming seed and step, when an environment fails.
        """
        try:
            yield from self._run()
        except EnvironmentFailed as error:
            error.locate(self.seeds[error.lane], self.clock.steps)
            yield from self._logs(last=True, checkpoint=self._whole and not self.environment.state())
            raise
        except Exception:
            yield from self._logs(last=True)
            raise
        finally:
            self.close()

    def _run(self) -> Iterator[Log]:
        if not self._begun:
            self.begin()
        self._last_log = time.monotonic()
        yield from self._conclude_step()  # an evaluation may be left from before the run was resumed
        while not self.finished:
            self.step()
            yield from self._conclude_step()
        yield from self._logs(last=True, checkpoint=self.checkpointer.at_end or self._stopped)

    def _conclude_step(self) -> Iterator[Log]:
        """Evaluate, log and take a checkpoint, if any of these is due."""
        evaluations = self._evaluate()
        due = self.log_due.crossings(self.clock) > 0
        self._whole = True
        checkpoint = self.checkpointer.due(self.clock)
        if due or evaluations or checkpoint or time.monotonic() - self._last_log > SECONDS_BETWEEN_LOGS:
            yield from self._logs(evaluations, with_metrics=due, checkpoint=checkpoint)
            self._last_log = time.monotonic()

    @property
    def finished(self) -> bool:
        """Whether the run is over: everything done, or stopped from outside."""
        return self.stop.requested or self._trained

    @property
    def _trained(self) -> bool:
        """Whether all steps or episodes are done, or every lane has diverged or been stopped by a rule."""
        steps, episodes = self.train.steps, self.train.episodes
        over = self.clock.steps >= steps if steps is not None else self.clock.count("episodes") >= (episodes or 0)
        return over or bool(self.learner.frozen.all())

    @property
    def _stopped(self) -> bool:
        """Whether the run has not trained, or not been evaluated, to its end."""
        return self._evaluation_stopped or not self._trained

    @property
    def engine(self) -> dict[str, str]:
        """How steps are collected and gradients computed."""
        return {"collector": self.collector.engine, "gradients": self.learner.gradients.engine}

    def begin(self) -> None:
        """Begin the first episodes."""
        self.collector.begin()
        self._start()

    def resume(self, checkpoints: Sequence[Checkpoint], *, exact: bool = True) -> None:
        """Continue from the checkpoints of the lanes instead of beginning.

        Raises ValueError unless all lanes are at the same step; NotRepeatable for an environment that does not come to
        the same point again, which begins a new episode unless `exact`.
        """
        self.load_state(join_states([state_of(checkpoint) for checkpoint in checkpoints]), exact=exact)
        self.checkpointer.continue_from(checkpoints, self.clock)
        self._start()

    def _start(self) -> None:
        self._begun = self._whole = True
        if self.recorder is not None:
            self.recorder.forget(self.clock.steps // self.train.envs)

    def step(self) -> None:
        """One vector step of every lane, and the updates that are due after it."""
        self.collector.collect(self._vector_steps_until_due())
        self._whole = False
        due = self.update_due.crossings(self.clock) * self.train.updates
        if due and self.clock.steps >= self.train.learning_starts and self.parts.buffer.ready:
            self.prepare()
            for _ in range(due):
                self._learn()
        self.learner.update_target()
        self._counts.keep_frozen()

    def prepare(self) -> None:
        """Let the objective see the rollout that the next updates learn from, if it needs to."""
        if self.parts.objective.rollouts:
            self.parts.buffer.prepare(self.learner.prepare)

    def _vector_steps_until_due(self) -> int:
        """How many vector steps there are before anything but collecting may be due."""
        ends = [interval.next(self.clock) for interval in (self.update_due, self.log_due)]
        ends += [self.parts.target.next_step(self.clock), self.checkpointer.next(self.clock)]
        if self.evaluator is not None:
            ends.append(self.evaluation_due.next(self.clock))
        if self.train.steps is not None:
            ends.append(self.train.steps)
        steps = min(end for end in ends if end is not None) - self.clock.steps
        return min(-(-steps // self.train.envs), MOST_STEPS_AT_ONCE)

    def _learn(self) -> None:
        batch = self.parts.buffer.sample(self.train.batch_size)
        td_error = (self.diagnostics or self.learner).update(batch)
        self.parts.buffer.feedback(batch.index, td_error)
        if self.parts.intervention.due(self.clock):
            self.learner.intervene(self.parts.intervention, self.parts.initial_weights)
        self.learner.update_target()
        self._counts.sampled += batch.index.shape[1]

    def _evaluate(self) -> Sequence[tuple[int, Evaluation]]:
        """The episodes of an evaluation, if one is due, each with its lane."""
        if self.evaluator is None or not self.evaluation_due.pending(self.clock):
            return ()
        played = self.evaluator.play(self.learner.evaluate, self.clock.steps, lambda: self.stop.requested)
        self._evaluation_stopped = not played
        if played:
            self.evaluation_due.crossings(self.clock)
        lanes = np.repeat(np.arange(len(self.seeds)), self.train.eval_episodes).tolist()
        return [pair for pair in zip(lanes, played, strict=False) if not self.learner.frozen[pair[0]]]

    def _logs(
        self,
        evaluations: Sequence[tuple[int, Evaluation]] = (),
        *,
        with_metrics: bool = False,
        checkpoint: bool = False,
        last: bool = False,
    ) -> Iterator[Log]:
        """What happened since the last logs, by variant."""
        episodes = self.collector.episodes.take()
        snapshot = last or (bool(evaluations) and self.train.keep == "best") or self._snapshot_due()
        metrics = self._metrics() if with_metrics else {}
        transitions = self._transitions()
        checkpoints = self.take_checkpoints() if checkpoint and self.checkpointer.enabled else []
        for variant, lanes in self.lanes.items():
            mine = set(lanes.values())
            yield Log(
                seeds=list(lanes),
                step=self.clock.steps,
                update=self.clock.updates,
                episodes=[episode for lane, episode in episodes if lane in mine],
                metrics={seed: metrics[lane] for seed, lane in lanes.items() if lane in metrics},
                evaluations=[episode for lane, episode in evaluations if lane in mine],
                counts=self.counts(variant),
                engine=self.engine,
                weights=self._snapshot(variant) if snapshot else {},
                transitions={seed: transitions[lane] for seed, lane in lanes.items() if lane in transitions},
                checkpoints={seed: checkpoints[lane] for seed, lane in lanes.items()} if checkpoints else {},
                last=last,
                stopped=last and self._stopped,
                variant=variant,
            )

    def _transitions(self) -> dict[int, Transition]:
        """Lane to its transitions since the last logs, if they are recorded."""
        if self.recorder is None:
            return {}
        steps = {lane: int(self._counts.of(lane)["steps"] or 0) for lane in range(len(self.seeds))}
        return self.recorder.take({lane: steps[lane] // self.train.envs for lane in steps})

    def _snapshot_due(self) -> bool:
        due = time.monotonic() - self._last_snapshot >= SECONDS_BETWEEN_SNAPSHOTS
        self._last_snapshot = time.monotonic() if due else self._last_snapshot
        return due

    def _snapshot(self, variant: int) -> dict[int, dict[str, np.ndarray]]:
        weights = self.weights(variant).items()
        return {seed: {name: leaf.numpy() for name, leaf in leaves.items()} for seed, leaves in weights}

    def _metrics(self) -> dict[int, dict[str, float]]:
        """Lane -> name -> number, of the lanes that train. Raises ValueError where two parts use the same name."""
        reports = [self.learner.metrics(), self.diagnostics.metrics() if self.diagnostics else {}]
        reports += [part.metrics(self.clock) for part in (*self.parts.all(), self.environment)]
        return by_lane(~self.learner.frozen, reports)

    def weights(self, variant: int = 0) -> dict[int, Params]:
        """Seed -> name -> tensor."""
        return {seed: self.learner.weights(lane) for seed, lane in self.lanes[variant].items()}

    def counts(self, variant: int = 0) -> dict[int, dict[str, Any]]:
        """What happened so far in each lane, by seed."""
        remarks = [said for part in self.parts.all() if (said := part.remarks())]
        counts: dict[int, dict[str, Any]] = {
            seed: {**self._counts.of(lane)} for seed, lane in self.lanes[variant].items()
        }
        for seed, lane in self.lanes[variant].items() if remarks else ():
            counts[seed]["remarks"] = [said[lane] for said in remarks if said[lane]]
        return counts

    def take_checkpoints(self) -> list[Checkpoint]:
        """The checkpoint of each lane; to be taken between two steps."""
        counts = [self._counts.of(lane) for lane in range(len(self.seeds))]
        return self.checkpointer.take(self.state(), self.clock, counts)

    def state(self) -> State:
        """Everything that the lanes need to continue, after their finished episodes have been logged."""
        return {
            "clock": self.clock.state(),
            "collector": self.collector.state(),
            "learner": self.learner.state(),
            "parts": self.parts.state(),
            "fired": {name: interval.fired for name, interval in self._intervals().items()},
            "counts": self._counts.state(),
            "evaluation_seeds": None if self.evaluator is None else self.evaluator.episode_seeds.state(),
            "diagnostics": None if self.diagnostics is None else self.diagnostics.state(),
        }

    def load_state(self, state: State, *, exact: bool = True) -> None:
        """Restore what `state` returned. Raises NotRepeatable as `resume` does."""
        self.clock.load_state(state["clock"])
        self.learner.load_state(state["learner"])
        self.parts.load_state(state["parts"])
        self.collector.load_state(state["collector"], exact=exact)
        for name, interval in self._intervals().items():
            interval.fired = state["fired"][name]
        self._counts.load_state(state["counts"])
        if self.evaluator is not None:
            self.evaluator.episode_seeds.load_state(state["evaluation_seeds"])
        if self.diagnostics is not None:
            self.diagnostics.load_state(state["diagnostics"])

    def _intervals(self) -> dict[str, Interval]:
        return {"update": self.update_due, "log": self.log_due, "evaluation": self.evaluation_due}

    def close(self) -> None:
        """Release the environments."""
        self.environment.close()
        if self.evaluator is not None:
            self.evaluator.environment.close()

    def build_collector(self) -> Collector:
        """The compiled one, where all parts allow it; for an offline buffer, one that collects nothing."""
        arguments = self.environment, self.parts, self.learner, self.seeds, self.train, self.clock, self.rules
        if self.parts.buffer.offline:
            return OfflineCollector(*arguments)
        kernels = kernels_of(self.environment, self.parts, self.learner)
        return Collector(*arguments) if kernels is None else CompiledCollector(kernels, *arguments)

    def _build_evaluator(self) -> Evaluator:
        environment = self.composition["environment"].build(len(self.seeds), self.train.eval_episodes)
        return Evaluator(environment, self.seeds, self.train.eval_episodes, self.train.eval_max_steps)


def without_evaluations(checkpoint: Checkpoint, seed: int, episodes: int) -> Checkpoint:
    """The checkpoint of a seed as if it had not been evaluated; its next evaluation has so many `episodes`."""
    state = {
        **checkpoint.state,
        "fired": {**checkpoint.state["fired"], "evaluation": 0},
        "evaluation_seeds": EpisodeSeeds([seed], episodes, EVALUATION).state(),
    }
    return replace(checkpoint, state=state)
