"""The plan of a study: its cells, environments and seeds, saved as study.json in the study's folder."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from rlzoo.contracts import RandomReturn

Design = Literal["full", "one-at-a-time", "list"]


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One variant: an algorithm with chosen components and settings."""

    name: str
    """Unique in the study, such as `target=soft, buffer=recent`; the algorithm's name if nothing is changed."""
    levels: dict[str, str]
    """Factor to level, as given: `{"target": "soft", "optimizer.lr": "1e-4"}`; empty in a list of named variants."""
    algorithm: str
    preset: str | None = None
    components: dict[str, str] = {}
    settings: dict[str, Any] = {}
    same_as: str | None = None
    """Another cell with the same composition, which is trained instead; both have its results."""
    impossible: str | None = None
    """Why this combination is invalid, if it is."""
    source: str = ""
    """Where its runs were read from, if no study trained them."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A question, resolved into cells, environments and seeds."""

    name: str
    algorithm: str
    design: Design
    factors: dict[str, list[str]]
    """Factor to its levels, the base's first; empty in a list of named variants."""
    cells: list[Cell]
    base: str
    """The cell with which all others are compared."""
    environments: list[str]
    seeds: list[int]
    steps: int | None
    """Environment steps per seed; None if the algorithm counts episodes."""
    thresholds: dict[str, float] = {}
    """Environment to the return that counts as solved; by default that of Gymnasium's registry, if it has one."""
    random_returns: dict[str, RandomReturn] = {}
    """Environment to the return of a random policy, where it is known."""
    confounds: list[str] = []
    """What else differs between the components that are compared, a sentence each."""
    width: float | None = None
    """Add seeds until the interval of every difference in final return is at most this wide; None: fixed seeds."""
    looks: list[int] = []
    """The numbers of seeds at which the intervals are checked (interim looks), fixed beforehand."""
    command: str = ""

    @property
    def runnable(self) -> list[Cell]:
        """The cells that train: valid ones, and each composition once."""
        return [cell for cell in self.cells if cell.impossible is None and cell.same_as is None]

    def cell(self, name: str) -> Cell:
        """The cell with this name."""
        return next(cell for cell in self.cells if cell.name == name)
