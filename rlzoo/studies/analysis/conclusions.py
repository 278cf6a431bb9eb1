"""Conclusions: one for each contrast and each interaction, in words, with its statistics below."""

from __future__ import annotations

from collections.abc import Sequence

from rlzoo.results.statistics import FEWEST_SEEDS, Estimate
from rlzoo.studies.analysis.contrast_tests import ContrastResult, FamilyOfTests, InteractionResult
from rlzoo.studies.analysis.tables import Conclusion, RunScore, Verdict
from rlzoo.studies.numbers import count, half_width, number, p_equals, signed
from rlzoo.studies.statistics.sequential import ALPHA


def conclude(family: FamilyOfTests, runs: Sequence[RunScore], confidence: str) -> list[Conclusion]:
    """The conclusions about final return, grouped by environment.

    `confidence` is the level of every interval, such as `95%`.
    """
    scopes = dict.fromkeys(result.scope for result in family.contrasts)
    return [
        conclusion
        for scope in scopes
        for conclusion in (
            *(
                _contrast(result, family.tests, runs, confidence)
                for result in family.contrasts
                if result.scope == scope
            ),
            *(_interaction(result, family.tests) for result in family.interactions if result.scope == scope),
        )
    ]


def _contrast(result: ContrastResult, tests: int, runs: Sequence[RunScore], confidence: str) -> Conclusion:
    verdict, text = _finding(result, tests, confidence)
    details = (_test(result, tests), _averaging(result), _scaling(result), _losses(result, runs))
    return Conclusion(result.contrast.subject, result.scope, verdict, text, " ".join(filter(None, details)))


def _finding(result: ContrastResult, tests: int, confidence: str) -> tuple[Verdict, str]:
    level, base = result.contrast.level, result.contrast.base
    if result.difference is None:
        return "not compared", f"{level}: not compared with {base}, since no seed trained with both."
    if result.p_holm is None:
        needed = f"{count(result.pairs, 'seed')} trained with both; at least {FEWEST_SEEDS} are needed."
        return "too few seeds", f"{level}: too few seeds for a comparison with {base}. {needed}"
    if result.p_holm < ALPHA:
        return "difference", _difference(result, result.difference, confidence)
    return "no significant difference", _no_difference(result, result.difference, tests, confidence)


def _difference(result: ContrastResult, difference: Estimate, confidence: str) -> str:
    direction, size = ("higher", difference) if difference.value > 0 else ("lower", _negated(difference))
    amount = number(size.value, half_width(size))
    finding = f"{result.contrast.level}: {_measure(result)} {amount} {direction} than with {result.contrast.base}"
    return f"{finding} ({_uncertainty(result, size, confidence)})."


def _negated(estimate: Estimate) -> Estimate:
    if estimate.low is None or estimate.high is None:
        return Estimate(-estimate.value)
    return Estimate(-estimate.value, -estimate.high, -estimate.low)


def _no_difference(result: ContrastResult, difference: Estimate, tests: int, confidence: str) -> str:
    level, base = result.contrast.level, result.contrast.base
    uncorrected = result.p_value is not None and result.p_value < ALPHA
    correction = f" after correction for {count(tests, 'test')}" if uncorrected else ""
    amount = signed(difference.value, half_width(difference))
    text = (
        f"{level}: no significant difference in {_measure(result)} from {base}{correction} "
        f"({amount}, {_uncertainty(result, difference, confidence)})."
    )
    if result.detectable is None:
        return text
    detectable = number(result.detectable, half_width(difference))
    return f"{text} {count(result.pairs, 'seed')} give 80% power to detect a difference of {detectable}."


def _uncertainty(result: ContrastResult, difference: Estimate, confidence: str) -> str:
    if difference.low is None or difference.high is None:
        return f"the same with each of {count(result.pairs, 'seed')}"
    spread = half_width(difference)
    return f"{confidence} CI {number(difference.low, spread)} to {number(difference.high, spread)}"


def _measure(result: ContrastResult) -> str:
    return "normalized final return" if result.scope is None else "final return"


def _test(result: ContrastResult, tests: int) -> str:
    if result.p_value is None:
        return ""
    constant = result.difference is None or result.difference.low is None
    test = f"{'Sign' if constant else 'Paired t'} test over {count(result.pairs, 'seed')}: {p_equals(result.p_value)}"
    return f"{test}{_correction(result.p_holm, tests)}."


def _correction(p_holm: float | None, tests: int) -> str:
    return f"; Holm-corrected for {count(tests, 'test')}: {p_equals(p_holm)}" if tests > 1 else ""


def _averaging(result: ContrastResult) -> str:
    others = result.contrast.averaged_over
    return f"Averaged over {' and '.join(others)}." if others and len(result.contrast.pairs) > 1 else ""


def _scaling(result: ContrastResult) -> str:
    if result.scope is not None or result.difference is None:
        return ""
    return "Returns are normalized per environment: 0 is the study's worst run and 1 its best."


def _losses(result: ContrastResult, runs: Sequence[RunScore]) -> str:
    """How many runs with the level diverged or failed."""
    cells = {cell for cell, _ in result.contrast.pairs}
    with_level = [run for run in runs if run.cell in cells and result.scope in (None, run.environment)]
    diverged, failed = (sum(run.status == status for run in with_level) for status in ("diverged", "failed"))
    total = f"of {count(len(with_level), 'run')} with {result.contrast.level}"
    parts = []
    if diverged:
        parts.append(f"{diverged} {total} diverged, scored as the worst run.")
    if failed:
        parts.append(f"{failed} {total} failed and {'is' if failed == 1 else 'are'} left out.")
    return " ".join(parts)


def _interaction(result: InteractionResult, tests: int) -> Conclusion:
    first, second = result.factors
    statistics = f"F test of the interaction, Holm-corrected for {count(tests, 'test')}: {p_equals(result.p_holm)}."
    if result.p_holm < ALPHA:
        verdict: Verdict = "interaction"
        text = f"{first} and {second} interact: the effect of one depends on the other. Compare individual cells too."
    else:
        verdict, text = "no significant interaction", f"No significant interaction between {first} and {second}."
    return Conclusion(f"{first} × {second}", result.scope, verdict, text, statistics)
