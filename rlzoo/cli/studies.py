"""`rlzoo studies`: list studies and their progress."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rlzoo.cli.streams import print_json
from rlzoo.cli.tables import print_table
from rlzoo.contracts.errors import BadInput

if TYPE_CHECKING:
    from rlzoo.studies.execution.study import Study

COLUMNS = ("study", "cells", "environments", "seeds", "trained", "failed", "report")


@click.command
@click.argument("folder", default="studies")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def studies(folder: str, as_json: bool) -> None:
    """List the studies in FOLDER (default: `studies`) and their progress."""
    from rlzoo.results.files import as_path
    from rlzoo.studies.execution.study import PLAN

    found = [_record(plan.parent) for plan in sorted(as_path(folder).glob(f"*/{PLAN}"))]
    if as_json:
        print_json(found)
    elif not found:
        click.echo(f"no studies in `{folder}`; start one with `rlzoo ablate dqn --vary target=hard,soft,none`")
    else:
        print_table("", COLUMNS, ([str(value) for value in record.values()] for record in found))


def _record(path: Path) -> dict[str, Any]:
    from rlzoo.results.files import shown
    from rlzoo.studies.execution.study import Study

    try:
        return _progress(Study.open(path))
    except BadInput as error:  # a damaged study does not hide the others
        return dict.fromkeys(COLUMNS, "") | {"study": shown(path), "report": str(error)}


def _progress(study: Study) -> dict[str, Any]:
    from rlzoo.results.files import shown

    plan, page = study.plan, study.path / "report.html"
    planned = len(plan.runnable) * len(plan.environments) * len(plan.seeds)
    trained = sum(len(trial.folder.seeds) for trial in study.trials())
    failed = sum(len(failure.seeds) for failure in study.failures())
    return {
        "study": shown(study.path),
        "cells": len(plan.cells),
        "environments": ", ".join(plan.environments),
        "seeds": len(plan.seeds),
        "trained": f"{trained / planned:.0%}" if planned else "0%",
        "failed": failed,
        "report": shown(page) if page.exists() else "",
    }
