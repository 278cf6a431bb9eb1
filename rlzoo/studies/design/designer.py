"""From a question to the cells that answer it, and which of them are valid."""

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
class _CellSpec:
    """A cell that has not been checked yet."""

    name: str
    levels: Mapping[str, str] = field(default_factory=dict)
    algorithm: str = ""
    preset: str | None = None
    components: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)


class Designer:
    """Makes plans for questions, with the algorithms and components of a catalog."""

    def __init__(self, catalog: Catalog, question: Question) -> None:
        self.catalog, self.question = catalog, question

    def plan(self, name: str, seeds: Sequence[int], **more: Any) -> Plan:
        """The plan. Raises BadInput if the base is invalid, or another cell is and invalid cells are refused."""
        question = self.question
        _check_form(question)
        factors = self._factors()
        specs = list(self._specs(factors))
        base = specs[0]
        for environment in question.env:
            self._composition(base, environment)  # the base has to be valid everywhere
        cells = list(self._cells(specs))
        if question.impossible == "refuse":
            _refuse_invalid(cells)
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
        """The factors, each with the algorithm's default level first if it is among them."""
        plain = _CellSpec("", algorithm=self.question.algorithm, preset=self.question.preset)
        default = _key(self._composition(plain, self.question.env[0]))
        return {
            factor: sorted(levels, key=lambda level: not self._is_default(factor, level, default))
            for factor, levels in self.question.vary.items()
        }

    def _is_default(self, factor: str, level: Level, default: bytes) -> bool:
        spec = self._varied("", {factor: level})
        try:
            return _key(self._composition(spec, self.question.env[0])) == default
        except BadInput:
            return False

    def _specs(self, factors: Mapping[str, Sequence[Level]]) -> Iterator[_CellSpec]:
        """All cells, the base first."""
        question = self.question
        if question.design == "list":
            for name, variant in question.variants.items():
                algorithm, preset = variant.algorithm or question.algorithm, variant.preset or question.preset
                yield _CellSpec(name, {}, algorithm, preset, variant.components, variant.set)
        elif question.design == "one-at-a-time":
            yield _CellSpec(question.algorithm, {}, question.algorithm, question.preset)
            for factor, levels in factors.items():
                for level in levels:
                    yield self._varied(f"{factor}={level}", {factor: level})
        else:
            for combination in itertools.product(*factors.values()):
                chosen = dict(zip(factors, combination, strict=True))
                yield self._varied(", ".join(f"{factor}={level}" for factor, level in chosen.items()), chosen)

    def _varied(self, name: str, levels: Mapping[str, Level]) -> _CellSpec:
        components = {factor: str(level) for factor, level in levels.items() if factor in SLOTS}
        settings = {factor: level for factor, level in levels.items() if factor not in SLOTS}
        texts = {factor: str(level) for factor, level in levels.items()}
        return _CellSpec(name, texts, self.question.algorithm, self.question.preset, components, settings)

    def _cells(self, specs: Sequence[_CellSpec]) -> Iterator[Cell]:
        """Check each cell: whether it is valid, and whether an earlier one has the same composition."""
        first: dict[bytes, str] = {}
        for spec in specs:
            keys, reason = b"", None
            try:
                keys = b"\n".join(_key(self._composition(spec, environment)) for environment in self.question.env)
            except UnknownName:
                raise  # a typo is not skipped
            except BadInput as error:
                reason = str(error)
            same = first.setdefault(keys, spec.name) if keys else spec.name
            yield Cell(
                name=spec.name,
                levels=dict(spec.levels),
                algorithm=spec.algorithm,
                preset=spec.preset,
                components=dict(spec.components),
                settings=self._settings(spec),
                same_as=None if same == spec.name else same,
                impossible=reason,
            )

    def _settings(self, spec: _CellSpec) -> dict[str, Any]:
        """The settings of all cells, overridden by the cell's; by default every cell is evaluated at the end."""
        steps = self.question.steps
        common = ({} if steps is None else {"train.steps": steps}) | self.question.set
        duplicates = [name for name in spec.settings if name in common]
        if duplicates:
            raise OptionError(f"`{duplicates[0]}` is both varied and set for all cells")
        settings = {**common, **spec.settings}
        if "train.eval_every" not in settings and settings.get("train.steps") is not None:
            settings["train.eval_every"] = settings["train.steps"]
        return settings

    def _composition(self, spec: _CellSpec, environment: str) -> Composition:
        return compose(self.catalog, spec.algorithm, spec.components, self._settings(spec), environment, spec.preset)


def compose_cell(catalog: Catalog, cell: Cell, environment: str) -> Composition:
    """The composition that a cell trains in an environment."""
    return compose(catalog, cell.algorithm, cell.components, cell.settings, environment, cell.preset)


def _key(composition: Composition) -> bytes:
    """The composition as bytes, without the algorithm's name."""
    return msgspec.json.encode(composition.to_dict() | {"algorithm": ""}, order="deterministic")


def _check_form(question: Question) -> None:
    listed, varied = bool(question.variants), bool(question.vary)
    if question.design == "list" and (varied or len(question.variants) < 2):
        raise OptionError("the design `list` needs at least two `variants` and no `vary`")
    if question.design != "list" and (listed or not varied):
        raise OptionError(f"the design `{question.design}` needs a factor, such as `--vary target=hard,soft`")
    if question.design == "full" and any(len(levels) < 2 for levels in question.vary.values()):
        raise OptionError(
            "a factor needs at least two levels; `--design one-at-a-time` compares a single level with the algorithm"
        )
    for factor, levels in question.vary.items():
        if len(set(map(str, levels))) < len(levels):
            raise OptionError(f"duplicate level of the factor `{factor}`")
    if len(set(question.env)) < len(question.env):
        raise OptionError(f"duplicate environment in {', '.join(question.env)}")


def _refuse_invalid(cells: Sequence[Cell]) -> None:
    reasons = [f"  {cell.name}: {cell.impossible}" for cell in cells if cell.impossible is not None]
    if reasons:
        listing = "\n".join(reasons)
        raise BadInput(f"invalid combinations (`--impossible skip` leaves them out):\n{listing}")
