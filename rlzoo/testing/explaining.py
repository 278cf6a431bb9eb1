"""What components say about a step: it changes nothing, and it is true as far as a formula shows."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import torch

from rlzoo.contracts.errors import BadInput
from rlzoo.explaining.subject import Subject
from rlzoo.explaining.walk import Said, Walk
from rlzoo.explaining.walking import Walker
from rlzoo.testing.case import SEEDS, Case, train
from rlzoo.testing.verdict import RuleSkipped, require
from rlzoo.training.groups import one_thread
from rlzoo.training.runner import Runner

STEP, PLAYED = 60, 12
"""The step of the small run that is explained, and how many are looked at."""
SYMBOLS = str.maketrans({"×": "*", "−": "-"})


def check_explained(case: Case) -> None:
    """A run that is explained has the same result; numbers of the batch are `[L, B]`, and formulas hold."""
    composition, seed = case.composition(), SEEDS[0]
    expected = case.outcomes()[seed]
    with one_thread():
        runner = Runner(composition, [seed], torch.device("cpu"))
        runner.begin()
        walker = Walker(runner, Subject("", composition, seed, STEP * composition.train.envs), lambda *_: None)
        try:
            walk = walker.walk(PLAYED)
        except BadInput as error:
            raise RuleSkipped(f"the small run is too short: {error}") from error
        outcome = train(runner)[seed]
    later = list(expected.episodes)[len(expected.episodes) - len(outcome.episodes) :]
    same = outcome.same(type(expected)(later, expected.weights))
    require(same, "the run gave a different result after it was explained: `explain` draws or changes something")
    _check_words(walk)


def _check_words(walk: Walk) -> None:
    for said in _all_said(walk):
        require(isinstance(said.sentence, str), f"the sentence of the {said.slot} is not a text: {said.sentence!r}")
    if walk.learned is None:
        return
    size = len(walk.learned.samples["place"])
    for said in (walk.learned.sampled, walk.learned.judged):
        for name, values in said.samples.items():
            require(values.shape == (size,), f"the samples `{name}` have shape {values.shape}, not ({size},)")
    if walk.learned.formula:
        check_formula(walk.learned.formula, walk.learned.samples)


def _all_said(walk: Walk) -> list[Said]:
    collected = [said for it in walk.collected for said in (it.observed, it.chosen, it.stored)]
    it = walk.learned
    return collected + ([] if it is None else [it.sampled, it.judged, it.optimized, it.moved])


def check_formula(formula: str, samples: Mapping[str, np.ndarray]) -> None:
    """Both sides of each equation must be the same numbers, up to rounding."""
    for equation in formula.split(", "):
        names = re.findall(r"\{([^}]+)\}", equation)
        unknown = [name for name in names if name not in samples]
        require(not unknown, f"the formula `{equation}` names numbers that the batch does not have: {unknown}")
        left, right = (_value(side, names, samples) for side in equation.split(" = "))
        require(
            np.allclose(left, right, rtol=1e-3, atol=1e-4, equal_nan=True),
            f"the formula `{equation}` does not hold: {left[0]:g} is not {right[0]:g}",
        )


def _value(side: str, names: list[str], samples: Mapping[str, np.ndarray]) -> np.ndarray:
    known = {f"number{place}": samples[name].astype(np.float64) for place, name in enumerate(names)}
    for place, name in enumerate(names):
        side = side.replace(f"{{{name}}}", f"number{place}")
    return np.asarray(eval(side.translate(SYMBOLS), {"__builtins__": {}}, known), np.float64)
