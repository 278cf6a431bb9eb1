"""Text that a stranger may have chosen, made harmless for where it goes. HTML is escaped by Jinja."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from markupsafe import Markup, escape

from rlzoo.studies.analysis.tables import Analysis

UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
"""Control characters, what turns the direction of text, and what no file in UTF-8 or XML can hold."""
MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~!&$@]|(?<=http):|(?<=https):|(?<=www)\.)")
CODE = re.compile("`([^`]+)`")
FORMULA = re.compile(r"[=+\-@\t]")


def printable(analysis: Analysis) -> Analysis:
    """The same with `�` in place of every character that no reader could see."""
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
    """NumPy's numbers are welcome, too."""
    return number.item()


def code(text: str) -> Markup:
    """HTML in which what stands between backticks is code, as in all that rlzoo says."""
    return Markup(CODE.sub(r"<code>\1</code>", str(escape(text))))


def markdown(text: str) -> Markup:
    """On one line, with nothing that Markdown, a table in it or HTML would take for its own."""
    return Markup(MARKDOWN.sub(r"\\\1", " ".join(text.split())))


def fenced(text: str) -> Markup:
    """A block of code whose fence is longer than any in the text."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return Markup(f"{fence}text\n{text}\n{fence}")


def spreadsheet(text: str) -> str:
    """A spreadsheet runs what begins like a formula; an apostrophe before it says that it is text. Numbers stay."""
    return f"'{text}" if FORMULA.match(text) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
