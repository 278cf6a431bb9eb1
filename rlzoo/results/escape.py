"""Escapes untrusted text for Markdown and YAML."""

from __future__ import annotations

import json
import re

from markupsafe import Markup

UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
"""Control characters, marks that change the direction of text, and code points invalid in UTF-8 or XML."""
MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~!&$@]|(?<=http):|(?<=https):|(?<=www)\.)")


def without_unprintable(text: str) -> str:
    """The text with `�` for every unprintable character."""
    return UNPRINTABLE.sub("�", text.replace("\r\n", "\n"))


def markdown(text: str) -> Markup:
    """One line of text with everything escaped that has a meaning in Markdown, its tables or HTML."""
    return Markup(MARKDOWN.sub(r"\\\1", " ".join(text.split())))


def fenced(text: str, language: str = "text") -> Markup:
    """A code block whose fence is longer than any in the text."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return Markup(f"{fence}{language}\n{text}\n{fence}")


def yaml(text: str) -> str:
    """A quoted scalar of YAML, which is quoted as in JSON."""
    return json.dumps(without_unprintable(text), ensure_ascii=False)
