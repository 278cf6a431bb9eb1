"""`rlzoo plugins`: the installed plugins."""

from __future__ import annotations

from dataclasses import asdict

import click

from rlzoo.cli.streams import print_json
from rlzoo.cli.tables import print_table
from rlzoo.registry.catalog import Catalog
from rlzoo.registry.plugins import PluginRecord


@click.command
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def plugins(catalog: Catalog, as_json: bool) -> None:
    """List plugins with version, status and the names each adds."""
    if as_json:
        print_json([asdict(record) for record in catalog.records])
    else:
        rows = [(record.name, record.version, record.status, _remarks(record)) for record in catalog.records]
        print_table("plugins", ("name", "version", "status", "adds, or problem"), rows)


def _remarks(record: PluginRecord) -> str:
    adds = [f"{kind}: {', '.join(names)}" for kind, names in record.adds.items()]
    return "\n".join((*adds, *filter(None, [record.reason]), *record.warnings))
