"""Links between the documents of the repository, as they are on the site.

In the repository, documents link to each other by path, also to those outside docs/. On the site, those have another
place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from os.path import relpath
from pathlib import Path, PurePosixPath

LINK = re.compile(r"(?<=\]\()(?!\w+:|#)([^)\s#]+)(?=[)#])")
ROW = re.compile(r"^\|.*$", re.MULTILINE)
CODE = re.compile(r"`[^`]+`")
FENCE = re.compile(r"^(```+\w+) (?:file|excerpt)=(\S+)$", re.MULTILINE)


def outside(root: Path) -> dict[str, str]:
    """Return the documents outside docs/: path in the repository to page on the site."""
    packages = sorted(path.parent.name for path in root.glob("plugins/*/README.md"))
    readmes = {f"plugins/{package}/README.md": f"packages/{package}.md" for package in packages}
    return {"README.md": "index.md", "CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md", **readmes}


def with_site_links(text: str, page: str, moved: Mapping[str, str]) -> str:
    """Return a document as on the site: its links, and what Python-Markdown writes in another way than GitHub.

    That is the name of a code block's file, and a bar within code in a table.

    Args:
        text: the document.
        page: where it is on the site.
        moved: what `outside` returns.
    """
    origin = next((path for path, uri in moved.items() if uri == page and uri != "index.md"), f"docs/{page}")
    text = FENCE.sub(r'\1 title="\2"', text)
    text = ROW.sub(lambda row: CODE.sub(lambda code: code[0].replace("\\|", "|"), row[0]), text)
    return LINK.sub(lambda match: _link(match[1], origin, page, moved), text)


def _link(link: str, origin: str, page: str, moved: Mapping[str, str]) -> str:
    """Return a link from `page`, which is `origin` in the repository."""
    target = _normal(str(PurePosixPath(origin).parent / link))
    uri = moved.get(target) or (target.removeprefix("docs/") if target.startswith("docs/") else None)
    if uri is None:
        return link
    return relpath(uri.replace(".ipynb", ".md"), PurePosixPath(page).parent)


def _normal(path: str) -> str:
    return relpath(Path("/", path), "/")
