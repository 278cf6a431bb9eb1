"""Explanations as plain text, for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from rlzoo.explaining.content import Section, Table, brief, filled, plain_formula, said_numbers, sections
from rlzoo.explaining.walk import Said, Walk
from rlzoo.studies.numbers import number

WIDTH = 100


def plain(walks: Sequence[Walk]) -> str:
    """One explanation after the other."""
    return "\n\n".join("\n".join(_lines(walk)) for walk in walks)


def _lines(walk: Walk) -> Iterator[str]:
    title = f"{walk.title} on {walk.environment}, seed {walk.seed}"
    yield title
    yield "=" * len(title)
    for note in walk.notes:
        yield from _wrapped(note)
    for place, section in enumerate(sections(walk), 1):
        yield ""
        yield f"{place}. {section.title}"
        yield from _section(walk, section)


def _section(walk: Walk, section: Section) -> Iterator[str]:
    for sentence in section.sentences:
        yield from _wrapped(sentence)
    if section.words is not None and section.key != "observe":
        yield from _words(section.words)
    if section.key == "target" and walk.learned is not None and walk.learned.formula:
        yield from _wrapped(f"Formula: {plain_formula(walk.learned.formula)}")
        yield from _wrapped(f"First transition: {filled(walk.learned.formula, walk.learned.samples, 0)}")
    for table in section.tables:
        yield from _table(table)


def _words(said: Said) -> Iterator[str]:
    yield from _wrapped(f"{said.slot} {said.name}: {said.sentence or said.summary}")
    numbers = [f"{name} {brief(value)}" for name, value in said_numbers(said)]
    if numbers:
        yield from _wrapped(", ".join(numbers))


def _wrapped(text: str) -> Iterator[str]:
    yield from textwrap.wrap(text, WIDTH, initial_indent="   ", subsequent_indent="   ", break_on_hyphens=False)


def _table(table: Table) -> Iterator[str]:
    rows = [list(table.columns), *([shown(value) for value in row] for row in table.rows)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(table.columns))]
    for row in rows:
        others = (text.rjust(width) for text, width in zip(row[1:], widths[1:], strict=True))
        yield f"   {row[0]:<{widths[0]}}  {'  '.join(others)}".rstrip()


def shown(value: object) -> str:
    """A value of a table as text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return number(value) if isinstance(value, float) else str(value)
