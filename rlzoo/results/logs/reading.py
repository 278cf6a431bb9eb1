"""From a path to a run: one of rlzoo, or the log of another program."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from rlzoo.contracts.errors import BadInput, OptionError
from rlzoo.results.files import as_path, shown
from rlzoo.results.logs.csv_file import NAMES, read_csv_file
from rlzoo.results.logs.log_file import SeedLog
from rlzoo.results.logs.logged_run import logged
from rlzoo.results.logs.monitor import NAME, read_monitors
from rlzoo.results.logs.tensorboard import PATTERN, read_event_folders
from rlzoo.results.run_folder import MANIFEST, RunFolder

NUMBERS = re.compile(r"(\D*)(\d*)")


def read_run(given: str | Path, columns: Mapping[str, str] = {}) -> RunFolder:
    """The run in a folder, or the log that another program has written to a file or folder.

    `columns` names columns of CSV files. Raises BadInput if there is neither, or it cannot be read.
    """
    path = as_path(given)
    if (path / MANIFEST).exists() or not path.exists():
        return RunFolder(path)
    seeds = _seeds(path, columns)
    if not seeds:
        return RunFolder(path)  # which says that it is not a run
    run = logged(path, seeds)
    if not len(run.table("episodes")):
        raise BadInput(f"`{shown(path)}` has no finished episodes")
    return run


def check_columns(columns: Mapping[str, str]) -> None:
    """Raise OptionError for names that are not those of columns."""
    for name in columns:
        if name not in NAMES:
            raise OptionError(f"unknown column `{name}`; choose {', '.join(NAMES)}")


def _seeds(path: Path, columns: Mapping[str, str]) -> list[SeedLog]:
    """The seeds of a log. In a folder: of its monitor files, or else of its event files, or else of its CSV files."""
    if path.is_file():
        return _seeds_of_file(path, columns)
    if monitors := _natural(file for file in path.rglob("*monitor.csv") if NAME.fullmatch(file.name)):
        return read_monitors(monitors)
    if folders := _natural({file.parent for file in path.rglob(PATTERN) if file.is_file()}):
        return read_event_folders(folders)
    return [seed for file in _natural(path.glob("*.csv")) for seed in read_csv_file(file, columns)]


def _seeds_of_file(path: Path, columns: Mapping[str, str]) -> list[SeedLog]:
    if NAME.fullmatch(path.name):
        return read_monitors([path])
    if path.match(PATTERN):
        return read_event_folders([path])
    if path.suffix.lower() == ".csv":
        return read_csv_file(path, columns)
    raise BadInput(
        f"`{shown(path)}` is not a log that rlzoo reads, which are monitor files of Stable-Baselines3 (*.monitor.csv), "
        "TensorBoard event files and CSV files"
    )


def _natural(paths: Iterable[Path]) -> list[Path]:
    """The paths in order, with numbers in their names by value."""
    return sorted(paths, key=lambda path: [(text, int(number or 0)) for text, number in NUMBERS.findall(str(path))])
