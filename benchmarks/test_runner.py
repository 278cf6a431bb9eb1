"""One vector step of the whole loop, including a tenth of an update."""

from __future__ import annotations

from rlzoo.training.runner import Runner


def test_step(benchmark, runner: Runner) -> None:
    benchmark.extra_info["lanes"] = len(runner.seeds)
    benchmark.pedantic(runner.step, rounds=2_000, warmup_rounds=200)
