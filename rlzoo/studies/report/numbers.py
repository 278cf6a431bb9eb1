"""Numbers as people read them: no more digits than the interval carries."""

from __future__ import annotations

from math import floor, isfinite, log10

from rlzoo.results.statistics import Estimate

NOTHING = "—"
"""Where there is no number."""
DIGITS = 4
"""Significant digits of a number that nothing is known about, and the fewest before the point."""


def number(value: float | None, spread: float | None = None) -> str:
    """`value` with two significant digits of `spread`, its uncertainty; without one, with four of its own."""
    if value is None or not isfinite(value):
        return NOTHING
    text = f"{value:,.{_decimals(value, spread)}f}"
    return text.replace("-", "−") if text.strip("-0.,") else text.removeprefix("-")


def estimate(own: Estimate | None) -> str:
    """A number with its interval, as in `203 [187, 219]`."""
    if own is None:
        return NOTHING
    if own.low is None or own.high is None:
        return number(own.value)
    half = (own.high - own.low) / 2
    return f"{number(own.value, half)} [{number(own.low, half)}, {number(own.high, half)}]"


def p_value(value: float | None) -> str:
    """Three decimals are enough for a decision; below that the digits mean nothing."""
    if value is None or not isfinite(value):
        return NOTHING
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def count(amount: int, word: str) -> str:
    """`1 seed`, `1,000 seeds`."""
    return f"{amount:,} {word}" if amount == 1 else f"{amount:,} {word}s"


def seeds(own: list[int]) -> str:
    """Seeds in short: `0–9, 12`."""
    spans: list[list[int]] = []
    for seed in sorted(own):
        if spans and seed == spans[-1][-1] + 1:
            spans[-1][1:] = [seed]
        else:
            spans.append([seed])
    return ", ".join("–".join(map(str, span)) for span in spans) or NOTHING


def _decimals(value: float, spread: float | None) -> int:
    """Digits after the point: two significant ones of the spread, or `DIGITS` of the value where it has none."""
    if spread and isfinite(spread) and spread > 1e-9 * abs(value):  # below that it is rounding
        return min(max(0, 1 - floor(log10(spread))), 12)
    return min(max(0, DIGITS - 1 - floor(log10(abs(value)))), 12) if value else 0
