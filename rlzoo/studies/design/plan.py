"""What a study is made of: its cells, environments and seeds. Pure data, kept in the study's folder."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Design = Literal["full", "one-at-a-time", "list"]


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One variant: an algorithm with some choices made."""

    name: str
    """Unique in the study, such as `target=soft, buffer=recent`; the algorithm's own name where nothing differs."""
    levels: dict[str, str]
    """Factor to level, as given: `{"target": "soft", "optimizer.lr": "1e-4"}`; empty in a list of named variants."""
    algorithm: str
    components: dict[str, str] = {}
    settings: dict[str, Any] = {}
    same_as: str | None = None
    """Another cell that is the very same composition; that one runs, this one takes its results."""
    impossible: str | None = None
    """Why this cell cannot exist, if it cannot."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a study asks, resolved."""

    name: str
    algorithm: str
    design: Design
    factors: dict[str, list[str]]
    """Factor to its levels, the base's first; empty in a list of named variants."""
    cells: list[Cell]
    base: str
    """The cell that all others are compared with."""
    environments: list[str]
    seeds: list[int]
    steps: int | None
    """Environment steps per seed; None where the algorithm counts episodes."""
    thresholds: dict[str, float] = {}
    """Environment to the return that `steps to threshold` waits for; those of Gymnasium's registry where it has one."""
    width: float | None = None
    """Seeds are added until no interval of a difference in final return is wider than this; None for a fixed number."""
    looks: list[int] = []
    """The numbers of seeds after which that is looked at, fixed beforehand."""
    command: str = ""

    @property
    def runnable(self) -> list[Cell]:
        """The cells that train: possible ones, and each composition once."""
        return [cell for cell in self.cells if cell.impossible is None and cell.same_as is None]

    def cell(self, name: str) -> Cell:
        """The cell of that name."""
        return next(cell for cell in self.cells if cell.name == name)
