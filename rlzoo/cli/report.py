"""`rlzoo report`: write the report of a study again."""

from __future__ import annotations

import click

from rlzoo.cli.completion import complete_folders


@click.command
@click.argument("study", metavar="STUDY", shell_complete=complete_folders("study.json"))
def report(study: str) -> None:
    """Write report.html, report.md, results.csv and figures/ into STUDY, the folder of a study.

    \b
    rlzoo report studies/dqn-target-1a2b3c

    Works at any time, also while the study is being trained.
    """
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
