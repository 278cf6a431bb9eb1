"""What is known about a log of another program once it is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("step", "return", "length")
"""The columns of `SeedLog.episodes`; the last one may be missing."""


@dataclass(frozen=True)
class SeedLog:
    """The training episodes of one seed, in order."""

    episodes: pd.DataFrame
    environment: str = ""
    """Its id, or "" where the log does not say."""
    algorithm: str = ""
