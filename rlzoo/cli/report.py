"""`rlzoo report`: write the report of a study again, or of runs that no study trained."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rlzoo.cli.completion import complete_folders
from rlzoo.cli.values import columns as assigned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rlzoo.studies.comparing import Source


@click.command(short_help="Report a study again, or compare finished runs.")
@click.argument(
    "studies",
    metavar="STUDY|RUN...",
    nargs=-1,
    required=True,
    shell_complete=complete_folders("study.json", "manifest.json"),
)
@click.option("--steps", metavar="N", help="Compare runs up to this step, such as 50k. Default: all of them.")
@click.option("--env", metavar="ID", help="Environment of logs that do not say theirs.")
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="NAME=COLUMN",
    help="A column of CSV files, such as return=reward; repeatable.",
)
@click.option("--out", metavar="DIR", help="Folder for the report of runs. Default: compared.")
def report(
    studies: tuple[str, ...], steps: str | None, env: str | None, columns: tuple[str, ...], out: str | None
) -> None:
    """Write report.html, report.md, results.csv and figures/ into STUDY, the folder of a study.

    \b
    rlzoo report studies/dqn-target-1a2b3c
    rlzoo report old=sb3/logs new=runs/dqn --steps 50k --out old-and-new

    Works at any time, also while the study is being trained.

    Several arguments are runs, each with an optional name, that are compared with the first as if they were the cells
    of a study. `rlzoo plot --help` says which logs of other programs count as runs.
    """
    from rlzoo.results.files import as_path

    if len(studies) > 1 or not _is_study(as_path(studies[0])):
        _compare(studies, steps, env, columns, out)
    else:
        _refuse({"--steps": steps, "--env": env, "--column": columns, "--out": out})
        _repeat(studies[0])


def _is_study(path: Path) -> bool:
    """Whether this is a study, or nothing that could be compared either."""
    from rlzoo.studies.execution.study import PLAN

    return (path / PLAN).exists() or not path.exists() or (path.is_dir() and not any(path.iterdir()))


def _refuse(options: Mapping[str, object]) -> None:
    from rlzoo.contracts.errors import OptionError

    for name, value in options.items():
        if value:
            raise OptionError(f"`{name}` has no effect on the report of a study")


def _repeat(study: str) -> None:
    from rlzoo.contracts.errors import BadInput
    from rlzoo.results.files import shown
    from rlzoo.results.terminal import stderr_console
    from rlzoo.studies.execution.study import Study
    from rlzoo.studies.reporting import report_study

    opened = Study.open(study)
    try:
        with stderr_console().status("writing the report"):
            report_study(opened)
    except OSError as error:
        raise BadInput(f"cannot write the report of `{study}`: {error.strerror}") from error
    click.echo(shown(opened.path / "report.html"))


def _compare(
    runs: tuple[str, ...], steps: str | None, env: str | None, columns: tuple[str, ...], out: str | None
) -> None:
    from rlzoo.contracts.errors import BadInput
    from rlzoo.registry.values import convert_value
    from rlzoo.results.files import as_path, shown
    from rlzoo.results.terminal import stderr_console
    from rlzoo.studies.comparing import compare_runs

    folder = as_path(out or "compared")
    limit = None if steps is None else convert_value(steps, int, "--steps")
    sources = [_source(text, assigned(columns)) for text in runs]
    command = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
    try:
        with stderr_console().status("comparing"):
            analysis = compare_runs(sources, folder, limit, env or "", command)
    except OSError as error:
        raise BadInput(f"cannot write the report to `{shown(folder)}`: {error.strerror}") from error
    for conclusion in analysis.conclusions:
        click.echo(conclusion.text)
    click.echo(shown(folder / "report.html"))


def _source(text: str, columns: Mapping[str, str]) -> Source:
    """A path, or `NAME=PATH`."""
    from rlzoo.results.files import as_path
    from rlzoo.results.logs.reading import read_run
    from rlzoo.studies.comparing import Source

    name, equals, path = text.partition("=")
    if not equals or not name or as_path(text).exists():
        name, path = "", text
    return Source(name or as_path(path).name.removesuffix(".csv").removesuffix(".monitor"), read_run(path, columns))
