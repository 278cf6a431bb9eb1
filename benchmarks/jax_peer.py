"""Steps per second of ten seeds on two cores: rlzoo in two processes, and DQN as one JAX program (`jax_dqn.py`).

Both are timed from the first update on; starting, compiling and the 10,000 steps before learning are excluded. JAX is
measured twice: as it spreads over both cores by itself, and in two processes of five seeds with a core each. Needs the
extra `peers`.

    python benchmarks/jax_peer.py --rounds 5
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

from jax_dqn import STARTS
from measuring import alternate, processor, rate, rates
from timed_training import job

ALONE, HALVES, SEEDS = "JAX", "JAX, a process per core", range(10)


def contestants(envs: int, steps: int) -> dict[str, Callable[[], float]]:
    """Steps per second of each."""
    settings = {"train__steps": steps, "train__envs": envs, "train__learning_starts": STARTS}
    halves = SEEDS[:5], SEEDS[5:]

    def jax(seeds: range, *more: str) -> list[str]:
        return ["jax_dqn.py", "--envs", str(envs), "--steps", str(steps), "--seeds", *map(str, seeds), *more]

    return {
        ALONE: lambda: rate(jax(SEEDS)),
        HALVES: lambda: rate(*[jax(half, "--core", str(core)) for core, half in enumerate(halves)]),
        "rlzoo": lambda: rate(*[job(half, "dqn", "CartPole-v1", **settings) for half in halves]),
    }


def main() -> None:
    """Alternate, and print a table for each number of environments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=40_000, help="per seed, including the 10,000 before learning")
    parser.add_argument("--envs", type=int, nargs="+", default=[1, 10])
    arguments = parser.parse_args()
    for envs in arguments.envs:
        print(f"\nCartPole-v1, 10 seeds, {envs} environments a seed; {processor()}\n")
        rates(alternate(contestants(envs, arguments.steps), arguments.rounds), ALONE)


if __name__ == "__main__":
    main()
