"""Cutting the tables of a run back to its checkpoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rlzoo.contracts.errors import BadInput
from rlzoo.results.files import shown, write_whole

TRAINING, EVALUATIONS = ("episodes", "metrics"), ("evaluations",)
"""The tables of training and of evaluations."""


def trim_tables(path: Path, steps: Mapping[int, int]) -> None:
    """Keep the rows of each seed up to its step, given by `steps`, and only those of these seeds."""
    gather_tables(path, {path: steps}, TRAINING + EVALUATIONS)


def gather_tables(path: Path, sources: Mapping[Path, Mapping[int, int]], tables: Sequence[str]) -> None:
    """Write `tables` of a run whose seeds come from other runs: the folder of each to its seeds and their steps."""
    for name in tables:
        parts = [kept for source, steps in sources.items() if (kept := _kept(source / f"{name}.csv", steps))]
        if parts:
            header, *_ = parts[0]
            write_whole(path / f"{name}.csv", "".join([header, *(row for _, *rows in parts for row in rows)]))
        else:
            (path / f"{name}.csv").unlink(missing_ok=True)


def check_tables(path: Path, steps: Mapping[int, int], episodes: Mapping[int, int]) -> None:
    """Raise BadInput unless the seeds have as many `episodes` up to their steps as were counted."""
    found = [int(row.partition(",")[0]) for row in _kept(path / "episodes.csv", steps)[1:]]
    for seed, count in episodes.items():
        if found.count(seed) != count:
            raise BadInput(
                f"`{shown(path / 'episodes.csv')}` has {found.count(seed):,} episodes of seed {seed} up to step "
                f"{steps[seed]:,}, but its checkpoint counts {count:,}; the run cannot be resumed"
            )


def _kept(table: Path, steps: Mapping[int, int]) -> list[str]:
    """The header and the rows that stay; nothing if the run was killed before it wrote a header.

    A last line without an end was cut off by a crash.
    """
    try:
        text = table.read_text(encoding="utf-8") if table.exists() else ""
        header, *rows = [line for line in text.splitlines(keepends=True) if line.endswith("\n")] or [""]
        names = header.rstrip().split(",")
        seed, step = (names.index("seed"), names.index("step")) if header else (0, 0)
        cells = [row.split(",") for row in rows]
        keys = [(int(row[seed]), int(row[step])) for row in cells]
    except (OSError, ValueError, IndexError) as error:
        raise BadInput(f"`{shown(table)}` is damaged, so the run cannot be resumed: {error}") from error
    kept = [row for row, (seed, step) in zip(rows, keys, strict=True) if step <= steps.get(seed, -1)]
    return [header, *kept] if header else []
