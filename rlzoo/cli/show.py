"""`rlzoo show`: one algorithm or component in full."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import click

from rlzoo.cli.completion import complete_names, complete_presets
from rlzoo.cli.streams import print_json
from rlzoo.cli.tables import print_table
from rlzoo.contracts import Composition, Train
from rlzoo.contracts.errors import OptionError
from rlzoo.registry.catalog import KINDS, Catalog, Entry, kind_of
from rlzoo.registry.composition import compose
from rlzoo.registry.config import write_toml
from rlzoo.registry.options import as_text, changed, describe, field_names
from rlzoo.registry.presets.lookup import split_preset

NAMED = tuple(kind for kind in KINDS if kind != "command")


@click.command
@click.argument("name", metavar="NAME", shell_complete=complete_names(*NAMED))
@click.option("--env", metavar="ID", help="Environment of an algorithm. Default: the algorithm's.")
@click.option("--preset", metavar="NAME", shell_complete=complete_presets, help="Preset of an algorithm.")
@click.option("--changed", "only_changed", is_flag=True, help="List only options that differ from their defaults.")
@click.option("--toml", "as_toml", is_flag=True, help="Print the algorithm as a file for rlzoo run --config.")
@click.option("--engine", is_flag=True, help="Build the algorithm, and show what is compiled or left to autograd.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list: a name may be used in several slots.")
@click.pass_obj
def show(
    catalog: Catalog,
    name: str,
    env: str | None,
    preset: str | None,
    only_changed: bool,
    as_toml: bool,
    engine: bool,
    as_json: bool,
) -> None:
    """Show every setting of an algorithm, a preset, the options of a component, or the components of a slot.

    \b
    rlzoo show dqn           every setting, with its value and bounds
    rlzoo show dqn-soft      another algorithm
    rlzoo show soft          a component
    rlzoo show target        a slot and its components
    rlzoo show train         settings of training
    """
    catalog, building = catalog.from_source(), catalog
    if name == "train":
        _show_train(as_json)
        return
    if kind_of(name) in KINDS:
        _show_kind(catalog, kind_of(name), as_json)
        return
    entries = catalog.find(name)
    if (env or preset) and name not in catalog.names("algorithm"):
        raise OptionError(f"`{name}` is not an algorithm: `--env` and `--preset` choose its settings")
    if as_toml:
        _print_toml(catalog, name, env, preset)
        return
    engines = {"engine": _engine(building, name, env, preset)} if engine else {}
    if as_json:
        records = [_record(catalog, entry, env, preset) for entry in entries]
        print_json([record | engines if record["kind"] == "algorithm" else record for record in records])
        return
    for entry in entries:
        click.echo(f"\n{entry.kind} {entry.name} ({entry.plugin} {entry.version})\n")
        if entry.kind == "algorithm":
            _print_algorithm(entry, compose(catalog, name, environment=env, preset=preset), only_changed)
            _print_presets(catalog, name, env)
        elif entry.kind == "preset":
            _print_preset(entry)
        else:
            _print_component(entry)
    if engine:
        print_table("", ("work", "engine"), engines["engine"].items())


def _show_train(as_json: bool) -> None:
    if as_json:
        print_json([{"kind": "train", "name": "train", "options": [asdict(row) for row in describe(Train)]}])
        return
    click.echo(f"\ntrain\n\n{inspect.getdoc(Train)}\n\nSettings of every run, such as `--set train.n_step=3`.")
    _print_options(Train)


def _show_kind(catalog: Catalog, kind: str, as_json: bool) -> None:
    entries = [catalog.get(kind, name) for name in catalog.names(kind)]
    if as_json:
        print_json([_record(catalog, entry, None, None) for entry in entries])
        return
    described = kind not in ("algorithm", "preset", "command")
    options = {entry.name: ", ".join(field_names(entry.component)) if described else "" for entry in entries}
    print_table(kind, ("name", "summary", "options"), [(it.name, it.summary, options[it.name]) for it in entries])
    click.echo("`rlzoo show NAME` describes one of them.")


def _print_toml(catalog: Catalog, name: str, env: str | None, preset: str | None) -> None:
    """Print a configuration file. Raises OptionError for anything but an algorithm."""
    if name not in catalog.names("algorithm"):
        raise OptionError(f"`{name}` is not an algorithm: `--toml` writes the configuration of a run")
    click.echo(write_toml(compose(catalog, name, environment=env, preset=preset)), nl=False)


def _engine(catalog: Catalog, name: str, env: str | None, preset: str | None) -> Mapping[str, str]:
    """How a run would compute. Raises OptionError for anything but an algorithm."""
    if name not in catalog.names("algorithm"):
        raise OptionError(f"`{name}` is not an algorithm: `--engine` shows how all parts of one compute together")
    from rlzoo.training.groups import engine_of

    return engine_of(compose(catalog, name, environment=env, preset=preset))


def _record(catalog: Catalog, entry: Entry, env: str | None, preset: str | None) -> dict[str, Any]:
    record = {"kind": entry.kind, "name": entry.name, "summary": entry.summary}
    record |= {"plugin": entry.plugin, "version": entry.version, "reference": entry.reference}
    if entry.kind == "preset":
        return record | asdict(entry.component)
    if entry.kind == "algorithm":
        composition = compose(catalog, entry.name, environment=env, preset=preset)
        return record | composition.to_dict() | {"references": dict(_references(composition))}
    options = [asdict(row) for row in describe(entry.component)]
    return record | {"description": _docstring(entry), "options": options}


def _print_algorithm(entry: Entry, composition: Composition, only_changed: bool) -> None:
    algorithm = entry.component
    click.echo(algorithm.summary)
    if algorithm.like:
        differs = {**algorithm.components, **algorithm.settings}
        click.echo(f"{algorithm.like} with " + (", ".join(_assignments(differs.items())) or "no change"))
    _print_reference(entry)
    print_table("", ("slot", "component", "from"), _slots(composition))
    print_table("", ("setting", "value", "default", "meaning"), _settings(composition, only_changed))
    print_table("", ("component", "published in"), _references(composition))


def _print_presets(catalog: Catalog, algorithm: str, env: str | None) -> None:
    """Print the presets of an algorithm, all or those for an environment."""
    start = f"{algorithm}/{env}/" if env else f"{algorithm}/"
    names = [name for name in catalog.names("preset") if name.startswith(start)]
    rows = [(name, entry.summary, entry.component.results) for name in names for entry in [catalog.get("preset", name)]]
    if rows:
        print_table("", ("preset", "summary", "results"), rows)


def _print_preset(entry: Entry) -> None:
    algorithm, environment, name = split_preset(entry.name)
    preset = entry.component
    click.echo(preset.summary)
    _print_reference(entry)
    if preset.results:
        click.echo(f"\nResults: {preset.results}")
    changes = {**preset.components, **preset.settings}
    print_table("", ("setting", "value"), [(setting, as_text(value)) for setting, value in changes.items()])
    click.echo(f"Next: `rlzoo run {algorithm} --env {environment} --preset {name}`")


def _slots(composition: Composition) -> Iterator[tuple[str, str, str]]:
    for slot, chosen in composition.components.items():
        yield slot, chosen.name, f"{chosen.plugin} {chosen.version}"


def _settings(composition: Composition, only_changed: bool) -> Iterator[tuple[str, str, str, str]]:
    """A row for each setting; the default is given where the value differs from it."""
    sections = {"train": composition.train, **{slot: chosen.options for slot, chosen in composition.components.items()}}
    for section, options in sections.items():
        differs = dict(changed(options))
        for row in describe(type(options)):
            if row.name in differs or not only_changed:
                default = row.default if row.name in differs else ""
                meaning = f"{row.description} ({row.type})"
                yield f"{section}.{row.name}", as_text(getattr(options, row.name)), default, meaning


def _references(composition: Composition) -> Iterator[tuple[str, str]]:
    for chosen in composition.components.values():
        if chosen.options.reference:
            yield f"{chosen.slot}={chosen.name}", chosen.options.reference


def _print_reference(entry: Entry) -> None:
    if entry.reference:
        click.echo(f"\nReference: {entry.reference}")


def _assignments(options: Any) -> list[str]:
    return [f"{name}={as_text(value)}" for name, value in options]


def _print_component(entry: Entry) -> None:
    click.echo(_docstring(entry))
    _print_reference(entry)
    click.echo(f"\nSource: {entry.component.__module__}.{entry.component.__qualname__}")
    _print_options(entry.component)


def _print_options(cls: type) -> None:
    rows = [(row.name, row.type, row.default, row.description) for row in describe(cls)]
    if rows:
        print_table("", ("option", "type", "default", "description"), rows)
    else:
        click.echo("\nNo options.")


def _docstring(entry: Entry) -> str:
    return inspect.getdoc(entry.component) or ""
