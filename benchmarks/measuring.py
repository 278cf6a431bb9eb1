"""What the benchmarks share: alternating rounds, tables of medians and spreads, and work in separate processes."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

HERE = Path(__file__).parent
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
Rounds = dict[str, list[float]]
"""Name -> one number per round."""


def alternate(contestants: Mapping[str, Callable[[], float]], rounds: int) -> Rounds:
    """Call all contestants in turn, round after round, so that other work on the machine affects them alike."""
    measured: Rounds = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, measure in contestants.items():
            measured[name].append(measure())
    return measured


def seconds(call: Callable[[], object], times: int = 1, clock: Callable[[], float] = time.process_time) -> float:
    """The seconds that `times` calls take.

    By default, those of the processor: what runs in one thread and never waits takes as many on an idle machine, and
    waiting for other programs does not count.
    """
    began = clock()
    for _ in range(times):
        call()
    return clock() - began


def ratios(numerator: Sequence[float], denominator: Sequence[float]) -> list[float]:
    """The ratio within each round."""
    return [a / b for a, b in zip(numerator, denominator, strict=True)]


def spread(values: Sequence[float]) -> str:
    """The median, with the lowest and the highest: `1.30 (1.10 to 1.42)`."""
    low, middle, high = min(values), statistics.median(values), max(values)
    digits = 0 if middle >= 1_000 else 1 if middle >= 10 else 2
    return f"{middle:,.{digits}f} ({low:,.{digits}f} to {high:,.{digits}f})"


def table(*columns: str) -> None:
    """Print the head of a Markdown table whose first column is text."""
    row(*columns)
    row("---", *["---:"] * (len(columns) - 1))


def row(*cells: str) -> None:
    """Print a row of a Markdown table."""
    print(f"| {' | '.join(cells)} |", flush=True)


def rates(measured: Rounds, peer: str) -> None:
    """Print steps per second of all contestants, and how many times those of `peer`."""
    table("", "steps per second", f"times {peer}")
    for name, values in measured.items():
        row(name, spread(values), "1" if name == peer else spread(ratios(values, measured[peer])))


def rate(*jobs: Sequence[str], environment: Mapping[str, str] | None = None) -> float:
    """Steps per second of jobs that run at once, from the first update of any of them to the last step of all.

    A job is a script of this folder and its arguments; it prints what `span` returns. `environment` has further
    variables for its process.
    """
    commands = [[sys.executable, str(HERE / script), *arguments] for script, *arguments in jobs]
    variables = {**os.environ, **(environment or {})}
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=variables) for command in commands]
    printed = [process.communicate()[0] for process in running]
    if any(process.returncode for process in running):
        raise SystemExit(f"one of these failed: {jobs}")
    spans = [json.loads(text.splitlines()[-1]) for text in printed]
    began, ended = min(span["began"] for span in spans), max(span["ended"] for span in spans)
    return sum(span["steps"] for span in spans) / (ended - began)


def span(began: float, ended: float, steps: int) -> str:
    """What a job prints: two times and the steps between them. Several jobs at once need a clock that they share."""
    return json.dumps({"began": began, "ended": ended, "steps": steps})


def processor() -> str:
    """The name of the processor, for the head of a table."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    family = {name.strip(): value.strip() for name, value in fields.items()}
    model = f" (family {family['cpu family']}, model {family['model']})" if "cpu family" in family else ""
    return family.get("model name", platform.processor() or platform.machine()) + model
