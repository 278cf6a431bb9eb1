"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any, get_args

import click

from rlzoo.cli.completion import complete_folders, complete_names, complete_settings
from rlzoo.contracts.train import Kept
from rlzoo.registry.catalog import SLOTS

Decorator = Callable[[Any], Any]

run_argument = click.argument("run", metavar="RUN", shell_complete=complete_folders("manifest.json"))
"""The folder of one run."""
device_option = click.option(
    "--device", default="cpu", show_default=True, metavar="auto|cpu|cuda", help="Device to train on."
)
run_workers_option = click.option(
    "--workers",
    type=click.IntRange(1),
    metavar="N",
    help="Worker processes. Default: chosen automatically, at most one per core.",
)
allow_import_option = click.option(
    "--allow-import", "allowed", multiple=True, metavar="MODULE", help="Module that the run may import; repeatable."
)
quiet_option = click.option("-q", "--quiet", is_flag=True, help="Print only errors.")
manifest_option = click.option("--json", "as_json", is_flag=True, help="Print only the manifest, as JSON, at the end.")


def slot_options(command: Any) -> Any:
    """Add an option for each slot."""
    return _added(
        command,
        *(
            click.option(
                f"--{slot}",
                metavar="NAME",
                shell_complete=complete_names(slot),
                help=f"Component for the slot `{slot}`.",
            )
            for slot in SLOTS
        ),
    )


def settings_option(text: str) -> Decorator:
    """`--set`, explained by `text`."""
    return click.option(
        "--set", "settings", metavar="SLOT.FIELD=VALUE", multiple=True, shell_complete=complete_settings, help=text
    )


def observer_option(text: str) -> Decorator:
    """`--observer`, explained by `text`."""
    return click.option(
        "--observer", "observers", multiple=True, metavar="NAME", shell_complete=complete_names("observer"), help=text
    )


def weights_option(text: str) -> Decorator:
    """`--weights`, explained by `text`."""
    return click.option(
        "--weights", "kept", type=click.Choice(get_args(Kept)), default="last", show_default=True, help=text
    )


def executor_options(workers: str) -> Decorator:
    """`--executor`, `--workers`, explained by `workers`, and `--ray-address`."""
    executor = click.option(
        "--executor",
        default="local",
        show_default=True,
        metavar="NAME",
        shell_complete=complete_names("executor"),
        help="Execution backend: local or ray.",
    )
    count = click.option("--workers", type=click.IntRange(1), metavar="N", help=workers)
    address = click.option("--ray-address", metavar="HOST:PORT", help="Ray cluster. Default: start a local one.")
    return lambda command: _added(command, executor, count, address)


def _added(command: Any, *options: Decorator) -> Any:
    """The command with these options, in this order."""
    return reduce(lambda it, option: option(it), reversed(options), command)
