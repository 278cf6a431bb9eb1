"""Running the rules on the cases of a plugin, as findings."""

from __future__ import annotations

import traceback
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import rlzoo
from rlzoo.contracts.errors import UnknownName, nearest
from rlzoo.testing.case import Case
from rlzoo.testing.rules import RULES, Rule
from rlzoo.testing.verdict import RuleBroken, RuleSkipped

Verdict = Literal["passed", "failed", "skipped"]
Trial = tuple[Case, Rule]


@dataclass(frozen=True)
class Finding:
    """The result of one rule on one case."""

    kind: str
    name: str
    settings: str
    """The settings and other components of the case."""
    rule: str
    summary: str
    verdict: Verdict
    message: str = ""
    """What failed, or why the rule was skipped."""
    hint: str = ""
    """The likely cause of a failure."""
    guide: str = ""


def planned(cases: Sequence[Case], only: Collection[str] = ()) -> list[Trial]:
    """Each case with every rule for its kind, or only the rules named in `only`.

    Raises `UnknownName` for an unknown rule.
    """
    names = [rule.name for rule in RULES]
    for name in only:
        if name not in names:
            raise UnknownName(f"unknown rule `{name}`.{nearest(name, names)} Rules: {', '.join(names)}")
    return [
        (case, rule) for case in cases for rule in RULES if case.slot in rule.checks and (not only or rule.name in only)
    ]


def judge(rule: Rule, case: Case) -> Finding:
    """Check one rule. Any other exception of the component is a failure too, reported with its location."""
    verdict: Verdict = "passed"
    message = ""
    try:
        rule.checks[case.slot](case)
    except RuleBroken as error:
        verdict, message = "failed", str(error)
    except RuleSkipped as error:
        verdict, message = "skipped", str(error)
    except (Exception, SystemExit) as error:
        verdict, message = "failed", f"{type(error).__name__}: {error}{_place(error)}"
    hint, guide = (rule.hint, rule.guide) if verdict == "failed" else ("", "")
    return Finding(case.slot, case.name, case.parts, rule.name, rule.summary, verdict, message, hint, guide)


def _place(error: BaseException) -> str:
    """The last line of the traceback inside the plugin."""
    package = str(Path(rlzoo.__file__).parent)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(package)]
    inside = [frame for frame in frames if not {"torch", "numpy", "gymnasium"} & {*Path(frame.filename).parts}]
    return f" (in {inside[-1].name}, {inside[-1].filename}:{inside[-1].lineno})" if inside else ""
