"""The reference of settings, made from the classes that declare them."""

from __future__ import annotations

from rlzoo.contracts import Train
from rlzoo.registry.catalog import Catalog
from rlzoo.registry.options import describe
from website.gallery import PARTS, TITLES
from website.markdown import code, page, table

HEAD = ("setting", "type", "default", "meaning")


def settings_page(catalog: Catalog) -> str:
    """Return the page with every setting: those of training, then those of each component."""
    return page(
        "# Settings",
        "Every setting of everything that was installed when this site was built. Set one with "
        '`--set SECTION.FIELD=VALUE`, or `set={"SECTION.FIELD": VALUE}` in Python. An algorithm may choose other '
        "values than the defaults below: `rlzoo show ALGORITHM` lists its values. A setting that would have no effect "
        "is an error.",
        "## Training",
        table(HEAD, _rows("train", Train)),
        *(text for kind in PARTS for text in _section(catalog, kind)),
    )


def _section(catalog: Catalog, kind: str) -> list[str]:
    parts = [f"## {TITLES[kind]}"]
    for name in catalog.names(kind):
        entry = catalog.get(kind, name)
        rows = _rows(name if kind in ("observer", "executor") else kind, entry.component)
        parts += [f"### [{name}](../gallery/{kind}/{name}.md) {{ #{kind}-{name} }}", entry.summary]
        parts.append(table(HEAD, rows) or "No settings.")
    return parts


def _rows(section: str, options: type) -> list[tuple[str, str, str, str]]:
    return [(code(f"{section}.{row.name}"), row.type, code(row.default), row.description) for row in describe(options)]
