"""A sweep over learning rates as one program against a run for each: CartPole, `dqn`, on one core.

python benchmarks/sweep.py
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import torch
from measuring import alternate, processor, ratios, row, seconds, spread, table

from rlzoo.contracts import Composition
from rlzoo.registry.catalog import open_catalog
from rlzoo.registry.composition import compose
from rlzoo.training.groups import Group, join, one_thread
from rlzoo.training.runner import Runner

SEEDS = 4
STEPS = 200
"""Environment steps of a lane in each round, while learning."""
VARIANTS = (1, 2, 4, 8, 16, 32)


def variants(count: int) -> list[Composition]:
    """The composition with `count` learning rates."""
    settings = {"train.steps": 10**6, "train.learning_starts": 200}
    rates = [1e-3 * (1 + place / 100) for place in range(count)]
    return [compose(open_catalog(), "dqn", settings=settings | {"optimizer.lr": rate}) for rate in rates]


def started(group: Group) -> Runner:
    """A runner that has begun to learn."""
    runner = Runner(group.composition, group.seeds, torch.device("cpu"), variants=group.variants)
    runner.begin()
    advance(runner, 400)
    return runner


def advance(runner: Runner, steps: int) -> None:
    """Train for this many steps."""
    until = runner.clock.steps + steps
    while runner.clock.steps < until:
        runner.step()


def rate(runners: list[Runner], lanes: int) -> Callable[[], float]:
    """Measures the environment steps per second of these, one after another, over all lanes."""
    return lambda: STEPS * lanes / seconds(lambda: [advance(runner, STEPS) for runner in runners])


def main() -> None:
    """Print both rates for each number of variants, and their ratio within each round."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    print(f"{processor()}, {SEEDS} seeds of each learning rate, environment steps per second over all lanes\n")
    table("learning rates", "lanes", "one program", "a run for each", "ratio")
    with one_thread():
        for count in VARIANTS:
            groups = [Group(composition, range(SEEDS), "cpu") for composition in variants(count)]
            whole = join(groups)
            assert whole is not None
            lanes = count * SEEDS
            together, apart = rate([started(whole)], lanes), rate([started(group) for group in groups], lanes)
            measured = alternate({"together": together, "apart": apart}, rounds)
            gain = spread(ratios(measured["together"], measured["apart"]))
            row(str(count), str(lanes), spread(measured["together"]), spread(measured["apart"]), gain)


if __name__ == "__main__":
    main()
