"""`rlzoo report`: what a study says, as a page."""

from __future__ import annotations

import click


@click.command
@click.argument("study", metavar="STUDY")
def report(study: str) -> None:
    """Write report.html, report.md, results.csv and figures into STUDY, the folder of a study.

    \b
    rlzoo report studies/dqn-target-1a2b3c

    A study that is still being trained is reported as far as it has come.
    """
    from rich.console import Console

    from rlzoo.contracts.errors import BadInput
    from rlzoo.studies.ablate import report as write
    from rlzoo.studies.execution.study import Study

    own = Study.open(study)
    try:
        with Console(stderr=True).status("analysing and drawing"):
            write(own)
    except OSError as error:
        raise BadInput(f"cannot write the report of `{study}`: {error.strerror}") from error
    click.echo(str(own.path / "report.html"))
