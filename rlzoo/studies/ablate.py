"""`rlzoo.ablate`: compare variants of an algorithm, from the question to the report and its tables."""

from __future__ import annotations

import logging
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rlzoo.components.environments.imported import Maker, environment_name
from rlzoo.components.executors.device import check_device
from rlzoo.contracts.errors import OptionError
from rlzoo.registry.arguments import component_name, settings_table
from rlzoo.registry.catalog import SLOTS, Catalog, open_catalog
from rlzoo.registry.executors import build_executor
from rlzoo.studies.design.plan import Design, Plan
from rlzoo.studies.design.planning import few_updates, make_plan
from rlzoo.studies.design.question import Impossible, Question, read_question
from rlzoo.studies.execution.opening import choose_study_folder, open_study
from rlzoo.studies.execution.progress import study_progress
from rlzoo.studies.execution.training import train_study
from rlzoo.studies.reporting import report_study
from rlzoo.studies.study_result import StudyResult

_log = logging.getLogger("rlzoo")


def ablate(
    algorithm: str | None = None,
    env: str | Maker | Sequence[str | Maker] = (),
    *,
    preset: str | None = None,
    vary: Mapping[str, Sequence[str | float | type]] | None = None,
    variants: Mapping[str, Mapping[str, Any]] | None = None,
    design: Design | None = None,
    source: str | Path | None = None,
    seeds: int | Sequence[int] | None = None,
    steps: int | str | None = None,
    set: Mapping[str, Any] | None = None,
    thresholds: Mapping[str, float] | None = None,
    impossible: Impossible | None = None,
    until_width: float | None = None,
    max_seeds: int | None = None,
    out: str | Path | None = None,
    executor: str = "local",
    workers: int | None = None,
    ray_address: str | None = None,
    checkpoint_every: int | None = None,
    device: str = "cpu",
    quiet: bool = False,
    catalog: Catalog | None = None,
    command: str = "",
) -> StudyResult:
    """Train variants of an algorithm over the same seeds, compare them, and write a report.

    Trains only what is missing from the study's folder. With several workers, a script needs
    `if __name__ == "__main__":` around the call.

    Args:
        algorithm: The algorithm, such as `"dqn"`; may be omitted with `source`.
        env: An environment, or several. Default: that of the algorithm.
        preset: Settings of the algorithm for the environment; the other arguments override them.
        vary: Factor to levels: `{"target": ["hard", "none"], "optimizer.lr": [1e-3, 1e-4]}`.
        variants: Name to changes, instead of `vary`: `{"plain": {}, "no target": {"target": "none"}}`. The first is the
            base; sets the design to `"list"`.
        design: `"full"` (default), `"one-at-a-time"` or `"list"`.
        source: A TOML file with a study; the other arguments override it.
        seeds: The number of seeds, or a list. Default: 10; 12 with `until_width`.
        steps: Environment steps per seed: `50_000` or `"50k"`.
        set: Settings of all cells: `{"train.batch_size": 64}`.
        thresholds: Environment to the return that counts as solved.
        impossible: `"refuse"` (default) or `"skip"` invalid combinations.
        until_width: Add seeds until the interval of every difference in final return is at most this wide.
        max_seeds: The most seeds with `until_width`. Default: 100.
        out: The study's folder. Default: one below `studies/`, the same for the same question.
        executor: `"local"` or `"ray"`.
        workers: Trials trained at once. Default: one per core.
        ray_address: The Ray cluster, as `"host:port"`.
        checkpoint_every: Steps between checkpoints, from which an interrupted study continues. There is also one every
            ten minutes, and after Ctrl-C.
        device: `"cpu"`, `"cuda"` or `"auto"`.
        quiet: Show no progress.
        catalog: The algorithms and components to use. Default: the built-in ones and all installed plugins.
        command: How to repeat the study, for its report. Default: the command line of this process.

    Returns:
        The analysis as pandas tables, with the `path` of the report. Runs that failed are in its table `failures`.

    Raises:
        BadInput: Before anything is trained or written: the question or an option is invalid, or the folder is in use
            or contains anything else.
        KeyboardInterrupt: After Ctrl-C. Finished trials are kept, and the same call continues.
    """
    catalog = catalog or open_catalog()
    question = ask(
        source,
        algorithm=algorithm,
        env=[environment_name(it) for it in _listed(env)],
        preset=preset,
        vary={factor: [_named(catalog, factor, level) for level in levels] for factor, levels in (vary or {}).items()},
        variants={name: _named_parts(catalog, variant) for name, variant in (variants or {}).items()},
        design=design or ("list" if variants else None),
        seeds=seeds,
        steps=steps,
        set=settings_table(set),
        thresholds=thresholds,
        impossible=impossible,
        until_width=until_width,
        max_seeds=max_seeds,
    )
    prepared = prepare(catalog, question, out, device, command)
    return run_study(
        prepared, executor, workers=workers, ray_address=ray_address, checkpoint_every=checkpoint_every, quiet=quiet
    )


def _listed(env: str | Maker | Sequence[str | Maker]) -> Sequence[str | Maker]:
    return env if isinstance(env, Sequence) and not isinstance(env, str) else [env]


def _named(catalog: Catalog, factor: str, level: Any) -> Any:
    """The level of a factor, by name where it is a component."""
    return component_name(catalog, factor, level) if factor in SLOTS else level


def _named_parts(catalog: Catalog, variant: Mapping[str, Any]) -> dict[str, Any]:
    return {factor: _named(catalog, factor, level) for factor, level in variant.items()}


def ask(source: str | Path | None, **given: Any) -> Question:
    """The question of the file, if there is one, changed by the fields that are given. Raises BadInput."""
    if given.get("algorithm") is None and source is None:
        raise OptionError("name an algorithm, such as `rlzoo ablate dqn --vary target=hard,none`, or use `--from FILE`")
    base = read_question(source) if source is not None else Question()
    return base.changed({name: value for name, value in given.items() if value not in (None, [], {}, ())})


@dataclass(frozen=True)
class PreparedStudy:
    """A study whose question has been checked; nothing has been trained or written yet."""

    catalog: Catalog
    plan: Plan
    path: Path
    device: str
    notes: Sequence[str] = ()
    """Warnings about cells that hardly learn, or differ in more than was asked for."""


def prepare(catalog: Catalog, question: Question, out: str | Path | None, device: str, command: str) -> PreparedStudy:
    """Choose the folder and make the plan. Raises BadInput for an invalid question or device."""
    path = choose_study_folder(question, out)
    place = str(check_device(device))
    command = command or shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
    plan = make_plan(catalog, question, path.name, command)
    return PreparedStudy(catalog, plan, path, place, [*few_updates(catalog, plan), *plan.confounds])


def run_study(
    prepared: PreparedStudy,
    executor: str = "local",
    *,
    workers: int | None = None,
    ray_address: str | None = None,
    checkpoint_every: int | None = None,
    quiet: bool = False,
) -> StudyResult:
    """Train what is missing, and write the report. Raises as `ablate` does."""
    built = build_executor(prepared.catalog, executor, workers=workers, address=ray_address)
    study = open_study(prepared.catalog, prepared.plan, prepared.path)
    for note in prepared.notes:
        _log.warning("%s", note)
    observer = study_progress(quiet=quiet)
    try:
        train_study(study, prepared.catalog, built, prepared.device, observer, checkpoint_every)
    finally:
        observer.close()
    return StudyResult(study.path, report_study(study))
