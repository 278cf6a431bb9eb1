"""What a part says about a step: a sentence and named numbers, for `rlzoo explain`.

Every part may define `explain`; what it is given depends on its slot. It changes nothing and draws no random number, so
a run that is explained has the same bytes. Where a part says nothing, the first line of its options' docstring and its
metrics stand in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Chart:
    """Lines over a common axis, such as the probabilities of a distribution over its atoms."""

    title: str
    x: Any
    """Numbers `[K]`."""
    lines: Mapping[str, Any]
    """The name of each line, and its numbers `[K]`."""
    x_label: str = ""


@dataclass(frozen=True)
class Explanation:
    """What a part says. Where arrays have an axis of lanes there is only one lane: `L` is 1."""

    sentence: str = ""
    """What happened, in a sentence or two; "" for the first line of the docstring."""
    numbers: Mapping[str, Any] = field(default_factory=dict)
    """Name to one number, or an array `[L]`."""
    samples: Mapping[str, Any] = field(default_factory=dict)
    """Further columns about the transitions of the batch: name to numbers `[L, B]`."""
    formula: str = ""
    """How numbers of a transition follow from each other, with their names in braces:
    `"{reward} + {discount} × {next value} = {target}"`. The names are those of `samples`, and `reward`, `discount` and
    `weight`."""
    charts: Sequence[Chart] = ()


def digits(value: Any) -> str:
    """A number, or that of the first lane, with four digits, for sentences."""
    import numpy as np

    return f"{float(np.ravel(value)[0]):.4g}".replace("-", "−")
