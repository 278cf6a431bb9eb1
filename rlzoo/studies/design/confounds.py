"""What else differs between the components that a study compares.

A component takes its defaults where it replaces another, so a comparison of two buffers may also be one of capacities.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rlzoo.contracts import Chosen
from rlzoo.registry.catalog import SLOTS, Catalog
from rlzoo.registry.options import as_text, by_meaning
from rlzoo.studies.design.designer import compose_cell
from rlzoo.studies.design.plan import Cell, Plan


def confounds(catalog: Catalog, plan: Plan) -> Iterator[str]:
    """Yield a sentence for each option that differs between components of a factor, but is not varied itself."""
    for slot in plan.factors:
        if slot in SLOTS:
            compared = _compared(catalog, plan, slot)
            for (name, _), values in _shared(compared).items():
                setting = f"{slot}.{name}"
                if len(set(values.values())) > 1 and setting not in plan.factors:
                    yield _sentence(setting, values, everywhere=len(values) == len(compared))


def _compared(catalog: Catalog, plan: Plan, slot: str) -> dict[str, Chosen]:
    """Component to its choice, in the cells that differ from the base in this slot only, and in the base."""
    base = plan.cell(plan.base)
    cells = [cell for cell in plan.runnable if _others(cell, slot) == _others(base, slot)]
    chosen = [compose_cell(catalog, cell, plan.environments[0]).components[slot] for cell in cells]
    return {component.name: component for component in chosen}


def _shared(compared: Mapping[str, Chosen]) -> dict[tuple[str, str], dict[str, str]]:
    """Name and description of an option to component to value."""
    found = dict[tuple[str, str], dict[str, str]]()
    for component, chosen in compared.items():
        for meaning, value in by_meaning(chosen.options).items():
            found.setdefault(meaning, {})[component] = as_text(value)
    return found


def _others(cell: Cell, slot: str) -> dict[str, str]:
    return {factor: level for factor, level in cell.levels.items() if factor != slot}


def _sentence(setting: str, values: dict[str, str], everywhere: bool) -> str:
    listed = ", ".join(f"{value} with {component}" for component, value in values.items())
    remedy = f" To make it equal, add `--set {setting}={next(iter(values.values()))}`." if everywhere else ""
    return f"`{setting}` differs as well: {listed}.{remedy}"
