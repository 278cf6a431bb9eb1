"""Steps per second of ten seeds on two cores: rlzoo in two processes, and DQN as one JAX program (`jax_dqn.py`).

Both are timed from the first update on; starting, compiling and the 10,000 steps before learning are excluded. JAX is
measured twice: as it spreads over both cores by itself, and in two processes of five seeds with a core each.

With `--one-core`, five seeds train on one core, timed in seconds of the processor, so that a busy machine matters less.
Needs the extra `peers`.

    python benchmarks/jax_peer.py --rounds 5
    python benchmarks/jax_peer.py --rounds 5 --one-core
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

from jax_dqn import STARTS
from measuring import alternate, processor, rate, rates
from timed_training import job

ALONE, PER_CORE, SEEDS = "JAX", "JAX, a process per core", range(10)
HALVED = SEEDS[:5], SEEDS[5:]


def jax(seeds: range, envs: int, steps: int, *more: str) -> list[str]:
    """The job of the JAX program."""
    return ["jax_dqn.py", "--envs", str(envs), "--steps", str(steps), "--seeds", *map(str, seeds), *more]


def ours(seeds: range, envs: int, steps: int, *more: str) -> list[str]:
    """The same job for rlzoo."""
    settings = {"train__steps": steps, "train__envs": envs, "train__learning_starts": STARTS}
    return [*job(seeds, "dqn", "CartPole-v1", **settings), *more]


def both_cores(envs: int, steps: int) -> dict[str, Callable[[], float]]:
    """Steps per second of ten seeds."""
    return {
        ALONE: lambda: rate(jax(SEEDS, envs, steps)),
        PER_CORE: lambda: rate(*[jax(half, envs, steps, "--core", str(core)) for core, half in enumerate(HALVED)]),
        "rlzoo": lambda: rate(*[ours(half, envs, steps) for half in HALVED]),
    }


def one_core(envs: int, steps: int) -> dict[str, Callable[[], float]]:
    """Steps per second of five seeds."""
    return {
        ALONE: lambda: rate(jax(HALVED[0], envs, steps, "--core", "0", "--clock", "cpu")),
        "rlzoo": lambda: rate(ours(HALVED[0], envs, steps, "--clock", "cpu")),
    }


def main() -> None:
    """Alternate, and print a table for each number of environments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=40_000, help="per seed, including the 10,000 before learning")
    parser.add_argument("--envs", type=int, nargs="+", default=[1, 10])
    parser.add_argument("--one-core", action="store_true", help="five seeds on one core")
    arguments = parser.parse_args()
    contestants, what = (one_core, "5 seeds, one core") if arguments.one_core else (both_cores, "10 seeds, both cores")
    for envs in arguments.envs:
        print(f"\nCartPole-v1, {what}, {envs} environment{'s' if envs > 1 else ''} a seed; {processor()}\n")
        rates(alternate(contestants(envs, arguments.steps), arguments.rounds), ALONE)


if __name__ == "__main__":
    main()
