"""Sampling and feedback of prioritized replay against uniform: ten lanes, batch 128, 100,000 transitions a lane.

python benchmarks/prioritized.py
"""

from __future__ import annotations

import argparse
from itertools import cycle

import numpy as np
import torch
from gymnasium.spaces import Box, Discrete
from measuring import Rounds, alternate, processor, ratios, row, seconds, spread, table

from rlzoo.components.buffers.uniform import Uniform
from rlzoo.contracts import Buffer, BuildSpec, Transition
from rlzoo.lanes.rng import LaneRng
from rlzoo.training.groups import one_thread
from rlzoo_replay.prioritized import Prioritized

LANES, BATCH, CAPACITY = 10, 128, 100_000


def full(options: Uniform | Prioritized, capacity: int) -> Buffer:
    """A full buffer of CartPole's transitions, added by the thousand, as if by as many environments."""
    envs = 1_000
    rng = LaneRng(range(LANES), "buffer")
    space, cpu = Box(-np.inf, np.inf, (4,), np.float32), torch.device("cpu")
    buffer = options.build(BuildSpec(space, Discrete(2), LANES, envs, cpu, rng, steps=10**6))
    observation, no = np.zeros((LANES, envs, 4), np.float32), np.zeros((LANES, envs), np.bool_)
    transition = Transition(observation, no.astype(np.int64), no.astype(np.float32), observation, no, no)
    for _ in range(capacity // envs):
        buffer.add(transition)
    return buffer


def measure(rounds: int, capacity: int = CAPACITY, calls: int = 50) -> Rounds:
    """Microseconds of one batch sampled and its TD errors fed back."""
    errors = cycle(torch.randn((50, LANES, BATCH), generator=torch.Generator().manual_seed(0)) ** 3)

    def time(buffer: Buffer) -> float:
        return 1e6 * seconds(lambda: buffer.feedback(buffer.sample(BATCH).index, next(errors)), calls) / calls

    with one_thread():
        uniform, prioritized = full(Uniform(capacity), capacity), full(Prioritized(capacity), capacity)
        time(prioritized)  # the first call may compile
        return alternate({"uniform": lambda: time(uniform), "prioritized": lambda: time(prioritized)}, rounds)


def main() -> None:
    """Print both and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=21)
    it = measure(parser.parse_args().rounds)
    print(f"Microseconds, one core; {processor()}\n")
    table("replay", "sampling and feedback", "times uniform")
    row("uniform", spread(it["uniform"]), "1")
    row("prioritized", spread(it["prioritized"]), spread(ratios(it["prioritized"], it["uniform"])))


if __name__ == "__main__":
    main()
