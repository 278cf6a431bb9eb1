"""Options of the command line for the component of each slot."""

from __future__ import annotations

from typing import Any

import click

from rlzoo.cli.completion import complete_names
from rlzoo.registry.catalog import SLOTS


def slot_options(command: Any) -> Any:
    """Add an option for the component of each slot."""
    for slot in reversed(SLOTS):
        option = click.option(
            f"--{slot}", metavar="NAME", shell_complete=complete_names(slot), help=f"Component for the slot `{slot}`."
        )
        command = option(command)
    return command
