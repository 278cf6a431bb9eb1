"""Opening the folder of a study, new or to be continued, after checking that the plan agrees with what is there."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec import structs

from rlzoo.contracts import Composition
from rlzoo.contracts.errors import BadInput
from rlzoo.registry.catalog import Catalog
from rlzoo.registry.options import changed
from rlzoo.results.files import as_path, shown
from rlzoo.studies.design.designer import compose_cell
from rlzoo.studies.design.plan import Plan
from rlzoo.studies.design.question import Question
from rlzoo.studies.execution.study import LOCK, PLAN, Study

NEW_FOLDER = "choose a new folder (`--out DIR`)"


def choose_study_folder(question: Question, out: str | Path | None) -> Path:
    """The folder of a study: `out`, or one below `studies/` that is always the same for the same question."""
    if out is not None:
        return as_path(out)
    identity = structs.replace(question, seeds=0, max_seeds=None, thresholds={})
    digest = hashlib.sha256(msgspec.json.encode(identity, order="deterministic")).hexdigest()[:6]
    name = re.sub(r"[^\w.-]+", "-", "-".join([question.algorithm, *(question.vary or question.variants)]))
    return as_path("studies") / f"{name[:60]}-{digest}"


def open_study(catalog: Catalog, plan: Plan, path: Path) -> Study:
    """The study in `path`, new or continued, under this plan. Nothing is written yet.

    A study may grow: seeds, cells and environments can be added. Raises BadInput if `path` contains anything else, a
    cell was trained with other settings, or the study would lose seeds or have other interim looks.
    """
    study = Study(path, plan)
    if (path / PLAN).exists():
        before = Study.open(path)
        _check_same_cells(catalog, before, plan)
        study.plan = structs.replace(plan, seeds=_grown_seeds(before, plan))
    elif path.is_file() or (path.is_dir() and any(entry.name != LOCK for entry in path.iterdir())):
        raise BadInput(f"`{shown(path)}` is not empty and does not contain a study; {NEW_FOLDER}")
    return study


def _grown_seeds(before: Study, plan: Plan) -> list[int]:
    """The seeds of a study continued under this plan: the plan's, or as many as its looks have reached."""
    trained = {seed for trial in before.trials() for seed in trial.folder.seeds}
    _check_looks(before, plan.looks, len(trained))
    seeds = max(before.plan.seeds, plan.seeds, key=len) if plan.looks else plan.seeds
    removed = sorted(trained - set(seeds))
    if removed:
        raise BadInput(
            f"`{shown(before.path)}` already has seed {', '.join(map(str, removed))}. A study cannot shrink: include "
            f"all of its seeds, or {NEW_FOLDER}"
        )
    return seeds


def _check_looks(before: Study, looks: Sequence[int], trained: int) -> None:
    if trained and before.plan.looks != looks and (before.plan.looks or trained > looks[0]):
        raise BadInput(
            f"`{shown(before.path)}` has {trained} seeds and is analysed {_schedule(before.plan.looks)}, not "
            f"{_schedule(looks)}. Intervals are valid only if that is fixed beforehand: keep `--until-width`, "
            f"`--seeds` and `--max-seeds`, or {NEW_FOLDER}"
        )


def _schedule(looks: Sequence[int]) -> str:
    return f"at {', '.join(map(str, looks))} seeds" if looks else "once, at the end"


def _check_same_cells(catalog: Catalog, before: Study, plan: Plan) -> None:
    """Raise BadInput if the plan lacks a cell that was trained, or changes its settings."""
    cells = {cell.name: cell for cell in plan.cells}
    for trial in before.trials():
        if trial.cell not in cells or trial.environment not in plan.environments:
            raise BadInput(
                f"`{shown(before.path)}` contains `{trial.cell}` on {trial.environment}, which is not part of this "
                f"study; {NEW_FOLDER}"
            )
        composition = compose_cell(catalog, cells[trial.cell], trial.environment)
        differ = _changed_settings(trial.folder.manifest["composition"], composition)
        if differ:
            raise BadInput(
                f"`{shown(before.path)}` contains `{trial.cell}` with other settings ({', '.join(differ)}); "
                f"{NEW_FOLDER}"
            )


def _changed_settings(before: dict[str, object], now: Composition) -> list[str]:
    """The settings that differ. One that did not exist before, and has its default now, does not."""
    old, new = _flat(before), _flat(msgspec.to_builtins(now.to_dict()))
    chosen = tuple(_chosen(now))
    differ = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
    return sorted(name for name in differ if name in old or f"{name}.".startswith(chosen))


def _chosen(composition: Composition) -> Iterator[str]:
    """The settings that do not have their defaults, each followed by a dot."""
    yield from (f"train.{name}." for name, _ in changed(composition.train))
    for slot, part in composition.components.items():
        yield from (f"components.{slot}.options.{name}." for name, _ in changed(part.options))


def _flat(record: object, name: str = "") -> dict[str, object]:
    """`{"target.options.period": 500, ...}` without versions: a study may be continued with a newer plugin."""
    if not isinstance(record, dict):
        return {name: record}
    inner = [
        _flat(value, f"{name}.{key}".strip(".")) for key, value in record.items() if key not in ("version", "plugin")
    ]
    return {key: value for part in inner for key, value in part.items()}
