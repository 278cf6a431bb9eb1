"""Episodes with random actions: the return of an agent that has learned nothing."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from gymnasium.spaces import Box

from rlzoo.contracts import RandomReturn
from rlzoo.lanes.rng import stream
from rlzoo.training.evaluation import Evaluator

EPISODES = 100
FEWEST_EPISODES = 10
"""With fewer there is no answer."""
AT_ONCE = 10
MOST_STEPS = 10_000
SECONDS = 8.0
"""An environment that is too slow to end `FEWEST_EPISODES` episodes in this time has no answer."""


def measure_random_return(options: Any) -> RandomReturn | None:
    """The mean return of `EPISODES` random episodes in the environment that `options` build; None if unknown.

    An environment that fails has no answer either: the run itself will say what is wrong.
    """
    try:
        returns = _random_returns(options)
    except (Exception, SystemExit):  # it runs the code of the environment
        return None
    if len(returns) < FEWEST_EPISODES:
        return None
    error = float(np.std(returns, ddof=1)) / len(returns) ** 0.5
    return RandomReturn(float(np.mean(returns)), error, len(returns))


def _random_returns(options: Any) -> list[float]:
    environment, rng, returns = options.build(1, AT_ONCE), stream(0, "random policy"), list[float]()
    try:
        space = environment.action_space
        if isinstance(space, Box) and not space.is_bounded():
            return []

        def act(observation: np.ndarray, mask: np.ndarray | None, begins: np.ndarray) -> np.ndarray:
            if isinstance(space, Box):
                return rng.uniform(space.low, space.high, (1, AT_ONCE, *space.shape)).astype(space.dtype)
            ranks = rng.random((1, AT_ONCE, int(space.n)))
            return np.where(True if mask is None else mask, ranks, -1.0).argmax(-1)

        Evaluator(environment, [0], AT_ONCE, 1, "random policy").play(act, 0, lambda: False)  # which may compile
        evaluator = Evaluator(environment, [0], AT_ONCE, MOST_STEPS, "random policy")
        until = time.monotonic() + SECONDS
        while len(returns) < EPISODES:
            played = evaluator.play(act, 0, lambda: time.monotonic() > until)
            if not played:
                break
            returns += [episode.episode_return for episode in played]
    finally:
        environment.close()
    return returns
