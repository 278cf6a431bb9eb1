"""What was measured: the tables of docs/family.md, and the learning curves in docs/family.csv."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

INTERVAL = re.compile(r"(?P<value>\S+) \((?P<low>\S+) to (?P<high>\S+)\)")
BUDGET = "## At 500,000 steps"


@dataclass(frozen=True)
class Measured:
    """What an algorithm reached in an environment: inter-quartile mean and interval, and each seed's return."""

    algorithm: str
    environment: str
    value: float
    low: float
    high: float
    difference: str
    seeds: tuple[float, ...]


@dataclass(frozen=True)
class Point:
    """A point of a learning curve: the inter-quartile mean over seeds, and its interval."""

    step: int
    value: float
    low: float
    high: float


Curves = dict[tuple[str, str], list[Point]]


def read_returns(page: Path) -> list[Measured]:
    """Return the rows of the tables of returns under the headings of environments."""
    sections = re.split(r"^### ", page.read_text().partition(BUDGET)[2], flags=re.MULTILINE)[1:]
    return [
        _measured(section.partition("\n")[0], cells)
        for section in sections
        for cells in re.findall(r"^\| `([\w-]+)` \| (.*?) \| .*? \| (.*?) \| (.*?) \|$", section, re.MULTILINE)
    ]


def _measured(environment: str, cells: Sequence[str]) -> Measured:
    algorithm, value, difference, seeds = cells
    found = INTERVAL.fullmatch(value)
    assert found is not None, f"not a return with its interval: {value}"
    center, low, high = (float(found[name]) for name in ("value", "low", "high"))
    return Measured(algorithm, environment, center, low, high, difference.strip(), tuple(map(float, seeds.split(", "))))


def read_curves(path: Path) -> Curves:
    """Return the learning curve of each algorithm and environment."""
    curves: Curves = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            point = Point(int(row["step"]), float(row["value"]), float(row["low"]), float(row["high"]))
            curves.setdefault((row["algorithm"], row["environment"]), []).append(point)
    return curves
