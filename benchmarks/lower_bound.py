"""The time of the whole training loop over that of raw environments and bare matrix products.

In each round, rlzoo trains some steps on one core; then the same number of environments takes as many random steps and
nothing else, and the bare products of as many updates are computed (`products.py`). Exploration has just begun and is
nearly random, so the environments do the same work in both. No training loop that steps these environments and uses
these products can have a ratio below 1. Seconds are those of the processor: nothing here waits.

    python benchmarks/lower_bound.py LunarLander-v3 minatar
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field
from time import process_time
from typing import Any

import gymnasium
import numpy as np
from measuring import processor, ratios, row, seconds, spread, table
from products import BareUpdate, recorded
from timed_training import composition, updating

BLOCK = 0.5
"""Seconds of training in a round, at least."""


@dataclass(frozen=True)
class Case:
    """What to train."""

    algorithm: str
    environment: str
    lanes: int
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """How tables name it."""
        envs = self.settings.get("train.envs", 1)
        lanes = f"{self.lanes} lane{'s' if self.lanes > 1 else ''}"
        return f"{self.algorithm}, {self.environment}, {lanes}{f' of {envs} environments' if envs > 1 else ''}"


SOON = {"train.learning_starts": 1_000}
CASES = [
    *(Case("dqn", "CartPole-v1", lanes, SOON) for lanes in (1, 10)),
    Case("dqn", "CartPole-v1", 10, SOON | {"train.envs": 10}),
    Case("dqn", "LunarLander-v3", 10, SOON),
    *(Case("dqn-minatar", "minatar/breakout", lanes, SOON) for lanes in (4, 10)),
]


class RawEnvironments:
    """Gymnasium environments, stepped one after another with random actions and reset when they end."""

    def __init__(self, make: Callable[[], gymnasium.Env[Any, Any]], number: int) -> None:
        self.environments = [make() for _ in range(number)]
        for seed, environment in enumerate(self.environments):
            environment.reset(seed=seed)
        self.draw = np.random.default_rng(0)

    def __call__(self, steps: int) -> float:
        """The seconds of `steps` steps in each environment."""
        choices = int(self.environments[0].action_space.n)
        actions = self.draw.integers(choices, size=(steps, len(self.environments))).tolist()
        began = process_time()
        for row_ in actions:
            for environment, action in zip(self.environments, row_, strict=True):
                _, _, terminated, truncated, _ = environment.step(action)
                if terminated or truncated:
                    environment.reset()
        return process_time() - began


def raw_environments(case: Case) -> RawEnvironments:
    """The environments of all lanes, made as rlzoo makes them, or by Gymnasium if it has them."""
    options = composition(case.algorithm, case.environment, {})["environment"]
    number = case.lanes * case.settings.get("train.envs", 1)
    known = case.environment in gymnasium.registry
    make = (lambda: gymnasium.make(case.environment, disable_env_checker=True)) if known else options.make
    return RawEnvironments(make, number)


@dataclass(frozen=True)
class Measured:
    """Microseconds per vector step, one number per round."""

    loop: list[float]
    environments: list[float]
    products: list[float]

    @property
    def ratio(self) -> list[float]:
        """The loop over the rest."""
        return ratios(self.loop, [a + b for a, b in zip(self.environments, self.products, strict=True)])


def measure(case: Case, rounds: int, block: float = BLOCK) -> Measured:
    """Alternate between training and its lower bound."""
    composed = composition(case.algorithm, case.environment, case.settings)
    envs, every = composed.train.envs, composed.train.update_every
    environments, bare = raw_environments(case), BareUpdate(recorded(composed), case.lanes)
    measured = Measured([], [], [])
    last, logs = updating(composed, range(case.lanes))
    for _ in range(rounds):
        began, step = process_time(), last
        while step == last or process_time() - began < block:
            step = next(logs).step
        elapsed, steps = process_time() - began, (step - last) // envs
        measured.loop.append(1e6 * elapsed / steps)
        measured.environments.append(1e6 * environments(steps) / steps)
        updates = max((step - last) // every, 1)
        measured.products.append(1e6 * seconds(bare, updates) / updates * envs / every)
        last = step
    return measured


def main() -> None:
    """Print a row for each case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("only", nargs="*", help="words that a case contains; by default, all cases")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    print(f"Microseconds per vector step, one core; {processor()}\n")
    table("", "rlzoo", "raw environments", "bare products", "ratio", "steps per second, all lanes")
    for case in CASES:
        if not arguments.only or any(word in case.name for word in arguments.only):
            it = measure(case, arguments.rounds)
            per_second = [1e6 * case.lanes * case.settings.get("train.envs", 1) / micro for micro in it.loop]
            row(case.name, *map(spread, (it.loop, it.environments, it.products, it.ratio, per_second)))


if __name__ == "__main__":
    main()
