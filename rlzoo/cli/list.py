"""`rlzoo list`: what there is to choose from."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click

from rlzoo.cli.tables import print_table
from rlzoo.contracts.errors import PluginError
from rlzoo.registry.catalog import KINDS, Catalog


@click.command("list")
@click.argument("slot", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(catalog: Catalog, slot: str | None, as_json: bool) -> None:
    """List components and algorithms.

    SLOT is buffer, network, exploration, target, objective or optimizer; also environment, observer, executor,
    algorithm and command. Without it, everything but the commands is listed.
    """
    kinds = (slot,) if slot else [kind for kind in KINDS if kind != "command"]
    rows = {kind: list(_rows(catalog, kind)) for kind in kinds}
    if as_json:
        click.echo(json.dumps([row for own in rows.values() for row in own], indent=2))
    else:
        for kind, own in rows.items():
            print_table(
                kind, ("name", "summary", "plugin"), [[row[c] for c in ("name", "summary", "plugin")] for row in own]
            )


def _rows(catalog: Catalog, kind: str) -> Iterator[dict[str, str]]:
    for name in catalog.names(kind):
        try:
            entry = catalog.get(kind, name)
        except PluginError as error:  # one that cannot be imported must not hide the others
            yield {"kind": kind, "name": name, "summary": f"({error})", "plugin": ""}
        else:
            yield {"kind": kind, "name": name, "summary": entry.summary, "plugin": f"{entry.plugin} {entry.version}"}
