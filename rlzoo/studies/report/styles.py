"""The style of each cell: color, line and marker, the same in every chart on the page and in every figure."""

from __future__ import annotations

from dataclasses import dataclass

from rlzoo.results.plotting import COLOURS
from rlzoo.studies.design.plan import Plan

HUES = COLOURS[:-1]
"""Black is reserved for the base."""
HUES_IN_THE_DARK = ("#2F8FDC", *HUES[1:])
"""Dark blue would not be visible on a dark background."""
DASHES = (("solid", "-", ""), ("dash", "--", "6 3"), ("dot", ":", "2 2"), ("dashdot", "-.", "6 2 2 2"))
"""Each line style for Plotly, Matplotlib and SVG."""
MARKERS = (
    ("square", "s", "M-4-4H4V4H-4Z"),
    ("triangle-up", "^", "M0-5L5 4H-5Z"),
    ("diamond", "D", "M0-5L5 0L0 5L-5 0Z"),
    ("x", "X", "M-5-3L-3-5L0-2L3-5L5-3L2 0L5 3L3 5L0 2L-3 5L-5 3L-2 0Z"),
    ("triangle-down", "v", "M0 5L5-4H-5Z"),
    ("pentagon", "p", "M0-5L4.8-1.5L2.9 4H-2.9L-4.8-1.5Z"),
    ("star", "*", "M0-6L1.6-2L5.7-1.9L2.6.8L3.5 4.9L0 2.6L-3.5 4.9L-2.6.8L-5.7-1.9L-1.6-2Z"),
)
"""Each marker for Plotly, Matplotlib and SVG; their number and that of the colors are coprime."""
BASE_MARKER = ("circle", "o", "M-4 0A4 4 0 1 0 4 0A4 4 0 1 0-4 0Z")
SHOWN_AT_FIRST = 8
"""Cells shown until others are selected; more lines cannot be told apart."""


@dataclass(frozen=True)
class CellStyle:
    """A color (-1: black on a light background, white on a dark one), a line style and a marker."""

    hue: int
    dash: tuple[str, str, str] = DASHES[0]
    marker: tuple[str, str, str] = BASE_MARKER

    @property
    def colour(self) -> str:
        """The color on a light background."""
        return COLOURS[self.hue]


BASE = CellStyle(-1)


def cell_styles(names: list[str], first: str = "") -> dict[str, CellStyle]:
    """A style for each name; `first`, with which all others are compared, is black."""
    others = [name for name in names if name != first]
    return {first: BASE} | {
        name: CellStyle(number % len(HUES), DASHES[number // len(HUES) % len(DASHES)], MARKERS[number % len(MARKERS)])
        for number, name in enumerate(others)
    }


def shown_cells(plan: Plan) -> list[str]:
    """The valid cells, the base first."""
    valid = [cell.name for cell in plan.cells if cell.impossible is None]
    return sorted(valid, key=lambda name: name != plan.base)
