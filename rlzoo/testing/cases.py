"""The cases of a plugin: a compatible small run for everything it registers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, get_args, get_type_hints

import torch

from rlzoo.contracts.errors import RlzooError
from rlzoo.registry.catalog import SLOTS, Catalog
from rlzoo.testing.case import ENVS, Case
from rlzoo.testing.probe_environment import OBSERVATIONS
from rlzoo.training.runner import Runner


def cases_of(catalog: Catalog, plugin: str, only: str | None = None) -> list[Case]:
    """Cases for the plugin itself and everything it adds, or only for the names equal to `only`.

    A class may declare the settings to check it with as `trials`, a sequence of mappings in which "env" is the
    environment and the name of a slot is its component: `({"network": "iqn", "objective.fractions": 5},)`. Otherwise
    the case is the first combination of observations, and of components of the plugin's algorithms, that can be built.
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
    if kind not in (*SLOTS, "environment", "algorithm", "observer"):
        return [bare]
    try:
        component = catalog.get(kind, name).component
    except RlzooError:
        return [bare]  # the rule `found` reports the error
    declared = () if kind == "algorithm" else component.trials
    if declared:
        cases = [_declared(bare, trial) for trial in declared]
        return [replace(case, trials=tuple(cases)) for case in cases]
    if kind == "observer":
        return [bare]
    if kind == "environment":
        return [Case(kind, f"{name}/{id_}", catalog) for id_ in _known_ids(component)] or [bare]
    return [_first_that_fits(bare, plugin)]


def _known_ids(component: type) -> tuple[str, ...]:
    """The first id of a family whose `id` is a `Literal`."""
    return get_args(get_type_hints(component).get("id"))[:1]


def _declared(bare: Case, trial: Mapping[str, Any]) -> Case:
    beside = {slot: str(trial[slot]) for slot in SLOTS if slot in trial}
    settings = {name: value for name, value in trial.items() if "." in name}
    place = str(trial.get("env", ""))
    if bare.slot == "environment":
        return Case(bare.slot, place or bare.name, bare.catalog, settings)
    return Case(bare.slot, bare.name, bare.catalog, settings, beside=beside, on=place)


def _first_that_fits(bare: Case, plugin: str) -> Case:
    """The first case whose run can be built, or the default case if there is none."""
    for beside in ({}, *_beside(bare, plugin)):
        for observations in OBSERVATIONS:
            case = Case(bare.slot, bare.name, bare.catalog, {}, observations, beside)
            if _fits(case):
                return case
    return next((case for case in _cases_of_components(bare) if _fits(case)), bare)


def _cases_of_components(bare: Case) -> Iterator[Case]:
    """An algorithm in the trials that its components declare."""
    components = bare.composition().components if bare.slot == "algorithm" else {}
    for chosen in components.values():
        yield from (_declared(bare, trial) for trial in chosen.options.trials)


def _fits(case: Case) -> bool:
    try:
        for envs in ENVS:
            Runner(case.composition(envs), [0], torch.device("cpu")).close()
    except RlzooError:
        return False
    except Exception:
        return True  # a bug rather than bad input: the rules report it
    return True


def _beside(bare: Case, plugin: str) -> Iterator[dict[str, str]]:
    """The other components of the plugin's algorithms that use this component."""
    for name in bare.catalog.plugins.records[plugin].adds.get("algorithm", ()):
        try:
            components = Case("algorithm", name, bare.catalog).composition().components
        except RlzooError:
            continue
        if bare.slot in components and components[bare.slot].name == bare.name:
            yield {slot: components[slot].name for slot in SLOTS if slot != bare.slot}
