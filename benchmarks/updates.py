"""The time of an update over that of its bare matrix products, by algorithm and lanes, on one core.

An update goes from a sampled batch to changed weights: forward passes of both networks, loss, gradients, optimizer.
Calls alternate with those of `products.py` and with updates of `dqn` in as many lanes.

    python benchmarks/updates.py --lanes 1 10
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import torch
from measuring import Rounds, alternate, processor, ratios, row, seconds, span, spread, table
from products import BareUpdate, recorded
from timed_training import composition

from rlzoo.training.groups import one_thread
from rlzoo.training.runner import Runner

ALGORITHMS = ("dqn", "c51", "qr-dqn", "iqn", "rainbow", "dqn-minatar")
SOON = {"train.learning_starts": 500}


@contextmanager
def update_of(algorithm: str, lanes: int, settings: Mapping[str, object] = {}) -> Iterator[Callable[[], object]]:
    """A call that updates all lanes with a batch drawn once; the first updates are done."""
    composed = composition(algorithm, None, SOON | dict(settings))
    runner = Runner(composed, range(lanes), torch.device("cpu"))
    runner.begin()
    while runner.clock.updates < 5:
        runner.step()
    batch = runner.parts.buffer.sample(composed.train.batch_size)
    yield lambda: runner.learner.update(batch)
    runner.close()


def measure(algorithm: str, lanes: int, rounds: int, calls: int = 10) -> Rounds:
    """Milliseconds of an update, of its bare products, and of an update of `dqn`: the median call of each round."""
    bare = BareUpdate(recorded(composition(algorithm, None, SOON)), lanes)

    def median(call: Callable[[], object]) -> Callable[[], float]:
        return lambda: 1e3 * statistics.median(seconds(call) for _ in range(calls))

    with one_thread(), update_of(algorithm, lanes) as update, update_of("dqn", lanes) as dqn:
        return alternate({"update": median(update), "products": median(bare), "dqn": median(dqn)}, rounds)


def main() -> None:
    """Print a row for each algorithm and number of lanes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("algorithms", nargs="*", default=ALGORITHMS)
    parser.add_argument("--lanes", type=int, nargs="+", default=[1, 10])
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--span", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.span:
        with one_thread(), update_of(arguments.algorithms[0], arguments.lanes[0]) as update:
            print(span(0.0, seconds(update, arguments.span), arguments.span))
        return
    print(f"Milliseconds, one core; {processor()}\n")
    table("update", "lanes", "rlzoo", "bare products", "ratio", "times `dqn`")
    for algorithm in arguments.algorithms:
        for lanes in arguments.lanes:
            it = measure(algorithm, lanes, arguments.rounds)
            over = ratios(it["update"], it["products"]), ratios(it["update"], it["dqn"])
            row(f"`{algorithm}`", str(lanes), *map(spread, (it["update"], it["products"], *over)))


if __name__ == "__main__":
    main()
