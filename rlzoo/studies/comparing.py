"""Comparing finished runs, also those of other programs, as a study compares its cells."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rlzoo.contracts.errors import BadInput
from rlzoo.results.files import is_leftover, shown
from rlzoo.results.logs.logged_run import up_to
from rlzoo.results.run_folder import RunFolder
from rlzoo.studies.analysis.analyse import analyse
from rlzoo.studies.analysis.measures import registered_thresholds
from rlzoo.studies.analysis.tables import Analysis
from rlzoo.studies.design.plan import Cell, Plan
from rlzoo.studies.execution.trials import Trial
from rlzoo.studies.report import write_report

REPORT = "report.html"
TOLERANCE = 0.1
"""The fraction by which lengths of runs may differ without a warning."""
_log = logging.getLogger("rlzoo")


@dataclass(frozen=True)
class Source:
    """A run to compare, and the name of its cell; sources of the same name are one cell in several environments."""

    cell: str
    run: RunFolder


def compare_runs(
    sources: Sequence[Source], folder: Path, steps: int | None = None, environment: str = "", command: str = ""
) -> Analysis:
    """Compare each cell with the first one, and write the report into `folder`.

    `steps` leaves out what came later; `environment` is that of runs that do not say theirs. Raises BadInput if there
    is nothing to compare, a run cannot be read, or `folder` contains anything but a report.
    """
    trials = [_trial(source, steps, environment or _common_environment(sources)) for source in sources]
    plan = _plan(trials, steps, command)
    _check_folder(folder)
    _warn_of_lengths(trials)
    analysis = analyse(plan, trials)
    folder.mkdir(parents=True, exist_ok=True)
    write_report(analysis, folder)
    return analysis


def _trial(source: Source, steps: int | None, environment: str) -> Trial:
    run = up_to(source.run, steps, environment)
    if not run.environment:
        raise BadInput(f"`{shown(run.path)}` does not say its environment; add `--env ID`")
    if not len(run.table("episodes")):
        raise BadInput(f"`{shown(run.path)}` has no episode that ended by step {steps:,}")
    return Trial(source.cell, run.environment, run)


def _common_environment(sources: Sequence[Source]) -> str:
    """The environment of all runs that say theirs; "" if there are several, or none."""
    known = {source.run.environment for source in sources} - {""}
    return known.pop() if len(known) == 1 else ""


def _plan(trials: Sequence[Trial], steps: int | None, command: str) -> Plan:
    by_cell: dict[str, list[Trial]] = {}
    for trial in trials:
        if any(trial.environment == other.environment for other in by_cell.get(trial.cell, ())):
            raise BadInput(f"`{trial.cell}` is given twice in {trial.environment}; name them, as in `old={trial.cell}`")
        by_cell.setdefault(trial.cell, []).append(trial)
    if len(by_cell) < 2:
        raise BadInput("give at least two runs to compare; `rlzoo plot` draws one")
    environments = list(dict.fromkeys(trial.environment for trial in trials))
    return Plan(
        name=" and ".join(by_cell),
        algorithm=", ".join(dict.fromkeys(trial.folder.algorithm for trial in trials)),
        design="list",
        factors={},
        cells=[_cell(name, of_cell) for name, of_cell in by_cell.items()],
        base=next(iter(by_cell)),
        environments=environments,
        seeds=list(range(max(len(trial.folder.seeds) for trial in trials))),
        steps=steps,
        thresholds=registered_thresholds(environments),
        command=command,
    )


def _cell(name: str, trials: Sequence[Trial]) -> Cell:
    places = ", ".join(shown(trial.folder.path) for trial in trials)
    return Cell(name=name, levels={}, algorithm=trials[0].folder.algorithm, source=places)


def _check_folder(folder: Path) -> None:
    if folder.is_file():
        raise BadInput(f"`{shown(folder)}` is a file; give a folder for the report")
    entries = list(folder.iterdir()) if folder.exists() else []
    if not all(map(is_leftover, entries)) and folder / REPORT not in entries:
        raise BadInput(f"`{shown(folder)}` is not empty and does not contain a report; choose another with `--out`")


def _warn_of_lengths(trials: Sequence[Trial]) -> None:
    """Say which runs are longer than others in the same environment."""
    for environment in dict.fromkeys(trial.environment for trial in trials):
        ends = {trial.cell: _end(trial.folder) for trial in trials if trial.environment == environment}
        if min(ends.values()) < (1 - TOLERANCE) * max(ends.values()):
            lengths = ", ".join(f"{cell} {end:,.0f} steps" for cell, end in ends.items())
            _log.warning("runs in %s differ in length: %s; `--steps N` leaves out the rest", environment, lengths)


def _end(run: RunFolder) -> float:
    return float(run.table("episodes")["step"].max())
