"""Holm's correction of comparisons and effects, over all tests of a measure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

import msgspec

from rlzoo.studies.analysis.tables import Comparison, Effect
from rlzoo.studies.statistics.paired import holm

Tested = TypeVar("Tested", Comparison, Effect)


def corrected(results: Sequence[Tested], test: Callable[[Tested], Hashable]) -> list[Tested]:
    """Fill in `p_holm`; results with the same `test` in an environment are one test."""
    families: dict[str, dict[Hashable, float | None]] = {}
    for result in results:
        families.setdefault(result.measure, {})[result.environment, test(result)] = result.p_value
    p_holm = {
        measure: dict(zip(family, holm(list(family.values())), strict=True)) for measure, family in families.items()
    }
    return [
        msgspec.structs.replace(result, p_holm=p_holm[result.measure][result.environment, test(result)])
        for result in results
    ]
