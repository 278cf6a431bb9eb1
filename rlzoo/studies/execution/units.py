"""What an analysis starts from: the run folders of a study."""

from __future__ import annotations

from dataclasses import dataclass

from rlzoo.results.run_folder import RunFolder

REPAIR = "delete that folder, and the command of the study trains it again"
"""What to do about a unit that something has damaged."""


@dataclass(frozen=True)
class Unit:
    """Some seeds of a cell in an environment, trained. Several units may hold other seeds of the same two."""

    cell: str
    environment: str
    folder: RunFolder
