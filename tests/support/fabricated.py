"""Fabricated analyses, always the same, for tests of reports."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from scipy import stats

from rlzoo.results.statistics import FEWEST_SEEDS, Estimate
from rlzoo.studies.analysis.tables import (
    Analysis,
    CellEstimate,
    Comparison,
    Conclusion,
    Curve,
    Effect,
    Failure,
    Measure,
    Profile,
    RunScore,
)
from rlzoo.studies.design.plan import Cell, Plan

FACTORS = {"target": ["hard", "soft", "none"], "buffer": ["uniform", "recent"]}
ENVIRONMENTS = ("CartPole-v1", "Acrobot-v1")
MEASURES = [
    Measure("final", "final return: mean of the last 100 training episodes", "return"),
    Measure("auc", "area under the learning curve: return averaged over all training steps", "return"),
    Measure("steps_to_threshold", "steps to threshold: when the mean return reaches it", "steps", False),
]
STEPS = 50_000
HOSTILE = "</script><img src=x onerror=alert(1)>|`$x_1$`*b*=2"
"""A name that breaks everything that does not escape it."""


def fabricate(
    factors: Mapping[str, list[str]] = FACTORS, environments: Sequence[str] = ENVIRONMENTS, seeds: int = 10
) -> Analysis:
    """A full factorial with one diverged run and one invalid cell."""
    cells = [_cell(levels) for levels in _combinations(factors)]
    impossible = msgspec.structs.replace(cells[-1], impossible="`recent` has no priorities to anneal")
    plan = Plan(
        name="which part matters",
        algorithm="dqn",
        design="full",
        factors=dict(factors),
        cells=[*cells[:-1], impossible],
        base=cells[0].name,
        environments=list(environments),
        seeds=list(range(seeds)),
        steps=STEPS,
        thresholds=dict.fromkeys(environments, 100.0),
        command="rlzoo ablate dqn " + " ".join(f"--vary {name}={','.join(item)}" for name, item in factors.items()),
    )
    return _answer(plan)


def hostile() -> Analysis:
    """A study in which all untrusted text is dangerous."""
    return _rename(fabricate({"target": ["hard", HOSTILE], "buffer": ["uniform", "=1+1"]}, ["CartPole-v1", HOSTILE]))


def _rename(analysis: Analysis) -> Analysis:
    dangerous = f"_{HOSTILE}\x00\x1b[31m\ud800"
    plan = msgspec.structs.replace(analysis.plan, name=dangerous, command=f"rlzoo ablate\n```\n{dangerous}")
    return msgspec.structs.replace(
        analysis,
        plan=plan,
        notes=[dangerous],
        versions={dangerous: dangerous},
        failures=[Failure(dangerous, dangerous, [0], "failed", f"Traceback:\n  {dangerous}\n```\n<b>")],
        conclusions=[Conclusion(dangerous, None, "difference", dangerous, dangerous)],
    )


def _combinations(factors: Mapping[str, list[str]]) -> list[dict[str, str]]:
    return [dict(zip(factors, levels, strict=True)) for levels in itertools.product(*factors.values())]


def _cell(levels: dict[str, str]) -> Cell:
    return Cell(
        name=", ".join(f"{factor}={level}" for factor, level in levels.items()),
        levels=levels,
        algorithm="dqn",
        components={factor: level for factor, level in levels.items() if "." not in factor},
        settings={"train.steps": STEPS, **{factor: level for factor, level in levels.items() if "." in factor}},
    )


def _answer(plan: Plan) -> Analysis:
    rng = np.random.default_rng(0)
    shown = [cell for cell in plan.cells if cell.impossible is None]
    skill = {cell.name: _skill(plan, cell) for cell in shown}
    scores = {
        (cell.name, environment): rng.normal(skill[cell.name], 25, len(plan.seeds))
        for cell in shown
        for environment in plan.environments
    }
    runs = [_run(plan, *where, seed, item[i]) for where, item in scores.items() for i, seed in enumerate(plan.seeds)]
    comparisons = _comparisons(plan, scores)
    return Analysis(
        plan=plan,
        measures=MEASURES,
        runs=runs,
        estimates=_estimates(scores),
        profiles=[_profile(cell, environment, item) for (cell, environment), item in scores.items()],
        comparisons=comparisons,
        effects=_effects(plan),
        curves=[_curve(cell, environment, item.mean()) for (cell, environment), item in scores.items()],
        conclusions=_conclusions(plan),
        failures=[
            Failure(shown[-1].name, plan.environments[0], [3], "diverged", "the loss was not finite at step 12,345"),
            Failure(plan.cells[-1].name, plan.environments[-1], [], "invalid", plan.cells[-1].impossible or ""),
        ],
        versions={"rlzoo": "0.1.0", "Python": "3.11.7", "torch": "2.13.0", "Gymnasium": "1.4.0"},
        notes=[
            "Intervals have a level of 95%, by a bootstrap over seeds.",
            "A diverged run counts as the lowest return seen.",
        ],
    )


def _skill(plan: Plan, cell: Cell) -> float:
    """It grows with the distance of the levels from the base's."""
    return 150 + 20 * sum(plan.factors[factor].index(level) for factor, level in cell.levels.items())


def _run(plan: Plan, cell: str, environment: str, seed: int, score: float) -> RunScore:
    if (cell, environment, seed) == (plan.cells[1].name, plan.environments[0], 3):
        return RunScore(cell, environment, seed, "diverged", {measure.key: None for measure in MEASURES})
    late = None if score < 110 else STEPS * 100 / score
    scores = {"final": score, "auc": 0.7 * score, "steps_to_threshold": late}
    return RunScore(cell, environment, seed, "finished", scores)


def _estimate(values: np.ndarray) -> Estimate:
    if len(values) < FEWEST_SEEDS:
        return Estimate(float(values.mean()))
    half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return Estimate(float(values.mean()), float(values.mean() - half), float(values.mean() + half))


def _measured(key: str, values: np.ndarray) -> np.ndarray:
    return {"final": values, "auc": 0.7 * values, "steps_to_threshold": STEPS * 100 / values}[key]


def _estimates(scores: Mapping[tuple[str, str], np.ndarray]) -> list[CellEstimate]:
    here = [
        CellEstimate(measure.key, environment, cell, _estimate(_measured(measure.key, item)), len(item))
        for measure in MEASURES
        for (cell, environment), item in scores.items()
    ]
    cells = dict.fromkeys(cell for cell, _ in scores)
    everywhere = {
        cell: np.stack([item for (c, _), item in scores.items() if c == cell]).mean(0) / 300 for cell in cells
    }
    over_all = [
        CellEstimate(key, None, cell, _estimate(item), len(item))
        for key in ("final", "auc")
        for cell, item in everywhere.items()
    ]
    return here + over_all


def _profile(cell: str, environment: str, item: np.ndarray) -> Profile:
    thresholds = np.linspace(50, 300, 60)
    share = (item[:, None] > thresholds).mean(0)
    low, high = np.clip(share - 0.2, 0, 1), np.clip(share + 0.2, 0, 1)
    return Profile("final", environment, cell, thresholds.tolist(), share.tolist(), low.tolist(), high.tolist())


def _comparisons(plan: Plan, scores: Mapping[tuple[str, str], np.ndarray]) -> list[Comparison]:
    return [
        _comparison(plan, measure.key, cell, environment, item, scores[plan.base, environment])
        for measure in MEASURES
        for (cell, environment), item in scores.items()
        if cell != plan.base
    ]


def _comparison(plan: Plan, key: str, cell: str, environment: str, item: np.ndarray, base: np.ndarray) -> Comparison:
    difference = _measured(key, item) - _measured(key, base)
    few = len(item) < FEWEST_SEEDS
    p_value = None if few else float(stats.ttest_1samp(difference, 0).pvalue)
    better = float((item > base).mean())
    return Comparison(
        measure=key,
        environment=environment,
        cell=cell,
        base=plan.base,
        pairs=len(item),
        difference=_estimate(difference),
        p_value=p_value,
        p_holm=None if p_value is None else min(1.0, 3 * p_value),
        improvement=Estimate(better) if few else Estimate(better, max(0.0, better - 0.2), min(1.0, better + 0.2)),
        effect_size=float(difference.mean() / difference.std(ddof=1)),
        detectable=None if few else float(2.8 * difference.std(ddof=1) / np.sqrt(len(item))),
    )


def _effects(plan: Plan) -> list[Effect]:
    single = [([factor], [level]) for factor, levels in plan.factors.items() for level in levels]
    double = [
        ([one, other], list(levels))
        for one, other in itertools.combinations(plan.factors, 2)
        for levels in itertools.product(plan.factors[one], plan.factors[other])
    ]
    return [
        _effect(key, environment, factors, levels)
        for key in ("final", "auc")
        for environment in plan.environments
        for factors, levels in single + double
    ]


def _effect(key: str, environment: str, factors: list[str], levels: list[str]) -> Effect:
    """Main effects are large, interactions small; both follow from the levels' names alone."""
    rng = np.random.default_rng([ord(letter) for letter in key + environment + "".join(factors + levels)])
    value = float(rng.normal(0, 20 if len(factors) == 1 else 5))
    p_value = 0.0004 if len(factors) == 1 else 0.31
    return Effect(
        measure=key,
        environment=environment,
        factors=factors,
        levels=levels,
        estimate=Estimate(value, value - 12, value + 12),
        p_value=p_value,
        p_holm=min(1.0, 2 * p_value),
    )


def _curve(cell: str, environment: str, skill: float) -> Curve:
    steps = np.linspace(STEPS / 100, STEPS, 100)
    rng = np.random.default_rng([ord(letter) for letter in cell + environment])
    centre = skill * (1 - np.exp(-4 * steps / STEPS)) + rng.normal(0, 2, 100)
    spread = 5 + 10 * steps / STEPS
    centres, lows, highs = (list(map(float, item)) for item in (centre, centre - spread, centre + spread))
    unknown: list[float | None] = [None, None]  # before any episode has finished
    return Curve(cell, environment, steps.tolist(), unknown + centres[2:], unknown + lows[2:], unknown + highs[2:])


def _conclusions(plan: Plan) -> list[Conclusion]:
    factor, *others = plan.factors
    first, *_, last = plan.factors[factor]
    environment = plan.environments[0]
    found = Conclusion(
        factor,
        environment,
        "difference",
        f"{factor}={last}: final return 41 higher than with {factor}={first} (95% CI 22 to 60).",
        "Paired t test over 10 seeds: p = 0.002.",
    )
    no_difference = [
        Conclusion(
            other,
            environment,
            "no significant difference",
            f"{other}={plan.factors[other][1]}: no significant difference in final return from "
            f"{other}={plan.factors[other][0]} (+4, 95% CI −12 to 20). 10 seeds give 80% power to detect 31.",
        )
        for other in others
    ]
    too_few = [
        Conclusion(factor, other, "too few seeds", f"{factor}={last}: too few seeds for a comparison.")
        for other in plan.environments[1:]
    ]
    return [found, *no_difference, *too_few]
