"""PQN on CartPole-v1 as rlzoo defines it, and with two deviations of the code behind CleanRL's published figure.

There a time limit counts as a termination, so that nothing is expected after it. And only the one-step part of a target
stops at the end of an episode: the longer returns continue with the first step of the next one. All variants train over
the same seeds; the return is that of a seed's last 100 training episodes. The published figure is the mean of three
seeds, so it is compared with the means of all triples. Needs the zoo's plugins.

    python benchmarks/pqn_deviations.py
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import gymnasium
import numpy as np
import torch
from parity import last_hundred, told

import rlzoo
from rlzoo.contracts import Batch, BuildSpec, Objective
from rlzoo.lanes.params import Params, Predict
from rlzoo_pqn.q_lambda import QLambda, QLambdaObjective, lambda_return

ENVIRONMENT, PUBLISHED = "CartPole-v1", 495.13


class TimeLimitTerminates(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Reports a time limit as a termination."""

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """A step of the environment."""
        observation, reward, terminated, truncated, info = super().step(action)
        return observation, reward, terminated or truncated, truncated, info


def terminating() -> gymnasium.Env[Any, Any]:
    """CartPole in which the time limit is a termination."""
    return TimeLimitTerminates(gymnasium.make(ENVIRONMENT))


@dataclass(frozen=True)
class Continuing(QLambda):
    """Q(lambda) whose longer returns continue into the next episode."""

    def build(self, spec: BuildSpec) -> Objective:
        """Build the objective."""
        return ContinuingObjective(self)


class ContinuingObjective(QLambdaObjective):
    """The objective of `Continuing`."""

    def prepare(self, predict: Predict, online: Params, target: Params, rollout: Batch) -> Mapping[str, torch.Tensor]:
        """The returns, `[L, N, T]`, as if no episode ended."""
        flat = rollout.each(lambda tensor: tensor.flatten(1, 2))
        value = self.next_value(predict, online, target, flat).unflatten(1, rollout.action.shape[1:])
        ended = torch.zeros_like(rollout.terminated)
        found = lambda_return(rollout.reward, rollout.discount, rollout.terminated, ended, value, self.q_lambda)
        return {"return": found}


VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "`pqn`": {"env": ENVIRONMENT},
    "time limits terminate": {"env": terminating},
    "and returns continue into the next episode": {"env": terminating, "objective": Continuing},
}


def reached(returns: np.ndarray) -> float:
    """The share of all triples of seeds whose mean is at least the published one."""
    return float(np.mean([sum(triple) / 3 >= PUBLISHED for triple in combinations(returns, 3)]))


def main() -> None:
    """Train all variants, and print their returns and the differences from the first."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--steps", type=int, default=500_000)
    arguments = parser.parse_args()
    base: np.ndarray | None = None
    with TemporaryDirectory() as parent:
        for place, (name, options) in enumerate(VARIANTS.items()):
            out = Path(parent, str(place))
            run = rlzoo.train("pqn", **options, steps=arguments.steps, seeds=arguments.seeds, out=out)
            returns = last_hundred(run.folder)
            base = returns if base is None else base
            change = "" if base is returns else f"; minus `pqn`: {told(returns - base)}"
            print(f"{name}: {told(returns)}{change}; triples as good as published: {reached(returns):.0%}")
            print(f"  {np.round(returns).astype(int).tolist()}", flush=True)


if __name__ == "__main__":
    main()
