"""Every rule on everything a plugin registers, as findings."""

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
from rlzoo.testing.verdict import Broken, Untried

Verdict = Literal["passed", "failed", "skipped"]
Trial = tuple[Case, Rule]


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


def planned(cases: Sequence[Case], only: Collection[str] = ()) -> list[Trial]:
    """Each case with every rule for its kind, or with those of them that are called `only`.

    Raises `UnknownName` for a rule that does not exist.
    """
    names = [rule.name for rule in RULES]
    for name in only:
        if name not in names:
            raise UnknownName(f"there is no rule `{name}`.{nearest(name, names)} Rules: {', '.join(names)}")
    return [
        (case, rule) for case in cases for rule in RULES if case.slot in rule.checks and (not only or rule.name in only)
    ]


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
    except (Exception, SystemExit) as error:
        verdict, said = "failed", f"{type(error).__name__}: {error}{_place(error)}"
    look, guide = (rule.look, rule.guide) if verdict == "failed" else ("", "")
    return Finding(case.slot, case.name, case.parts, rule.name, rule.promise, verdict, said, look, guide)


def _place(error: BaseException) -> str:
    """The last line of the traceback that is the plugin's own."""
    ours = str(Path(rlzoo.__file__).parent)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(ours)]
    own = [frame for frame in frames if not {"torch", "numpy", "gymnasium"} & {*Path(frame.filename).parts}]
    return f" (in {own[-1].name}, {own[-1].filename}:{own[-1].lineno})" if own else ""
