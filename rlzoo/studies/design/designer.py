"""From a question to the plan that answers it: which cells there are, and which of them can exist."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from rlzoo.contracts import Composition
from rlzoo.contracts.errors import BadInput, OptionError, UnknownName
from rlzoo.registry.catalog import SLOTS, Catalog
from rlzoo.registry.composition import compose
from rlzoo.studies.design.plan import Cell, Plan
from rlzoo.studies.design.question import Question

Level = str | int | float | bool


@dataclass(frozen=True)
class _Draft:
    """A cell before anyone has looked whether it can exist."""

    name: str
    levels: Mapping[str, str] = field(default_factory=dict)
    algorithm: str = ""
    components: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)


class Designer:
    """Makes plans out of questions, with what a catalog has."""

    def __init__(self, catalog: Catalog, question: Question) -> None:
        self.catalog, self.question = catalog, question

    def plan(self, name: str, seeds: Sequence[int], **more: Any) -> Plan:
        """The plan. Raises BadInput where the base cannot train, or where another cannot and none may be skipped."""
        question = self.question
        _check_form(question)
        factors = self._factors()
        drafts = list(self._drafts(factors))
        base = drafts[0]
        for environment in question.env:
            self._composition(base, environment)  # the base has to be possible everywhere
        cells = list(self._cells(drafts))
        if question.impossible == "refuse":
            _refuse_impossible(cells)
        return Plan(
            name=name,
            algorithm=question.algorithm,
            design=question.design,
            factors={factor: [str(level) for level in levels] for factor, levels in factors.items()},
            cells=cells,
            base=base.name,
            environments=question.env,
            seeds=list(seeds),
            steps=self._composition(base, question.env[0]).train.steps,
            **more,
        )

    def _factors(self) -> dict[str, list[Level]]:
        """The factors, of each the algorithm's own level first, if it is among them."""
        plain = _Draft("", algorithm=self.question.algorithm)
        own = _key(self._composition(plain, self.question.env[0]))
        return {
            factor: sorted(levels, key=lambda level: not self._is_own(factor, level, own))
            for factor, levels in self.question.vary.items()
        }

    def _is_own(self, factor: str, level: Level, own: bytes) -> bool:
        draft = self._varied("", {factor: level})
        try:
            return _key(self._composition(draft, self.question.env[0])) == own
        except BadInput:
            return False

    def _drafts(self, factors: Mapping[str, Sequence[Level]]) -> Iterator[_Draft]:
        """All cells, the base first."""
        question = self.question
        if question.design == "list":
            for name, variant in question.variants.items():
                algorithm = variant.algorithm or question.algorithm
                yield _Draft(name, {}, algorithm, variant.components, variant.set)
        elif question.design == "one-at-a-time":
            yield _Draft(question.algorithm, {}, question.algorithm)
            for factor, levels in factors.items():
                for level in levels:
                    yield self._varied(f"{factor}={level}", {factor: level})
        else:
            for combination in itertools.product(*factors.values()):
                chosen = dict(zip(factors, combination, strict=True))
                yield self._varied(", ".join(f"{factor}={level}" for factor, level in chosen.items()), chosen)

    def _varied(self, name: str, levels: Mapping[str, Level]) -> _Draft:
        components = {factor: str(level) for factor, level in levels.items() if factor in SLOTS}
        settings = {factor: level for factor, level in levels.items() if factor not in SLOTS}
        texts = {factor: str(level) for factor, level in levels.items()}
        return _Draft(name, texts, self.question.algorithm, components, settings)

    def _cells(self, drafts: Sequence[_Draft]) -> Iterator[Cell]:
        """Cells that know whether they can exist, and which earlier one they equal."""
        first: dict[bytes, str] = {}
        for draft in drafts:
            keys, reason = b"", None
            try:
                keys = b"\n".join(_key(self._composition(draft, environment)) for environment in self.question.env)
            except UnknownName:
                raise  # a typo is nothing to skip
            except BadInput as error:
                reason = str(error)
            same = first.setdefault(keys, draft.name) if keys else draft.name
            yield Cell(
                name=draft.name,
                levels=dict(draft.levels),
                algorithm=draft.algorithm,
                components=dict(draft.components),
                settings=self._settings(draft),
                same_as=None if same == draft.name else same,
                impossible=reason,
            )

    def _settings(self, draft: _Draft) -> dict[str, Any]:
        """A cell's settings, those of all cells below its own; evaluated once, at the end, unless told otherwise."""
        steps = self.question.steps
        common = ({} if steps is None else {"train.steps": steps}) | self.question.set
        clash = [name for name in draft.settings if name in common]
        if clash:
            raise OptionError(f"`{clash[0]}` is both varied and set for all cells")
        settings = {**common, **draft.settings}
        if "train.eval_every" not in settings and settings.get("train.steps") is not None:
            settings["train.eval_every"] = settings["train.steps"]
        return settings

    def _composition(self, draft: _Draft, environment: str) -> Composition:
        return compose(self.catalog, draft.algorithm, draft.components, self._settings(draft), environment)


def compose_cell(catalog: Catalog, cell: Cell, environment: str) -> Composition:
    """What a cell trains in an environment."""
    return compose(catalog, cell.algorithm, cell.components, cell.settings, environment)


def _key(composition: Composition) -> bytes:
    """What tells compositions apart: all but the algorithm's name."""
    return msgspec.json.encode(composition.to_dict() | {"algorithm": ""}, order="deterministic")


def _check_form(question: Question) -> None:
    listed, varied = bool(question.variants), bool(question.vary)
    if question.design == "list" and (varied or len(question.variants) < 2):
        raise OptionError("the design `list` needs two or more [variants], and no `vary`")
    if question.design != "list" and (listed or not varied):
        raise OptionError(f"the design `{question.design}` needs something to vary, such as `--vary target=hard,soft`")
    if question.design == "full" and any(len(levels) < 2 for levels in question.vary.values()):
        raise OptionError("a factor needs two levels or more; `--design one-at-a-time` compares one with the algorithm")
    for factor, levels in question.vary.items():
        if len(set(map(str, levels))) < len(levels):
            raise OptionError(f"the factor `{factor}` has a level twice")
    if not question.env:
        raise OptionError("a study needs an environment")
    if len(set(question.env)) < len(question.env):
        raise OptionError("an environment is given twice")


def _refuse_impossible(cells: Sequence[Cell]) -> None:
    reasons = [f"  {cell.name}: {cell.impossible}" for cell in cells if cell.impossible is not None]
    if reasons:
        listing = "\n".join(reasons)
        raise BadInput(f"some cells cannot exist (`--impossible skip` leaves them out):\n{listing}")
