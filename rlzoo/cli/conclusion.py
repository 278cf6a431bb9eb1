"""What the commands that train print at the end."""

from __future__ import annotations

import logging
import shlex
from typing import TYPE_CHECKING

import click

from rlzoo.cli.streams import print_json
from rlzoo.cli.summary import print_summary

if TYPE_CHECKING:
    from rlzoo.results.result import Interrupted, Result

INTERRUPTED = 130
"""The exit code after Ctrl-C."""


def conclude(result: Result, quiet: bool, as_json: bool, interruption: Interrupted | None = None) -> None:
    """Print the manifest as JSON, or a summary; exit if the run was interrupted."""
    if as_json:
        print_json({"path": str(result.path), **result.manifest})
    elif not quiet:
        print_summary(result)
    if interruption is not None:
        from rlzoo.results.files import shown

        click.echo(f"rlzoo: interrupted, {interruption}", err=True)
        click.echo(f"Continue with `rlzoo resume {shlex.quote(shown(result.path))}`", err=True)
        click.get_current_context().exit(INTERRUPTED)


def hide_warnings() -> None:
    """Print errors only."""
    for handler in logging.getLogger("rlzoo").handlers:
        handler.setLevel(logging.ERROR)
