"""The seeds passed to `expect_seeds` must not affect the results of an environment."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from rlzoo.contracts import Environment
from rlzoo.testing.case import SEEDS, Case, train
from rlzoo.testing.verdict import require
from rlzoo.training.groups import one_thread
from rlzoo.training.runner import Runner

Upcoming = Callable[[int], np.ndarray]


def check_seeds(case: Case) -> None:
    """Results do not change if `expect_seeds` is not called, or announces seeds that are not used."""
    composition = case.composition()
    seeds = SEEDS if composition.lockstep else SEEDS[:1]
    for name, change in {"without announced seeds": _no_seeds, "with wrong announced seeds": _wrong_seeds}.items():
        with one_thread():
            runner = Runner(composition, seeds, torch.device("cpu"))
            if type(runner.environment).expect_seeds is Environment.expect_seeds:
                return  # it does not use them
            _change_expected_seeds(runner.environment, change)
            for seed, outcome in train(runner).items():
                same = outcome.same(case.outcomes()[seed])
                require(same, f"{name}, seed {seed} gave a different result")


def _change_expected_seeds(environment: Environment, change: Callable[[Upcoming], Upcoming | None]) -> None:
    """Pass `change(upcoming)` to `expect_seeds` in place of `upcoming`; None suppresses the call."""
    original = environment.expect_seeds

    def expect_seeds(upcoming: Upcoming) -> None:
        changed = change(upcoming)
        if changed is not None:
            original(changed)

    environment.expect_seeds = expect_seeds  # type: ignore[method-assign]


def _no_seeds(upcoming: Upcoming) -> None:
    return None


def _wrong_seeds(upcoming: Upcoming) -> Upcoming:
    return lambda count: (upcoming(count) + 1) % 2**31
