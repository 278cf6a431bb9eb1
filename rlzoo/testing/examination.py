"""Every rule on everything a plugin registers, as findings."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import rlzoo
from rlzoo.catalog import open_catalog
from rlzoo.errors import UnknownName, listed, nearest
from rlzoo.testing.case import Case
from rlzoo.testing.cases import cases_of
from rlzoo.testing.rules import RULES, Rule
from rlzoo.testing.verdict import Broken, Untried

Verdict = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True)
class Finding:
    """What became of one rule on one thing."""

    kind: str
    name: str
    tried_with: str
    """Settings and components beside, where they matter."""
    rule: str
    promise: str
    verdict: Verdict
    said: str = ""
    """What failed, or why the rule could not be tried."""
    look: str = ""
    """The likely mistake, of a rule that failed."""
    guide: str = ""


def examine(cases: Sequence[Case]) -> Iterator[Finding | tuple[Case, Rule]]:
    """Try every rule on every case. Each rule is announced, as (case, rule), before its finding comes.

    What cannot be imported is not tried any further.
    """
    for case in cases:
        for rule in rules_for(case):
            yield case, rule
            finding = judge(rule, case)
            yield finding
            if rule.name == "found" and finding.verdict == "failed":
                break


def rules_for(case: Case) -> list[Rule]:
    """The rules for this kind of thing."""
    return [rule for rule in RULES if case.slot in rule.checks]


def rules_of(plugin: str) -> list[tuple[Rule, Case]]:
    """All that `rlzoo check-plugin` tries on an installed plugin, for its own tests: `rule(case)` raises `Broken`.

    Raises UnknownName where no such plugin is loaded.
    """
    catalog = open_catalog()
    loaded = catalog.plugins.offers
    if plugin not in loaded:
        raise UnknownName(f"no plugin `{plugin}` is loaded.{nearest(plugin, loaded)} Loaded: {listed(loaded)}")
    return [(rule, case) for case in cases_of(catalog, plugin) for rule in rules_for(case)]


def judge(rule: Rule, case: Case) -> Finding:
    """Try one rule; whatever else the component raises is a failure too, and said with its place."""
    verdict: Verdict = "passed"
    said = ""
    try:
        rule.checks[case.slot](case)
    except Broken as error:
        verdict, said = "failed", str(error)
    except Untried as error:
        verdict, said = "skipped", str(error)
    except Exception as error:
        verdict, said = "failed", f"{type(error).__name__}: {error}{_place(error)}"
    look, guide = (rule.look, rule.guide) if verdict == "failed" else ("", "")
    return Finding(case.slot, case.name, case.parts, rule.name, rule.promise, verdict, said, look, guide)


def _place(error: Exception) -> str:
    """The last line of the traceback that is the plugin's own."""
    ours = str(Path(rlzoo.__file__).parent)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(ours)]
    own = [frame for frame in frames if not {"torch", "numpy", "gymnasium"} & {*Path(frame.filename).parts}]
    return f" (in {own[-1].name}, {own[-1].filename}:{own[-1].lineno})" if own else ""
