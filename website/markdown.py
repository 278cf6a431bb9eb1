"""Pieces of Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

ARXIV = re.compile(r"arXiv (\d{4}\.\d{4,5})")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table, or "" without rows. Cells are Markdown; what ends a cell is escaped."""
    lines = ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]
    return "\n".join(("| " + " | ".join(head) + " |", "|---" * len(head) + "|", *lines, "")) if lines else ""


def code(text: str) -> str:
    """Return text as code, or "" for no text."""
    return f"`{text}`" if text else ""


def block(language: str, text: str) -> str:
    """Return a block of code."""
    return f"```{language}\n{text.rstrip()}\n```\n"


def folded(title: str, text: str) -> str:
    """Return text that is shown when its title is clicked."""
    body = "\n".join(f"    {line}".rstrip() for line in text.splitlines())
    return f'??? note "{title}"\n\n{body}\n'


def cited(reference: str) -> str:
    """Return a reference, with a link to arXiv where it names a number there."""
    return ARXIV.sub(r"[arXiv \1](https://arxiv.org/abs/\1)", reference)


def page(*parts: str) -> str:
    """Return the parts that are not empty, one below the other."""
    return "\n\n".join(part.strip("\n") for part in parts if part.strip()) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
