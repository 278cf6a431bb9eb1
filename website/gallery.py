"""The gallery: a page for every algorithm and every component that is installed, plugins included."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from rlzoo.contracts import Composition
from rlzoo.registry.catalog import SLOTS, Catalog, Entry
from rlzoo.registry.composition import compose
from rlzoo.registry.options import as_text, describe, field_names
from website.chart import draw_curves, draw_returns
from website.diagram import draw
from website.findings import Finding, findings_of
from website.markdown import block, cited, code, folded, page, table
from website.measured import Curves, Measured

PARTS = (*SLOTS, "environment", "observer", "executor")
"""The kinds of components, in the order of the gallery."""

TITLES = {
    "buffer": "Replay buffers",
    "network": "Networks",
    "exploration": "Exploration policies",
    "target": "Target updaters",
    "objective": "Objectives",
    "optimizer": "Optimizers",
    "intervention": "Interventions",
    "environment": "Environments",
    "observer": "Observers",
    "executor": "Executors",
}
BASE = "dqn"
"""The algorithm with which measured returns are compared."""


@dataclass(frozen=True)
class Gallery:
    """What the pages are made of."""

    catalog: Catalog
    returns: list[Measured]
    curves: Curves
    findings: list[Finding]

    def pages(self) -> Iterator[tuple[str, str]]:
        """Yield the address and the Markdown of each page."""
        compositions = {name: compose(self.catalog, name) for name in self.catalog.names("algorithm")}
        yield "gallery/index.md", self._index(list(compositions))
        for name, composition in compositions.items():
            yield f"gallery/algorithm/{name}.md", self._algorithm(name, composition)
        for kind in PARTS:
            for name in self.catalog.names(kind):
                used = [it for it in compositions if _uses(compositions[it], kind, name)]
                yield f"gallery/{kind}/{name}.md", self._component(self.catalog.get(kind, name), used)

    def navigation(self) -> list[str | dict[str, list[str]]]:
        """Return the entries of the gallery in the navigation."""
        groups = {"Algorithms": "algorithm", **{TITLES[kind]: kind for kind in PARTS}}
        return [
            "gallery/index.md",
            *({title: self._addresses(kind)} for title, kind in groups.items() if self._addresses(kind)),
        ]

    def _addresses(self, kind: str) -> list[str]:
        return [f"gallery/{kind}/{name}.md" for name in self.catalog.names(kind)]

    def _index(self, names: list[str]) -> str:
        entries = [self.catalog.get("algorithm", name) for name in names]
        parts = [text for kind in PARTS for text in (f"## {TITLES[kind]}", self._overview(kind))]
        return page(
            "# Gallery",
            "Every algorithm and component that was installed when this site was built. The pages are made from the "
            "code and from what was measured: what it is, the paper, the parts, how it differs from its parent, and "
            "the command. `rlzoo list` and `rlzoo show NAME` say the same of your installation.",
            "## Algorithms",
            *(self._cards(package, entries) for package in sorted({it.plugin for it in entries})),
            *parts,
        )

    def _cards(self, package: str, entries: list[Entry]) -> str:
        ours = [entry for entry in entries if entry.plugin == package]
        return page(
            f"### {_package(ours[0], '../')}",
            '<div class="grid cards gallery" markdown>',
            "\n".join(self._card(entry) for entry in ours),
            "</div>",
        )

    def _card(self, entry: Entry) -> str:
        measured = next((it for it in self.returns if it.algorithm == entry.name), None)
        like = entry.component.like
        lines = [f"-   **[{entry.name}](algorithm/{entry.name}.md)**", "", f"    {entry.summary}", ""]
        if like:
            lines += [f"    <small>{code(like)} with {_changes(entry)}</small>", ""]
        if measured:
            lines += [f"    <small>{measured.environment}: {_interval(measured)}</small>", ""]
        return "\n".join(lines)

    def _overview(self, kind: str) -> str:
        rows = [
            (f"[`{entry.name}`]({kind}/{entry.name}.md)", entry.summary, _package(entry, "../"))
            for entry in (self.catalog.get(kind, name) for name in self.catalog.names(kind))
        ]
        return table(("name", "what it is", "package"), rows)

    def _algorithm(self, name: str, composition: Composition) -> str:
        entry = self.catalog.get("algorithm", name)
        like = entry.component.like
        parent = compose(self.catalog, like) if like else None
        return page(
            f"# {name}",
            f"{entry.summary}.",
            _origin(entry),
            block("sh", f"rlzoo run {name}" + (f" --env {composition['environment'].id}" if parent is None else "")),
            "## Composition",
            _diagram(name, composition, parent),
            _difference(name, composition, parent),
            self._measurements(name),
            findings_of(name, self.findings),
            self._presets(name),
            "## Settings",
            folded(f"All settings of {name}", table(("setting", "value", "meaning"), _settings(composition))),
        )

    def _measurements(self, name: str) -> str:
        rows = [row for row in self.returns if row.algorithm == name]
        if not rows:
            return page("## Measured", "Not part of the [algorithm benchmark](../../family.md).")
        return page(
            "## Measured",
            "Returns of the last 100 training episodes, exploration included, after 500,000 steps: ten seeds, their "
            "inter-quartile mean and its 95% confidence interval. Nothing was tuned: read "
            "[what this does not say](../../family.md#limitations).",
            *(self._measurement(row) for row in rows),
        )

    def _measurement(self, row: Measured) -> str:
        base = next(it for it in self.returns if it.algorithm == BASE and it.environment == row.environment)
        shown = [row] if row.algorithm == BASE else [row, base]
        curves = {it.algorithm: self.curves.get((it.algorithm, it.environment), []) for it in shown}
        names = " and ".join(curves)
        against = f", {_typeset(row.difference)} against `{BASE}` with the same seeds" if row.difference else ""
        return page(
            f"### {row.environment}",
            f"Return {_interval(row)}{against}.",
            draw_curves(curves, f"Learning curves of {names} in {row.environment}") if all(curves.values()) else "",
            draw_returns(shown, f"Returns of {names} in {row.environment}: seeds, inter-quartile mean, 95% interval"),
        )

    def _presets(self, name: str) -> str:
        entries = [self.catalog.get("preset", it) for it in self.catalog.names("preset") if it.startswith(f"{name}/")]
        rows = [(code(it.name), it.summary, it.component.results, cited(it.reference)) for it in entries]
        return page("## Presets", table(("preset", "what it is", "measured", "from"), rows)) if rows else ""

    def _component(self, entry: Entry, used: list[str]) -> str:
        rows = [
            (code(f"{entry.kind}.{row.name}"), row.type, code(row.default), row.description)
            for row in describe(entry.component)
        ]
        links = ", ".join(f"[{name}](../algorithm/{name}.md)" for name in used)
        return page(
            f"# {entry.name}",
            f"*{TITLES[entry.kind]}*",
            inspect.getdoc(entry.component) or "",
            _origin(entry),
            _command(entry),
            "## Settings",
            table(("setting", "type", "default", "meaning"), rows) or "None.",
            findings_of(f"{entry.kind}={entry.name}", self.findings),
            f"## Used by\n\n{links}" if links else "",
            "## Source",
            _source(entry),
        )


def _uses(composition: Composition, kind: str, name: str) -> bool:
    return kind in composition.components and composition.components[kind].name == name


def _changes(entry: Entry) -> str:
    changes = {**entry.component.components, **entry.component.settings}
    return ", ".join(code(f"{name}={as_text(value)}") for name, value in changes.items()) or "no change"


def _interval(row: Measured) -> str:
    return _typeset(f"{row.value:.0f} (95% CI {row.low:.0f} to {row.high:.0f})")


def _typeset(numbers: str) -> str:
    return numbers.replace("-", "−")


def _package(entry: Entry, up: str) -> str:
    return "rlzoo" if entry.plugin == "rlzoo" else f"[{entry.plugin}]({up}packages/{entry.plugin}.md)"


def _origin(entry: Entry) -> str:
    published = f"Published in {cited(entry.reference)}." if entry.reference else ""
    return page(published, f"Package: {_package(entry, '../../')} {entry.version}")


def _command(entry: Entry) -> str:
    if entry.kind == "environment":
        return ""
    option = {"observer": "--observer", "executor": "--executor"}.get(entry.kind, f"--{entry.kind}")
    return block("sh", f"rlzoo {'ablate' if entry.kind == 'executor' else 'run'} dqn {option} {entry.name}")


def _diagram(name: str, composition: Composition, parent: Composition | None) -> str:
    components = {slot: chosen.name for slot, chosen in composition.components.items()}
    components["environment"] = composition["environment"].id
    slots = {slot for slot in SLOTS if parent and _part(composition, slot) != _part(parent, slot)}
    links = {slot: f"../{slot}/{composition.components[slot].name}.html" for slot in composition.components}
    caption = f"Framed: the parts that differ from those of `{parent.algorithm}`." if parent and slots else ""
    return page(draw(components, links, slots, f"The parts of {name}: " + ", ".join(components.values())), caption)


def _part(composition: Composition, slot: str) -> tuple[str, object]:
    return composition.components[slot].name, composition[slot]


def _difference(name: str, composition: Composition, parent: Composition | None) -> str:
    if parent is None:
        return ""
    mine, theirs = _flat(composition), _flat(parent)
    rows = [
        (code(key), code(theirs.get(key, "")) or "–", code(mine[key])) for key in mine if mine[key] != theirs.get(key)
    ]
    like = parent.algorithm
    return page(
        f"## Difference from {like}",
        table(("", f"[{like}]({like}.md)", name), rows) or f"None: {name} is {like} by another name.",
    )


def _flat(composition: Composition) -> dict[str, str]:
    """Every choice and setting as text."""
    flat = {slot: chosen.name for slot, chosen in composition.components.items() if slot != "environment"}
    flat["environment"] = composition["environment"].id
    sections = {"train": composition.train, **{slot: composition[slot] for slot in composition.components}}
    for section, options in sections.items():
        flat |= {f"{section}.{field}": as_text(getattr(options, field)) for field in field_names(type(options))}
    flat.pop("environment.id")
    return flat


def _settings(composition: Composition) -> Iterator[tuple[str, str, str]]:
    sections = {"train": composition.train, **{slot: composition[slot] for slot in composition.components}}
    for section, options in sections.items():
        for row in describe(type(options)):
            yield code(f"{section}.{row.name}"), code(as_text(getattr(options, row.name))), row.description


def _source(entry: Entry) -> str:
    """Return the module of a component."""
    spec = find_spec(entry.component.__module__)
    assert spec is not None
    assert spec.origin is not None
    return folded(spec.name, block("python", Path(spec.origin).read_text()))
