"""Numbers as text, with no more digits than their uncertainty allows: the same in tables, sentences and figures."""

from __future__ import annotations

from math import floor, isfinite, log10

from rlzoo.results.statistics import Estimate

NOTHING = "—"
"""Shown where there is no number."""
DIGITS = 4
"""Significant digits of a number of unknown uncertainty."""


def number(value: float | None, spread: float | None = None) -> str:
    """`value` to two significant digits of `spread`, its uncertainty; without one, to four digits."""
    if value is None or not isfinite(value):
        return NOTHING
    text = f"{value:,.{_decimals(value, spread)}f}"
    return text.replace("-", "−") if text.strip("-0.,") else text.removeprefix("-")


def signed(value: float, spread: float | None = None) -> str:
    """`number` with a plus sign where it is positive."""
    text = number(value, spread)
    return f"+{text}" if value > 0 and text.strip("0.,") else text


def half_width(estimate: Estimate) -> float | None:
    """Half the width of the interval, if there is one."""
    return None if estimate.low is None or estimate.high is None else (estimate.high - estimate.low) / 2


def estimate(result: Estimate | None) -> str:
    """A number with its interval: `203 [187, 219]`."""
    if result is None:
        return NOTHING
    spread = half_width(result)
    if spread is None:
        return number(result.value)
    return f"{number(result.value, spread)} [{number(result.low, spread)}, {number(result.high, spread)}]"


def p_value(value: float | None) -> str:
    """Three decimals: `0.032`, `< 0.001`."""
    if value is None or not isfinite(value):
        return NOTHING
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def p_equals(value: float | None) -> str:
    """A p value in a sentence: `p = 0.032`, `p < 0.001`."""
    text = p_value(value)
    return f"p {text}" if text.startswith("<") else f"p = {text}"


def count(amount: int, noun: str) -> str:
    """`1 seed`, `1,000 seeds`."""
    return f"{amount:,} {noun}" if amount == 1 else f"{amount:,} {noun}s"


def seeds(numbers: list[int]) -> str:
    """Seeds as ranges: `0–9, 12`."""
    spans: list[list[int]] = []
    for seed in sorted(numbers):
        if spans and seed == spans[-1][-1] + 1:
            spans[-1][1:] = [seed]
        else:
            spans.append([seed])
    return ", ".join("–".join(map(str, span)) for span in spans) or NOTHING


def _decimals(value: float, spread: float | None) -> int:
    """Digits after the point: two significant digits of the spread, or `DIGITS` of the value if it has none."""
    if spread and isfinite(spread) and spread > 1e-9 * abs(value):  # below that it is rounding
        return min(max(0, 1 - floor(log10(spread))), 12)
    return min(max(0, DIGITS - 1 - floor(log10(abs(value)))), 12) if value else 0
