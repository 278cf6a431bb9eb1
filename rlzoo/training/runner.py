"""The training loop: collect, learn, evaluate, log. It knows no component by name."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import numpy as np
import torch

from rlzoo.contracts import Composition, Environment, Evaluation, Log, Stop, StoppingRule, Transition
from rlzoo.contracts.errors import EnvironmentFailed
from rlzoo.lanes.clock import Clock, Interval
from rlzoo.lanes.params import Params
from rlzoo.lanes.rng import LaneRng
from rlzoo.training.assembly import assemble
from rlzoo.training.collector import Collector
from rlzoo.training.compiled_collector import CompiledCollector, kernels_of
from rlzoo.training.evaluation import Evaluator
from rlzoo.training.learner import Learner
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
        noise_rng = LaneRng(self.seeds, "noise")
        self.learner = Learner(
            parts.networks, parts.objective, parts.optimizer, parts.target, self.clock, device, noise_rng
        )
        self.rules = rules
        self.collector = self.build_collector()
        self.update_due = Interval(self.train.update_every, self.train.update_unit)
        self.log_due = Interval(self.train.log_every, "steps")
        self.evaluation_due = Interval(self.train.eval_every or 1, "steps")
        self.evaluator = self._build_evaluator() if self.train.eval_every else None
        self.stop = stop or Stop()
        """Once requested, the run ends after the current vector step."""
        self._sampled = 0  # transitions per lane
        self._final_counts: dict[int, dict[str, int | float]] = {}  # of frozen lanes, when they were frozen
        self._evaluation_stopped = False
        self._last_snapshot = time.monotonic()

    def run(self) -> Iterator[Log]:
        """Train to the end, yielding a log whenever one is due and a last one at the end, also after a failure.

        Each variant has its logs.

        Raises EnvironmentFailed, naming seed and step, when an environment fails.
        """
        try:
            yield from self._run()
        except EnvironmentFailed as error:
            error.locate(self.seeds[error.lane], self.clock.steps)
            yield from self._logs(last=True)
            raise
        except Exception:
            yield from self._logs(last=True)
            raise
        finally:
            self.close()

    def _run(self) -> Iterator[Log]:
        self.begin()
        last_log = time.monotonic()
        while not self.finished:
            self.step()
            evaluations = self._evaluate()
            due = self.log_due.crossings(self.clock) > 0
            if due or evaluations or time.monotonic() - last_log > SECONDS_BETWEEN_LOGS:
                yield from self._logs(evaluations, with_metrics=due)
                last_log = time.monotonic()
        yield from self._logs(last=True)

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
    def engine(self) -> dict[str, str]:
        """How steps are collected and gradients computed."""
        by_autograd = ", ".join(self.learner.predict.by_autograd)
        return {
            "collector": self.collector.engine,
            "gradients": f"autograd for {by_autograd}" if by_autograd else "closed form",
        }

    def begin(self) -> None:
        """Begin the first episodes."""
        self.collector.begin()
        if self.recorder is not None:
            self.recorder.forget()

    def step(self) -> None:
        """One vector step of every lane, and the updates that are due after it."""
        self.collector.collect(self._vector_steps_until_due())
        due = self.update_due.crossings(self.clock) * self.train.updates
        if self.clock.steps >= self.train.learning_starts and self.parts.buffer.ready:
            for _ in range(due):
                self._learn()
        self.learner.update_target()
        if self.learner.frozen.any():
            for lane in np.flatnonzero(self.learner.frozen):
                self._final_counts.setdefault(int(lane), self._shared_counts())

    def _vector_steps_until_due(self) -> int:
        """How many vector steps there are before anything but collecting may be due."""
        ends = [interval.next(self.clock) for interval in (self.update_due, self.log_due)]
        ends.append(self.parts.target.next_step(self.clock))
        if self.evaluator is not None:
            ends.append(self.evaluation_due.next(self.clock))
        if self.train.steps is not None:
            ends.append(self.train.steps)
        steps = min(end for end in ends if end is not None) - self.clock.steps
        return min(-(-steps // self.train.envs), MOST_STEPS_AT_ONCE)

    def _learn(self) -> None:
        batch = self.parts.buffer.sample(self.train.batch_size)
        td_error = self.learner.update(batch)
        self.parts.buffer.feedback(batch.index, td_error)
        self.learner.update_target()
        self._sampled += batch.index.shape[1]

    def _evaluate(self) -> Sequence[tuple[int, Evaluation]]:
        """The episodes of an evaluation, if one is due, each with its lane."""
        if self.evaluator is None or not self.evaluation_due.crossings(self.clock):
            return ()
        played = self.evaluator.play(self.learner.evaluate, self.clock.steps, lambda: self.stop.requested)
        self._evaluation_stopped = not played
        lanes = np.repeat(np.arange(len(self.seeds)), self.train.eval_episodes).tolist()
        return [pair for pair in zip(lanes, played, strict=False) if not self.learner.frozen[pair[0]]]

    def _logs(
        self, evaluations: Sequence[tuple[int, Evaluation]] = (), with_metrics: bool = False, last: bool = False
    ) -> Iterator[Log]:
        """What happened since the last logs, by variant."""
        episodes = self.collector.episodes.take()
        snapshot = last or (bool(evaluations) and self.train.keep == "best") or self._snapshot_due()
        metrics = self._metrics() if with_metrics else {}
        transitions = self._transitions()
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
                last=last,
                stopped=last and (self._evaluation_stopped or not self._trained),
                variant=variant,
            )

    def _transitions(self) -> dict[int, Transition]:
        """Lane to its transitions since the last logs, if they are recorded."""
        if self.recorder is None:
            return {}
        steps = {lane: int(self._counts(lane)["steps"] or 0) for lane in range(len(self.seeds))}
        return self.recorder.take({lane: steps[lane] // self.train.envs for lane in steps})

    def _snapshot_due(self) -> bool:
        due = time.monotonic() - self._last_snapshot >= SECONDS_BETWEEN_SNAPSHOTS
        self._last_snapshot = time.monotonic() if due else self._last_snapshot
        return due

    def _snapshot(self, variant: int) -> dict[int, dict[str, np.ndarray]]:
        weights = self.weights(variant).items()
        return {seed: {name: leaf.numpy() for name, leaf in leaves.items()} for seed, leaves in weights}

    def _metrics(self) -> dict[int, dict[str, float]]:
        """Lane to name to number, of all parts. Raises ValueError where two parts use the same name."""
        columns = self.learner.metrics()
        for part in (*self.parts.all(), self.environment):
            reported = part.metrics(self.clock)
            if columns.keys() & reported.keys():
                raise ValueError(f"two parts report the metric {', '.join(columns.keys() & reported.keys())}")
            columns |= reported
        lanes = {name: np.broadcast_to(value, len(self.seeds)) for name, value in columns.items()}
        training = np.flatnonzero(~self.learner.frozen).tolist()
        return {lane: {name: float(values[lane]) for name, values in lanes.items()} for lane in training}

    def weights(self, variant: int = 0) -> dict[int, Params]:
        """Seed -> name -> tensor."""
        return {seed: self.learner.weights(lane) for seed, lane in self.lanes[variant].items()}

    def counts(self, variant: int = 0) -> dict[int, dict[str, int | float | None]]:
        """What happened so far in each lane, by seed."""
        return {seed: self._counts(lane) for seed, lane in self.lanes[variant].items()}

    def _counts(self, lane: int) -> dict[str, int | float | None]:
        diverged, stopped = int(self.learner.diverged[lane]), int(self.learner.stopped[lane])
        return {
            "steps": max(diverged, stopped) if self.learner.frozen[lane] else self.clock.steps,
            "updates": int(self.learner.updates[lane]),
            "episodes": int(self.clock.episodes[lane]),
            **(self._final_counts.get(lane) or self._shared_counts()),
            "diverged_at": diverged if diverged >= 0 else None,
            "stopped_at": stopped if stopped >= 0 else None,
        }

    def _shared_counts(self) -> dict[str, int | float]:
        """What is the same in all lanes."""
        transitions = max(self.clock.steps, 1)
        return {"syncs": self.parts.target.syncs, "samples_per_transition": self._sampled / transitions}

    def close(self) -> None:
        """Release the environments."""
        self.environment.close()
        if self.evaluator is not None:
            self.evaluator.environment.close()

    def build_collector(self) -> Collector:
        """The compiled one, where all parts allow it."""
        arguments = self.environment, self.parts, self.learner, self.seeds, self.train, self.clock, self.rules
        kernels = kernels_of(self.environment, self.parts, self.learner)
        return Collector(*arguments) if kernels is None else CompiledCollector(kernels, *arguments)

    def _build_evaluator(self) -> Evaluator:
        environment = self.composition["environment"].build(len(self.seeds), self.train.eval_episodes)
        return Evaluator(environment, self.seeds, self.train.eval_episodes, self.train.eval_max_steps)
