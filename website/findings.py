"""What the published studies found, from their reports in docs/studies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from website.markdown import page

CONCLUSION = re.compile(r"^- \*\*(?:no significant )?difference\.\*\* (?P<text>.+)$", re.MULTILINE)
COMPARED = re.compile(r"^“?(?P<cell>[^:”]+)”?: .* (?:with|from) “?(?P<base>[^ ”]+)”? .*?\(")
OVER_ALL = "All environments"


@dataclass(frozen=True)
class Finding:
    """A conclusion about two cells in an environment. A cell is called `target=none`, or as an algorithm."""

    study: str
    environment: str
    cells: tuple[str, str]
    text: str


def read_findings(studies: Path) -> list[Finding]:
    """Return the comparisons of final returns in each environment, of all studies in a folder."""
    return [finding for report in sorted(studies.glob("*/report.md")) for finding in _findings(report)]


def _findings(report: Path) -> Iterator[Finding]:
    conclusions = report.read_text().partition("\n## Conclusions\n")[2].partition("\n## ")[0]
    for section in conclusions.split("\n### ")[1:]:
        environment, _, lines = section.partition("\n")
        for match in CONCLUSION.finditer(lines) if environment != OVER_ALL else ():
            compared = COMPARED.match(match["text"])
            assert compared is not None, f"not a comparison of two cells: {match['text']}"
            yield Finding(report.parent.name, environment, (compared["cell"], compared["base"]), match["text"])


def findings_of(cell: str, findings: list[Finding]) -> str:
    """Return a section with the findings about a cell, or "" if there are none."""
    lines = [
        f"- {it.environment} ([{it.study}](../../studies/{it.study}/report.md)): {it.text}"
        for it in findings
        if cell in it.cells
    ]
    return page("## In studies", "\n".join(lines)) if lines else ""
