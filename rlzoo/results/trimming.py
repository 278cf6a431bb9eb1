"""Cutting the tables of a run back to its checkpoints."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rlzoo.contracts.errors import BadInput
from rlzoo.results.files import shown, write_whole

TABLES = ("episodes", "metrics", "evaluations")


def trim_tables(path: Path, steps: Mapping[int, int]) -> None:
    """Keep the rows of each seed up to its step, given by `steps`, and only those of these seeds."""
    for name in TABLES:
        table = path / f"{name}.csv"
        if table.exists():
            write_whole(table, "".join(_kept(table, steps)))


def gather_tables(path: Path, sources: Mapping[Path, Mapping[int, int]]) -> None:
    """Write the tables of a run whose seeds come from other runs: the folder of each to its seeds and their steps."""
    for name in TABLES:
        parts = [_kept(source / f"{name}.csv", steps) for source, steps in sources.items() if _has(source, name)]
        if parts:
            header, *_ = parts[0]
            write_whole(path / f"{name}.csv", "".join([header, *(row for _, *rows in parts for row in rows)]))


def _has(run: Path, table: str) -> bool:
    return (run / f"{table}.csv").exists()


def check_tables(path: Path, steps: Mapping[int, int], episodes: Mapping[int, int]) -> None:
    """Raise BadInput unless the seeds have as many `episodes` up to their steps as were counted."""
    _, *rows = _kept(path / "episodes.csv", steps)
    found = [int(row.partition(",")[0]) for row in rows]
    for seed, count in episodes.items():
        if found.count(seed) != count:
            raise BadInput(
                f"`{shown(path / 'episodes.csv')}` has {found.count(seed):,} episodes of seed {seed} up to step "
                f"{steps[seed]:,}, but its checkpoint counts {count:,}; the run cannot be resumed"
            )


def _kept(table: Path, steps: Mapping[int, int]) -> list[str]:
    """The header and the rows that stay. A last line without an end was cut off by a crash."""
    try:
        header, *rows = [line for line in table.read_text(encoding="utf-8").splitlines(True) if line.endswith("\n")]
        names = header.rstrip().split(",")
        seed, step = names.index("seed"), names.index("step")
        cells = [row.split(",") for row in rows]
        keys = [(int(row[seed]), int(row[step])) for row in cells]
    except (OSError, ValueError, IndexError) as error:
        raise BadInput(f"`{shown(table)}` is damaged, so the run cannot be resumed: {error}") from error
    return [header, *(row for row, (seed, step) in zip(rows, keys, strict=True) if step <= steps.get(seed, -1))]
