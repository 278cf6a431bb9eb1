"""`rlzoo new-plugin`: write the package of a new plugin."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from rlzoo.registry.catalog import Catalog
from rlzoo.results.files import as_path, shown
from rlzoo.scaffold import plugin as scaffold


@click.command("new-plugin")
@click.argument("name")
@click.option("--slot", metavar="SLOT", default="buffer", show_default=True, help=f"{', '.join(scaffold.kinds())}.")
@click.option("--into", metavar="DIR", help="Folder of the package. Default: ./NAME.")
@click.pass_obj
def new_plugin(catalog: Catalog, name: str, slot: str, into: str | None) -> None:
    """Write a package that adds one component.

    \b
    rlzoo new-plugin my-replay --slot buffer
    rlzoo new-plugin rlzoo-my-loss --slot objective --into plugins/my-loss

    The package is complete: working code, tests and a README. Start from there. A leading `rlzoo-` is part of the
    distribution's name only, not of the component's.
    """
    plugin = scaffold.new_plugin(name, slot, as_path(into or name), catalog)
    place = shown(plugin.folder)
    local = place if Path(place).is_absolute() else f"./{place}"
    steps = (
        f"pip install --editable {shlex.quote(local + '[dev]')}",
        f"pytest {shlex.quote(place)}",
        f"rlzoo check-plugin {plugin.name.distribution}",
        plugin.example,
    )
    click.echo("\n  ".join([f"{place}: {plugin.summary} Next:", *steps]))
