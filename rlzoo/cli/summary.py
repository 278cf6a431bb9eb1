"""The summary of a run on the terminal."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from rlzoo.cli.tables import print_table

if TYPE_CHECKING:
    from rlzoo.results.result import Result


def print_summary(result: Result) -> None:
    """Print a row per seed, the mean over seeds, and where the results are."""
    from rlzoo.results.files import shown
    from rlzoo.results.final_returns import over_seeds, returns_of
    from rlzoo.results.seed_table import seed_columns, seed_rows

    returns = returns_of(result.folder)
    print_table("", seed_columns(offline=result.folder.is_offline), seed_rows(result.manifest, returns))
    if returns:
        click.echo(f"mean return {over_seeds(list(returns.values()))}\n")
    click.echo(f"results in {shown(result.path)}")
    click.echo(f"plot    in {shown(result.path / 'returns.png')}")
    if (diagnostics := result.path / "diagnostics.png").exists():
        click.echo(f"plot    in {shown(diagnostics)}")
    folder = shlex.quote(shown(result.path))
    click.echo(f"Next: `rlzoo plot {folder}` or `rlzoo eval {folder}`")
