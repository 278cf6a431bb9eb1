"""Monitor files of Stable-Baselines3: a line of JSON, and a CSV table of episodes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from io import StringIO
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd

from rlzoo.contracts.errors import BadInput
from rlzoo.results.files import shown
from rlzoo.results.logs.log_file import SeedLog

NAME = re.compile(r"(.*\.)?monitor\.csv")
NUMBERED = re.compile(r"\d+\.monitor\.csv")
"""Names that Stable-Baselines3 gives the environments of one seed."""


class _Header(msgspec.Struct):
    env_id: str | None = None


def read_monitors(paths: Iterable[Path]) -> list[SeedLog]:
    """A log for each seed: numbered files in one folder are environments of the same seed.

    Raises BadInput for a file that is not one of Stable-Baselines3, or damaged.
    """
    seeds: defaultdict[Path, list[Path]] = defaultdict(list)
    for path in paths:
        seeds[path.parent if NUMBERED.fullmatch(path.name) else path].append(path)
    return [_read_seed(files) for files in seeds.values()]


def _read_seed(paths: Sequence[Path]) -> SeedLog:
    """The episodes of environments that were stepped side by side, in the order of their ends."""
    logs = [_read(path) for path in paths]
    for log in logs:
        log.episodes["step"] = log.episodes["length"].cumsum() * len(logs)
    episodes = pd.concat([log.episodes for log in logs]).sort_values("step", kind="stable")
    return SeedLog(episodes.reset_index(drop=True), logs[0].environment)


def _read(path: Path) -> SeedLog:
    try:
        first, _, rest = path.read_text().partition("\n")
        header = msgspec.json.decode(first.removeprefix("#"), type=_Header)
        table = pd.read_csv(StringIO(rest))
        episodes = pd.DataFrame({"return": table["r"].astype(float), "length": table["l"].astype(float)})
    except OSError as error:
        raise BadInput(f"cannot read `{shown(path)}`: {error.strerror}") from error
    except (KeyError, ValueError, pd.errors.ParserError) as error:
        reason = f"it has no column {error}" if isinstance(error, KeyError) else str(error).strip()
        raise BadInput(f"`{shown(path)}` is not a monitor file of Stable-Baselines3: {reason}") from None
    unfinished = episodes["length"].isna() | episodes["return"].isna()
    if unfinished.iloc[-1:].any():  # the row that was being written when the program was killed
        episodes, unfinished = episodes.iloc[:-1].copy(), unfinished.iloc[:-1]
    if unfinished.any() or not (np.isfinite(episodes["length"]) & (episodes["length"] > 0)).all():
        raise BadInput(f"`{shown(path)}` is damaged: it has episodes without return or length")
    return SeedLog(episodes, header.env_id or "")
