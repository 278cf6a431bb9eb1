"""What the shell offers for TAB. Nothing here imports torch or NumPy, so that the answer is instant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from glob import escape
from pathlib import Path

import click

from rlzoo.contracts import Train
from rlzoo.registry.catalog import KINDS, SLOTS, Catalog, open_catalog
from rlzoo.registry.composition import default_environment
from rlzoo.registry.options import field_names
from rlzoo.registry.presets.lookup import presets_of
from rlzoo.registry.setting_names import fields_of
from rlzoo.results.run_folder import MANIFEST

Complete = Callable[[click.Context, click.Parameter, str], list[str]]


def complete_names(*kinds: str) -> Complete:
    """Offer the registered names of these kinds."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
        names = {name for kind in kinds for name in _catalog(ctx).names(kind)}
        return _starting(incomplete, sorted(names))

    return complete


def complete_presets(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Offer the presets of the algorithm for the environment."""
    catalog, params = _catalog(ctx), _params(ctx)
    algorithm = str(params.get("algorithm") or "")
    if algorithm not in catalog.names("algorithm"):
        return []
    environment = str(params.get("env") or default_environment(catalog, algorithm))
    return _starting(incomplete, presets_of(catalog, algorithm, environment))


def complete_kinds(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Offer the slots and the other kinds of names."""
    return _starting(incomplete, KINDS)


def complete_settings(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Offer `SLOT.FIELD=` for the components that the command line and the algorithm choose."""
    return _starting(incomplete, sorted(set(_settings(_catalog(ctx), _params(ctx)))))


def complete_folders(*markers: str) -> Complete:
    """Offer folders that contain one of these files, up to two levels down, or else the folders to look into."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
        parent, _, start = incomplete.rpartition("/")
        below = Path(f"{parent}/" if parent or incomplete.startswith("/") else ".")
        folders = [path for depth in ("*", "*/*") for path in sorted(below.glob(escape(start) + depth))]
        marked = [str(path) for path in folders if any((path / marker).is_file() for marker in markers)]
        return marked or [f"{path}/" for path in folders if path.is_dir()]

    return complete


def complete_quantities(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Offer what can be drawn of episodes, and the columns of metrics.csv of the runs that are given."""
    runs = [*(ctx.params.get("runs") or ()), *ctx.args]
    known = ["return", "length", "evaluation"]
    for table in (Path(str(run), "metrics.csv") for run in runs):
        if table.is_file():
            with table.open() as lines:
                names = lines.readline().strip().split(",")
            known += [name for name in names if name not in ("seed", "step", "update")]
    return _starting(incomplete, dict.fromkeys(known))


def complete_subjects(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Offer algorithms, and the folders of runs once something is typed."""
    names = complete_names("algorithm")(ctx, param, incomplete)
    return names + (complete_folders(MANIFEST)(ctx, param, incomplete) if incomplete else [])


def _params(ctx: click.Context) -> dict[str, object]:
    """Return the parameters so far. While the last option lacks its value, click leaves arguments in `ctx.args`."""
    given = (*(ctx.params.get("subjects") or ()), *ctx.args)
    algorithm = ctx.params.get("algorithm") or ctx.params.get("name") or next(iter(given), None)
    return {**ctx.params, "algorithm": algorithm}


def _settings(catalog: Catalog, params: Mapping[str, object]) -> Iterator[str]:
    yield from (f"train.{name}=" for name in field_names(Train))
    chosen = _chosen(catalog, params)
    for kind in (*SLOTS, "environment", "observer"):
        for name in chosen[kind]:
            section = name if kind == "observer" else kind
            yield from (f"{section}.{option}=" for option in fields_of(catalog, kind, name) if option != "id")


def _chosen(catalog: Catalog, params: Mapping[str, object]) -> dict[str, Iterable[str]]:
    """Return the chosen components by kind; all of a slot where none is chosen."""
    components = _algorithm_components(catalog, str(params.get("algorithm") or "dqn"))
    family = str(params.get("env") or "").partition("/")[0]
    chosen: dict[str, Iterable[str]] = {}
    for slot in SLOTS:
        name = params.get(slot) or components.get(slot)
        chosen[slot] = [str(name)] if name else catalog.names(slot)
    chosen["environment"] = [family if family in catalog.names("environment") else "gymnasium"]
    observers = params.get("observers")
    chosen["observer"] = ["plot", "progress", *(map(str, observers) if isinstance(observers, tuple) else ())]
    return chosen


def _algorithm_components(catalog: Catalog, algorithm: str) -> dict[str, str]:
    components: dict[str, str] = {}
    name: str | None = algorithm
    while name in catalog.names("algorithm"):
        base = catalog.get("algorithm", str(name)).component
        components = {**base.components, **components}
        name = base.like
    return components


def _catalog(ctx: click.Context) -> Catalog:
    return (ctx.obj if isinstance(ctx.obj, Catalog) else open_catalog()).from_source()


def _starting(incomplete: str, choices: Iterable[str]) -> list[str]:
    return [choice for choice in choices if choice.startswith(incomplete)]
