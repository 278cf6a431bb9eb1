"""Watching a runner without changing it: calls of its parts go through functions that see arguments and results."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from rlzoo.lanes.rng import LaneRng
from rlzoo.training.runner import Runner

Wrapper = Callable[..., Any]
"""Gets a function and its arguments, and returns what that function returns."""


class Watched:
    """Stands in for an object; the named methods are called by wrappers."""

    def __init__(self, watched: Any, **wrappers: Wrapper) -> None:
        self._watched, self._wrappers = watched, wrappers

    def __getattr__(self, name: str) -> Any:
        attribute, wrapper = getattr(self._watched, name), self._wrappers.get(name)
        return attribute if wrapper is None else partial(wrapper, attribute)

    def __call__(self, *arguments: Any) -> Any:
        """Call the object itself."""
        return self._wrappers["call"](self._watched, *arguments)


@contextmanager
def watched_updates(runner: Runner, watcher: Any) -> Iterator[None]:
    """Inside, `watcher` sees updates: its methods `sample`, `gradients`, `optimize` and `move`."""
    learner = runner.learner
    buffer: Any = Watched(runner.parts.buffer, sample=watcher.sample)
    with ExitStack() as stack:
        stack.enter_context(_in_place(runner, "parts", replace(runner.parts, buffer=buffer)))
        stack.enter_context(_in_place(learner, "gradients", Watched(learner.gradients, call=watcher.gradients)))
        stack.enter_context(_in_place(learner, "optimizer", Watched(learner.optimizer, step=watcher.optimize)))
        stack.enter_context(_in_place(learner, "updater", Watched(learner.updater, update=watcher.move)))
        yield


@contextmanager
def watched_steps(runner: Runner, **wrappers: Wrapper) -> Iterator[None]:
    """Inside, vector steps are taken one by one, and `observe`, `act`, `step` and `add` are called by wrappers."""
    collector, parts = runner.collector, runner.collector.parts
    policy: Any = Watched(parts.exploration, **wrappers)
    buffer: Any = Watched(parts.buffer, **wrappers)
    one_by_one = Watched(collector, collect=lambda _, limit: collector.collect_one())
    with ExitStack() as stack:
        stack.enter_context(_in_place(collector, "parts", replace(parts, exploration=policy, buffer=buffer)))
        stack.enter_context(_in_place(collector, "environment", Watched(collector.environment, **wrappers)))
        stack.enter_context(_in_place(runner, "collector", one_by_one))
        yield


@contextmanager
def stopped_at(runner: Runner, step: int) -> Iterator[None]:
    """Inside, no more vector steps are collected at once than there are before `step`."""
    envs = runner.train.envs

    def collect(call: Callable[[int], None], limit: int) -> None:
        call(min(limit, (step - runner.clock.steps) // envs))

    with _in_place(runner, "collector", Watched(runner.collector, collect=collect)):
        yield


@contextmanager
def drawn(rng: LaneRng) -> Iterator[list[np.ndarray]]:
    """A list that gets the numbers which are drawn inside, `[L, D]` each."""
    draws: list[np.ndarray] = []

    def random(shape: tuple[int, ...] = ()) -> np.ndarray:
        numbers = LaneRng.random(rng, shape)
        draws.append(numbers.reshape(len(numbers), -1))
        return numbers

    with _in_place(rng, "random", random):
        yield draws


@contextmanager
def undrawn(rng: LaneRng) -> Iterator[None]:
    """What is drawn inside is drawn again afterwards."""
    position = rng.position()
    try:
        yield
    finally:
        rng.return_to(position)


@contextmanager
def _in_place(owner: Any, name: str, stand_in: Any) -> Iterator[None]:
    """Inside, `owner` has another attribute of this name."""
    known, before = name in vars(owner), getattr(owner, name)
    setattr(owner, name, stand_in)
    try:
        yield
    finally:
        if known:
            setattr(owner, name, before)
        else:
            delattr(owner, name)
