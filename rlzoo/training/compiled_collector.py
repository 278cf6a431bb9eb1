"""Collecting in one compiled call for all steps between two updates."""

from __future__ import annotations

from typing import Any

import numpy as np

from rlzoo.contracts import Environment, EnvironmentKernel, ExplorationKernel, State, Storage
from rlzoo.lanes.kernels import offered
from rlzoo.lanes.loops import collect
from rlzoo.lanes.rng import LaneRng
from rlzoo.training.acting import CompiledValues
from rlzoo.training.assembly import Parts
from rlzoo.training.collector import Collector, Watch
from rlzoo.training.learner import Learner

Kernels = tuple[EnvironmentKernel, CompiledValues, ExplorationKernel, Storage]


def kernels_of(environment: Environment, parts: Parts, learner: Learner) -> Kernels | None:
    """The kernels of all parts; None where a part offers none or has to see every step, or actions are masked."""
    step = offered(environment, "kernel", "step", "learning_signal")
    policy = offered(parts.exploration, "kernel", "act", "observe", "sees")
    storage = offered(parts.buffer, "storage", "add")
    values = learner.compiled
    has_columns = parts.exploration.columns or parts.objective.columns or environment.action_mask is not None
    if step is None or values is None or policy is None or storage is None or has_columns:
        return None
    draws = len(step.state) // len(values.rows) * policy.draws
    return (step, values, policy, storage) if draws <= LaneRng.BLOCK else None


class CompiledCollector(Collector):
    """Does the same as `Collector`, to the bit, for parts that offer kernels (see `rlzoo.lanes.kernels`).

    An episode's end, with all that follows from it, is left to Python.
    """

    engine = "compiled"

    def __init__(self, kernels: Kernels, *arguments: Any) -> None:
        super().__init__(*arguments)
        step, values, policy, storage = kernels
        self._actions = None  # the arrays of the kernel are saved instead
        collect.compile()  # here rather than at the first step: workers then find it compiled
        self.step, self.policy, self.added = step, policy, storage.added
        shape = self.episodes.lengths.shape
        self._ended = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)  # terminated, truncated
        self._before_draws = (
            step.step.address, step.state, step.observation, step.lengths, step.max_steps,
            values.network.forward.address, values.network.layout, values.scratch, values.outputs,
            values.objective.values.address, values.objective.numbers, np.empty(values.actions, np.float32),
            values.rows, policy.act.address,
        )  # fmt: skip
        self._storage = (
            storage.observation, storage.next_observation, storage.action, storage.reward, storage.terminated,
            storage.truncated,
        )  # fmt: skip

    def collect(self, limit: int) -> None:
        """Vector steps until an episode ends, but at most `limit`."""
        self.reset()
        envs, draws = self.episodes.lengths.shape[1], self.policy.draws
        begin = self.added()
        watch = self.watch if self.watch is not None and self.watch.wants_steps else None
        if watch is not None:
            limit = min(limit, self._storage[3].shape[1] // envs)  # what is shown must still be stored
        drawn, first = self.policy.rng.ahead(envs * draws)
        known = (LaneRng.BLOCK - first) // (envs * draws) if draws else limit
        done = collect(
            *self._before_draws, drawn, first, draws, self._numbers(min(limit, known)), *self._storage, begin,
            self.episodes.returns, self.episodes.lengths, *self._ended,
        )  # fmt: skip
        self.policy.rng.skip(done * envs * draws)
        self.parts.buffer.stored(done * envs)
        self.clock.steps += done * envs
        if watch is not None:
            self._show(watch, begin, done, envs)
        self._end(*self._ended)

    def collect_one(self) -> None:
        """One vector step by the methods of the parts: they change the same arrays as the kernels."""
        self.reset()
        self._observation = self.step.observation.reshape(self._observation.shape).copy()
        super().collect_one()

    def taken(self) -> list[list[np.ndarray]] | None:
        """The actions of the running episodes, read from the buffer; None where it no longer holds all of them."""
        (_, envs), lengths, actions, added = self._ended[0].shape, self.episodes.lengths, self._storage[2], self.added()
        if lengths.max() * envs > actions.shape[1]:
            return None
        return [
            [
                actions[lane, (added + env - envs * np.arange(length, 0, -1)) % actions.shape[1]]
                for env, length in enumerate(row)
            ]
            for lane, row in enumerate(lengths.tolist())
        ]

    def _show(self, watch: Watch, begin: int, steps: int, envs: int) -> None:
        """Pass on the stored steps, from transition number `begin` on."""
        observation, _, action, reward, terminated, truncated = self._storage
        end, capacity = begin + steps * envs, reward.shape[1]
        first, last = _places(begin, begin + envs, capacity), _places(end - envs, end, capacity)
        rewards = reward[:, _places(begin, end, capacity)].reshape(-1, steps, envs)
        watch.see_steps(observation[:, first], action[:, first], rewards, terminated[:, last], truncated[:, last])

    def _environment_state(self) -> State:
        """The arrays of the kernel, which are all that changes between two resets."""
        shape = self.episodes.lengths.shape
        return {name: array.reshape(*shape, *array.shape[1:]).copy() for name, array in self._arrays().items()}

    def _restore_environment(self, state: State) -> np.ndarray:
        self.environment.reset(np.ones(self.episodes.lengths.shape, np.bool_), self.episode_seeds.current)
        for name, array in self._arrays().items():
            array[:] = state[name].reshape(array.shape)
        return np.zeros(self.episodes.lengths.shape, np.bool_)

    def _arrays(self) -> dict[str, np.ndarray]:
        kernel = self.step
        return {"state": kernel.state, "observation": kernel.observation, "lengths": kernel.lengths}

    def _numbers(self, steps: int) -> np.ndarray:
        """The policy's numbers at each of the next vector steps, `[steps, L, P]`: they depend on the clock alone."""
        (lanes, envs), now, rows = self.episodes.lengths.shape, self.clock.steps, []
        for step in range(steps):
            self.clock.steps = now + step * envs
            rows.append(self.policy.numbers(self.clock))
        self.clock.steps = now
        numbers = np.array(rows, np.float64)  # [steps], or [steps, L, P]
        return numbers if numbers.ndim == 3 else np.repeat(numbers, lanes).reshape(steps, lanes, 1)


def _places(begin: int, end: int, capacity: int) -> slice | np.ndarray:
    """Where the transitions with these numbers lie; a slice, which needs no copy, unless they reach over the end."""
    first = begin % capacity
    return slice(first, first + end - begin) if first + end - begin <= capacity else np.arange(begin, end) % capacity
