"""TensorBoard event files of CleanRL."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from rlzoo.contracts.errors import BadInput, listed
from rlzoo.results.files import shown
from rlzoo.results.logs.log_file import SeedLog

PATTERN = "*tfevents*"
RETURN, LENGTH = "charts/episodic_return", "charts/episodic_length"


def read_event_folders(folders: Iterable[Path]) -> list[SeedLog]:
    """A log for each folder of event files. Raises BadInput if tensorboard is missing, or a folder has no returns."""
    return [_read(folder) for folder in folders]


def _read(folder: Path) -> SeedLog:
    """`folder` may also be a single event file."""
    try:
        from tensorboard.backend.event_processing.event_accumulator import SCALARS, EventAccumulator
    except ImportError as error:
        raise BadInput(f"reading `{shown(folder)}` needs a package: {error}; run `pip install tensorboard`") from error
    try:
        events = EventAccumulator(str(folder), size_guidance={SCALARS: 0}).Reload()
        tags = set(events.Tags()[SCALARS])
        scalars = {tag: events.Scalars(tag) for tag in tags & {RETURN, LENGTH}}
    except Exception as error:  # protocol buffers raise several kinds
        raise BadInput(f"`{shown(folder)}` cannot be read: {type(error).__name__}: {error}") from error
    if RETURN not in scalars:
        raise BadInput(f"`{shown(folder)}` has no `{RETURN}`, as CleanRL writes it; it has {listed(tags)}")
    returns, lengths = scalars[RETURN], scalars.get(LENGTH, [])
    episodes = pd.DataFrame({"step": [event.step for event in returns], "return": [event.value for event in returns]})
    if len(lengths) == len(returns):
        episodes["length"] = [event.value for event in lengths]
    environment, algorithm = _named(folder if folder.is_dir() else folder.parent)
    return SeedLog(episodes.sort_values("step", kind="stable").reset_index(drop=True), environment, algorithm)


def _named(folder: Path) -> tuple[str, str]:
    """Environment and algorithm in the name of a folder of CleanRL, `ENVIRONMENT__ALGORITHM__SEED__TIME`."""
    parts = folder.name.split("__")
    return (parts[0], parts[1]) if len(parts) == 4 else ("", "")
