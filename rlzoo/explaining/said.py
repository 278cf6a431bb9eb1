"""What a part says, completed by what is known of every part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from torch import Tensor

from rlzoo.contracts import Chart, Chosen, Column, Explanation
from rlzoo.explaining.walk import Drawing, Line, Said
from rlzoo.registry.options import summary


def said(
    chosen: Chosen,
    explanation: Explanation = Explanation(),  # noqa: B008 - it is frozen
    metrics: Mapping[str, Any] = {},
    columns: Iterable[Column] = (),
) -> Said:
    """What a part says; where it says nothing, the summary, the metrics and the columns of its docstring do."""
    numbers = explanation.numbers or metrics
    sentence = explanation.sentence
    names = ", ".join(f"`{column.name}`" for column in columns)
    if not sentence and names:
        sentence = f"Adds the columns {names} to every transition."
    return Said(
        slot=chosen.slot,
        name=chosen.name,
        plugin=chosen.plugin,
        summary=summary(type(chosen.options)),
        reference=chosen.options.reference,
        sentence=sentence,
        numbers={name: float(np.ravel(array(number))[0]) for name, number in numbers.items()},
        samples={name: array(values)[0] for name, values in explanation.samples.items()},
        formula=explanation.formula,
        charts=[_drawing(chart) for chart in explanation.charts],
    )


def array(values: Any) -> np.ndarray:
    """A copy of the numbers as an array."""
    return np.array(values.detach().cpu().numpy() if isinstance(values, Tensor) else values)


def _drawing(chart: Chart) -> Drawing:
    lines = [Line(name, array(y)) for name, y in chart.lines.items()]
    return Drawing(chart.title, array(chart.x), lines, chart.x_label)
