"""What a plugin registers, as cases: for each thing a small run that it fits into."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, get_args, get_type_hints

import torch

from rlzoo.contracts.errors import RlzooError
from rlzoo.registry.catalog import SLOTS, Catalog
from rlzoo.testing.case import Case
from rlzoo.testing.probe import OBSERVATIONS
from rlzoo.training.runner import Runner


def cases_of(catalog: Catalog, plugin: str, only: str | None = None) -> list[Case]:
    """Cases for all that `plugin` adds, itself first, or for what is called `only`.

    A class may say itself what it is to be tried with: `trials`, a sequence of settings, where "env" is the environment
    and a slot's name what that slot holds, as in `({"network": "iqn", "objective.fractions": 5},)`. Without it the
    probe's observations are tried one after another, and what the plugin's own algorithms put beside the component.
    """
    adds = catalog.plugins.records[plugin].adds
    cases = [Case("plugin", plugin, catalog)] if only is None else []
    for kind, names in adds.items():
        for name in names:
            if only in (None, name):
                cases += _cases(catalog, plugin, kind, name)
    return cases


def _cases(catalog: Catalog, plugin: str, kind: str, name: str) -> list[Case]:
    bare = Case(kind, name, catalog)
    if kind not in (*SLOTS, "environment", "algorithm"):
        return [bare]
    try:
        component = catalog.get(kind, name).component
    except RlzooError:
        return [bare]  # which the first rule will say
    declared = () if kind == "algorithm" else component.trials
    if declared:
        cases = [_declared(bare, trial) for trial in declared]
        return [replace(case, elsewhere=tuple(it for it in cases if it is not case)) for case in cases]
    if kind == "environment":
        return [Case(kind, f"{name}/{id_}", catalog) for id_ in _known_ids(component)] or [bare]
    return [_first_that_fits(bare, plugin)]


def _known_ids(component: type) -> tuple[str, ...]:
    """An id of a family whose `id` is a `Literal`."""
    return get_args(get_type_hints(component).get("id"))[:1]


def _declared(bare: Case, trial: Mapping[str, Any]) -> Case:
    beside = {slot: str(trial[slot]) for slot in SLOTS if slot in trial}
    settings = {name: value for name, value in trial.items() if "." in name}
    place = str(trial.get("env", ""))
    if bare.slot == "environment":
        return Case(bare.slot, place or bare.name, bare.catalog, settings)
    return Case(bare.slot, bare.name, bare.catalog, settings, beside=beside, on=place)


def _first_that_fits(bare: Case, plugin: str) -> Case:
    """The first of several settings in which a run can be built; the plainest where there is none."""
    for beside in ({}, *_beside(bare, plugin)):
        for observations in OBSERVATIONS:
            case = Case(bare.slot, bare.name, bare.catalog, {}, observations, beside)
            if _fits(case):
                return case
    return bare


def _fits(case: Case) -> bool:
    try:
        Runner(case.composition(), [0], torch.device("cpu")).close()
    except RlzooError:
        return False
    except Exception:
        return True  # not a refusal but a mistake, for the rules to find
    return True


def _beside(bare: Case, plugin: str) -> Iterator[dict[str, str]]:
    """What the plugin's algorithms that have the component hold in their other slots."""
    for name in bare.catalog.plugins.records[plugin].adds.get("algorithm", ()):
        try:
            components = Case("algorithm", name, bare.catalog).composition().components
        except RlzooError:
            continue
        if bare.slot in components and components[bare.slot].name == bare.name:
            yield {slot: components[slot].name for slot in SLOTS if slot != bare.slot}
