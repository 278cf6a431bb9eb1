"""Settings per lane: lanes with different values give the results of separate runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, islice, product

import torch

from rlzoo.contracts.errors import BadInput
from rlzoo.contracts.per_lane import per_lane
from rlzoo.registry.options import field_names
from rlzoo.testing.case import ENVS, SEEDS, Case, Outcome, run, train_variants
from rlzoo.testing.options import settings_of
from rlzoo.testing.verdict import RuleSkipped, require
from rlzoo.training.groups import Group, join, one_thread
from rlzoo.training.runner import Runner

TRIES = 20
"""Pairs of values after which an option is considered to have no effect, which is for the rule `effect` to say."""


def check_per_lane(case: Case) -> None:
    """Two values of an option declared `PER_LANE`, side by side, give the results of two separate runs."""
    composition = case.composition()
    names = per_lane(type(composition[case.slot]))
    if not names:
        raise RuleSkipped("no option is declared `PER_LANE`")
    if not composition.lockstep:
        raise RuleSkipped("the lanes of this run cannot share a clock")
    known = _Outcomes()
    for name in sorted(names):
        tried = islice(_pairs(case, name), TRIES)
        pair = next((pair for pair in tried if not _same(*map(known.of, pair))), ())
        for envs in ENVS if pair else ():
            _check([it.having({"train.envs": envs}) for it in pair], name, known, envs)


class _Outcomes:
    """The outcome of each seed in separate runs, each trained once for all the pairs that it is part of."""

    def __init__(self) -> None:
        self._known: dict[str, dict[int, Outcome]] = {}

    def of(self, case: Case) -> dict[int, Outcome]:
        """Empty if the run cannot be built."""
        composition = case.composition()
        key = repr(composition)
        if key not in self._known:
            try:
                self._known[key] = run(composition, SEEDS[:2])
            except BadInput:
                self._known[key] = {}
        return self._known[key]


def _check(pair: Sequence[Case], name: str, known: _Outcomes, envs: int) -> None:
    values = " and ".join(str(getattr(case.composition()[case.slot], name)) for case in pair)
    where = f"than in separate runs ({envs} environments per lane)"
    same = all(map(_same, _side_by_side(pair), map(known.of, pair)))
    require(same, f"lanes whose `{name}` is {values} have other results {where}")


def _pairs(case: Case, name: str) -> Iterator[tuple[Case, Case]]:
    """Cases that may train side by side and differ in this option, alone or with another option changed in both."""
    values = [{}, *settings_of(case, name)[:5]]
    others = [other for other in field_names(type(case.composition()[case.slot])) if other not in (name, "id")]
    contexts = [{}, *(changed for other in others for changed in settings_of(case, other)[:4])]
    for context, (one, other) in product(contexts, combinations(values, 2)):
        pair = case.having(context | one), case.having(context | other)
        try:
            joined = join([_group(it) for it in pair])
        except BadInput:
            continue
        if joined is not None:
            yield pair


def _group(case: Case) -> Group:
    return Group(case.composition(), SEEDS[:2], "cpu")


def _side_by_side(pair: Sequence[Case]) -> list[dict[int, Outcome]]:
    """The outcomes of each case, trained in one program."""
    group = join([_group(case) for case in pair])
    assert group is not None
    with one_thread():
        runner = Runner(group.composition, group.seeds, torch.device("cpu"), variants=group.variants)
        return train_variants(runner)


def _same(first: dict[int, Outcome], second: dict[int, Outcome]) -> bool:
    return first.keys() == second.keys() and all(outcome.same(second[seed]) for seed, outcome in first.items())
