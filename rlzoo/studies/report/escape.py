"""Escapes untrusted text for Markdown and spreadsheets. HTML is escaped by Jinja."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from markupsafe import Markup, escape

from rlzoo.studies.analysis.tables import Analysis

UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
"""Control characters, marks that change the direction of text, and code points invalid in UTF-8 or XML."""
MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~!&$@]|(?<=http):|(?<=https):|(?<=www)\.)")
CODE = re.compile("`([^`]+)`")
FORMULA = re.compile(r"[=+\-@\t]")


def printable(analysis: Analysis) -> Analysis:
    """The same analysis with every unprintable character replaced by `�`."""
    return msgspec.convert(_printable(msgspec.to_builtins(analysis, enc_hook=_plain)), Analysis)


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        return UNPRINTABLE.sub("�", value.replace("\r\n", "\n"))
    if isinstance(value, list):
        return [_printable(item) for item in value]
    if isinstance(value, dict):
        return {_printable(key): _printable(item) for key, item in value.items()}
    return value


def _plain(number: Any) -> Any:
    """Convert NumPy numbers."""
    return number.item()


def code(text: str) -> Markup:
    """HTML in which text between backticks is code."""
    return Markup(CODE.sub(r"<code>\1</code>", str(escape(text))))


def markdown(text: str) -> Markup:
    """One line of text with everything escaped that has a meaning in Markdown, its tables or HTML."""
    return Markup(MARKDOWN.sub(r"\\\1", " ".join(text.split())))


def fenced(text: str) -> Markup:
    """A code block whose fence is longer than any in the text."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return Markup(f"{fence}text\n{text}\n{fence}")


def spreadsheet(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would run as a formula. Numbers are unchanged."""
    return f"'{text}" if FORMULA.match(text) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
