"""What MkDocs calls while it builds the site (`hooks` in mkdocs.yml)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from rlzoo.registry.catalog import open_catalog
from website.commands import commands_page
from website.findings import read_findings
from website.gallery import Gallery
from website.links import outside, with_site_links
from website.measured import read_curves, read_returns
from website.notebooks import NOTEBOOKS, notebook_page
from website.reference import public_modules, reference_pages
from website.settings import settings_page

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
GUIDE = DOCS / "plugins.md"
MOVED = outside(ROOT)


@cache
def gallery() -> Gallery:
    """Return the gallery of what is installed."""
    return Gallery(
        open_catalog(),
        read_returns(DOCS / "family.md"),
        read_curves(DOCS / "family.csv"),
        read_findings(DOCS / "studies"),
    )


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Fill the parts of the navigation whose pages are made."""
    made: dict[str, list[Any]] = {
        "Gallery": list(gallery().navigation()),
        "From docstrings": [{_short(module): f"reference/{module}.md"} for module in public_modules(GUIDE)],
        "Packages": [uri for path, uri in MOVED.items() if path.startswith("plugins/")],
    }
    _fill(config.nav or [], made)
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made."""
    for uri, content in made_pages():
        files.append(File.generated(config, uri, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Return a page with its links as on the site."""
    return with_site_links(markdown, page.file.src_uri, MOVED)


def made_pages() -> Iterator[tuple[str, str | bytes]]:
    """Yield the address and the content of each file that is not in docs/."""
    catalog = gallery().catalog
    yield from gallery().pages()
    yield from reference_pages(GUIDE)
    yield "reference/settings.md", settings_page(catalog)
    yield "reference/commands.md", commands_page(catalog)
    for path, uri in MOVED.items():
        if path != "README.md":
            yield uri, (ROOT / path).read_text()
    for notebook in sorted(NOTEBOOKS.glob("*.ipynb")):
        text, images = notebook_page(notebook)
        yield f"notebooks/{notebook.stem}.md", text
        yield from ((f"notebooks/{name}", image) for name, image in images.items())


def _short(module: str) -> str:
    """Return the last two parts of a module's name, which fit beside a page."""
    return ".".join(module.split(".")[-2:])


def _fill(entries: list[Any], made: dict[str, list[Any]]) -> None:
    """Replace the contents of the sections named in `made`, at any depth."""
    for entry in entries:
        for title, content in entry.items() if isinstance(entry, dict) else ():
            if title in made:
                entry[title] = made[title]
            elif isinstance(content, list):
                _fill(content, made)
