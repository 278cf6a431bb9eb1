"""The loop: act, step, remember, learn. It knows no component by name."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import numpy as np
import torch

from rlzoo.contracts import Composition, Evaluation, Log, Stop, Transition
from rlzoo.contracts.errors import EnvironmentFailed
from rlzoo.lanes.clock import Clock, Interval
from rlzoo.lanes.params import Params
from rlzoo.lanes.rng import LaneRng
from rlzoo.lanes.seeding import EpisodeSeeds
from rlzoo.training.assembly import assemble
from rlzoo.training.evaluation import Evaluator
from rlzoo.training.learner import Learner
from rlzoo.training.priming import prime
from rlzoo.training.tally import Tally

SECONDS_BETWEEN_LOGS = 1.0
SECONDS_BETWEEN_SNAPSHOTS = 30.0


class Runner:
    """Trains a group of seeds side by side, one lane each.

    Raises BadInput where the parts do not fit the environment or each other.
    """

    def __init__(
        self, composition: Composition, seeds: Sequence[int], device: torch.device, stop: Stop | None = None
    ) -> None:
        self.composition, self.seeds, self.train = composition, list(seeds), composition.train
        lanes, envs = len(self.seeds), self.train.envs
        self.clock = Clock(lanes)
        self.environment = composition["environment"].build(lanes, envs)
        self.parts = assemble(composition, self.seeds, self.environment, self.clock, device)
        parts = self.parts
        noise_rng = LaneRng(self.seeds, "noise")
        self.learner = Learner(
            parts.networks, parts.objective, parts.optimizer, parts.target, self.clock, device, noise_rng
        )
        self.episode_seeds = EpisodeSeeds(self.seeds, envs, "env")
        self.update_due = Interval(self.train.update_every, self.train.update_unit)
        self.log_due = Interval(self.train.log_every, "steps")
        self.evaluation_due = Interval(self.train.eval_every or 1, "steps")
        self.evaluator = self._build_evaluator() if self.train.eval_every else None
        self.stop = stop or Stop()
        """Once requested, the run ends after the current vector step."""
        self.tally = Tally(self.seeds, envs, self.clock)
        self._sampled = 0
        self._last_counts: dict[int, dict[str, int | float]] = {}  # of lanes that have diverged, when they did
        self._evaluation_stopped = False
        self._snapped = time.monotonic()
        self._observation = np.empty(0)  # [L, N, ...], from the first reset on
        self._promised = np.zeros((lanes, envs), np.int64)

    def run(self) -> Iterator[Log]:
        """Train to the end, handing out a log whenever one is due and a last one at the end, also after a failure.

        Raises EnvironmentFailed, naming seed and step, when an environment fails.
        """
        try:
            yield from self._run()
        except EnvironmentFailed as error:
            error.locate(self.seeds[error.lane], self.clock.steps)
            yield self._log(last=True)
            raise
        except Exception:
            yield self._log(last=True)
            raise
        finally:
            self.close()

    def _run(self) -> Iterator[Log]:
        self.begin()
        told = time.monotonic()
        while not self.finished:
            self.step()
            evaluations = self._evaluate()
            due = self.log_due.crossings(self.clock) > 0
            if due or evaluations or time.monotonic() - told > SECONDS_BETWEEN_LOGS:
                yield self._log(evaluations, with_metrics=due)
                told = time.monotonic()
        yield self._log(last=True)

    @property
    def finished(self) -> bool:
        """Whether the run is over: all of it done, or stopped from outside."""
        return self.stop.requested or self._trained

    @property
    def _trained(self) -> bool:
        """Whether all steps or episodes are done, or every lane has diverged."""
        steps, episodes = self.train.steps, self.train.episodes
        over = self.clock.steps >= steps if steps is not None else self.clock.count("episodes") >= (episodes or 0)
        return over or bool((self.learner.diverged >= 0).all())

    def begin(self) -> None:
        """Prime the buffer, if the algorithm does so, and begin the first episodes."""
        prime(self.parts.buffer, self.environment, self.seeds, self.train.envs, self.train.prime)
        self.environment.expect_seeds(self.episode_seeds.upcoming)
        self._reset(np.ones(self.tally.lengths.shape, np.bool_))

    def step(self) -> None:
        """One vector step of every lane, and the updates that fall due with it."""
        observation, action = self._observation, self._act()
        arrived, reward, terminated, truncated = self.environment.step(action)
        next_action = self._choose_next(arrived)
        signal, final = self.environment.learning_signal(reward, terminated)
        self.parts.buffer.add(Transition(observation, action, signal, arrived, final, truncated, next_action))
        self._observation = arrived
        ended = self.tally.add(reward, terminated, truncated, self.learner.diverged >= 0)
        if ended.any():
            self._reset(ended)
        self._learn()

    def _act(self) -> np.ndarray:
        begun = self.tally.lengths == 0
        self.parts.exploration.observe(self._observation, begun)
        action = self.parts.exploration.act(self._weighed(self._observation), self.clock)
        if self.parts.objective.next_action == "behaviour":
            # The action the update was told of is the one taken; only after a reset is there none.
            action = np.where(begun, action, self._promised)
        return action

    def _choose_next(self, arrived: np.ndarray) -> np.ndarray | None:
        """The next action as the objective wants it in the transition, by the weights of this moment."""
        wanted = self.parts.objective.next_action
        if wanted is None:
            return None
        if wanted == "greedy":
            return self.learner.q(arrived).argmax(-1)
        self.parts.exploration.observe(arrived, np.zeros_like(self._promised, np.bool_))
        self._promised = self.parts.exploration.act(self._weighed(arrived), self.clock)
        return self._promised

    def _weighed(self, observation: np.ndarray) -> np.ndarray:
        """What the exploration policy chooses by."""
        learner = self.learner
        return learner.heads(observation) if self.parts.exploration.sees == "heads" else learner.q(observation)

    def _reset(self, mask: np.ndarray) -> None:
        self._observation = self.environment.reset(mask, self.episode_seeds.draw(mask))

    def _learn(self) -> None:
        due = self.update_due.crossings(self.clock) * self.train.updates
        for _ in range(due if self.clock.steps >= self.train.learning_starts else 0):
            batch = self.parts.buffer.sample(self.train.batch_size)
            td_error = self.learner.update(batch)
            self.parts.buffer.feedback(batch.index, td_error)
            self.learner.update_target()
            self._sampled += batch.action.shape[1]
        self.learner.update_target()
        if self.learner.lost > len(self._last_counts):
            for lane in np.flatnonzero(self.learner.diverged >= 0):
                self._last_counts.setdefault(int(lane), self._shared_counts())

    def _evaluate(self) -> Sequence[Evaluation]:
        if self.evaluator is None or not self.evaluation_due.crossings(self.clock):
            return ()
        played = self.evaluator.play(self.learner.quiet_q, self.clock.steps, lambda: self.stop.requested)
        self._evaluation_stopped = not played
        alive = {self.seeds[lane] for lane in self._alive()}
        return [evaluation for evaluation in played if evaluation.seed in alive]

    def _log(self, evaluations: Sequence[Evaluation] = (), with_metrics: bool = False, last: bool = False) -> Log:
        """What happened since the last log."""
        metrics = self._metrics() if with_metrics else {}
        return Log(
            self.seeds,
            self.clock.steps,
            self.clock.updates,
            self.tally.take(),
            metrics,
            evaluations,
            self.counts(),
            self._snapshot(last),
            last,
            stopped=last and (self._evaluation_stopped or not self._trained),
        )

    def _snapshot(self, last: bool) -> dict[int, dict[str, np.ndarray]]:
        """The weights, if it is time to hand them out."""
        if not last and time.monotonic() - self._snapped < SECONDS_BETWEEN_SNAPSHOTS:
            return {}
        self._snapped = time.monotonic()
        return {seed: {name: leaf.numpy() for name, leaf in own.items()} for seed, own in self.weights().items()}

    def _metrics(self) -> dict[int, dict[str, float]]:
        columns = self.learner.metrics()
        columns |= self.parts.exploration.metrics(self.clock)
        columns |= self.parts.optimizer.metrics(self.clock)
        lanes = {name: np.broadcast_to(value, len(self.seeds)) for name, value in columns.items()}
        return {
            self.seeds[lane]: {name: float(values[lane]) for name, values in lanes.items()} for lane in self._alive()
        }

    def _alive(self) -> Sequence[int]:
        return [int(lane) for lane in np.flatnonzero(self.learner.diverged < 0)]

    def weights(self) -> dict[int, Params]:
        """Seed -> name -> tensor."""
        return {seed: self.learner.weights(lane) for lane, seed in enumerate(self.seeds)}

    def counts(self) -> dict[int, dict[str, int | float | None]]:
        """What really happened in each lane, by seed."""
        return {seed: self._counts(lane) for lane, seed in enumerate(self.seeds)}

    def _counts(self, lane: int) -> dict[str, int | float | None]:
        diverged = int(self.learner.diverged[lane])
        return {
            "steps": self.clock.steps if diverged < 0 else diverged,
            "updates": int(self.learner.updates[lane]),
            "episodes": int(self.clock.episodes[lane]),
            **(self._last_counts.get(lane) or self._shared_counts()),
            "diverged_at": diverged if diverged >= 0 else None,
        }

    def _shared_counts(self) -> dict[str, int | float]:
        """What happens in all lanes at once."""
        transitions = max(self.clock.steps, 1)
        return {"syncs": self.parts.target.syncs, "samples_per_transition": self._sampled / transitions}

    def close(self) -> None:
        """Release the environments."""
        self.environment.close()
        if self.evaluator is not None:
            self.evaluator.environment.close()

    def _build_evaluator(self) -> Evaluator:
        environment = self.composition["environment"].build(len(self.seeds), self.train.eval_episodes)
        return Evaluator(environment, self.seeds, self.train.eval_episodes, self.train.eval_max_steps)
