"""The trained parts of a study: run folders with some seeds of a cell in an environment."""

from __future__ import annotations

from dataclasses import dataclass

from rlzoo.results.run_folder import RunFolder

REPAIR = "delete that folder and repeat the study's command to train it again"
"""How to repair a damaged trial."""


@dataclass(frozen=True)
class Trial:
    """Some seeds of a cell in an environment, trained together. Several trials may have other seeds of the same two."""

    cell: str
    environment: str
    folder: RunFolder
