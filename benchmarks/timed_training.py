"""Train a group of seeds and print when its updates began and ended: the job that the comparisons start.

Everything that `rlzoo run` does in a worker is included: environment steps, updates, logs and metrics.

    python benchmarks/timed_training.py dqn CartPole-v1 --seeds 0 1 2 --set train.steps=30_000
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence

from measuring import CLOCKS, span

from rlzoo.contracts import Composition, Log, Stop
from rlzoo.registry.catalog import open_catalog
from rlzoo.registry.composition import compose
from rlzoo.training.groups import Group, train_group


def composition(algorithm: str, environment: str | None, settings: Mapping[str, object]) -> Composition:
    """Compose an algorithm from the built-in components and all installed plugins."""
    return compose(open_catalog(), algorithm, {}, dict(settings), environment)


def updating(composed: Composition, seeds: Sequence[int]) -> tuple[int, Iterator[Log]]:
    """Train until the first update; returns the step of the first log after it, and the remaining logs."""
    logs = train_group(Group(composed, list(seeds), "cpu"), Stop())
    return next(log.step for log in logs if log.update > 0), logs


def job(group: Sequence[int], algorithm: str, environment: str, **settings: object) -> list[str]:
    """The command of a job, for `measuring.rate`; a double underscore in a setting's name stands for a dot."""
    pairs = [f"{name.replace('__', '.')}={value}" for name, value in settings.items()]
    return ["timed_training.py", algorithm, environment, "--seeds", *map(str, group), "--set", *pairs]


def main() -> None:
    """Train, and print the times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("algorithm")
    parser.add_argument("environment")
    parser.add_argument("--seeds", type=int, nargs="+", required=True)
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE")
    arguments = parser.parse_args()
    settings = dict(pair.split("=", 1) for pair in arguments.set)
    first, logs = updating(composition(arguments.algorithm, arguments.environment, settings), arguments.seeds)
    clock = CLOCKS[arguments.clock]
    began, last = clock(), first
    for log in logs:
        last = log.step
    print(span(began, clock(), (last - first) * len(arguments.seeds)))


if __name__ == "__main__":
    main()
