"""`rlzoo list`: the registered components and algorithms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from rlzoo.cli.completion import complete_kinds
from rlzoo.cli.streams import print_json
from rlzoo.cli.tables import print_table
from rlzoo.contracts.errors import PluginError
from rlzoo.registry.catalog import KINDS, Catalog, kind_of
from rlzoo.registry.packages import INSTALL_ALL

COLUMNS = ("name", "summary", "plugin")


@click.command("list")
@click.argument("slot", required=False, shell_complete=complete_kinds)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(catalog: Catalog, slot: str | None, as_json: bool) -> None:
    """List components and algorithms.

    SLOT is buffer, network, exploration, target, objective, optimizer or intervention, or else environment, observer,
    executor, algorithm, preset or command. By default, everything except commands is listed.
    """
    catalog = catalog.from_source()
    kinds = (kind_of(slot),) if slot else [kind for kind in KINDS if kind != "command"]
    rows = {kind: list(_rows(catalog, kind)) for kind in kinds}
    if as_json:
        print_json([row for found in rows.values() for row in found])
    else:
        for kind, found in rows.items():
            print_table(kind, COLUMNS, [[row[column] for column in COLUMNS] for row in found])
        _print_not_installed(catalog, kinds)


def _print_not_installed(catalog: Catalog, kinds: Sequence[str]) -> None:
    missing = {
        package.name: [f"{kind}: {', '.join(package.adds[kind])}" for kind in kinds if kind in package.adds]
        for package in catalog.not_installed()
    }
    rows = [(name, "\n".join(adds)) for name, adds in missing.items() if adds]
    if rows:
        print_table("not installed", ("package", "adds"), rows)
        click.echo(f"In a checkout of rlzoo, `{INSTALL_ALL}` installs all packages.")


def _rows(catalog: Catalog, kind: str) -> Iterator[dict[str, str]]:
    for name in catalog.names(kind):
        try:
            summary, plugin = catalog.get(kind, name).summary, catalog.origin(kind, name)
        except PluginError as error:  # a broken component does not hide the others
            summary, plugin = f"({error})", ""
        yield {"kind": kind, "name": name, "summary": summary, "plugin": plugin}
