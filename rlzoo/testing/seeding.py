"""What an environment hears of the seeds to come helps it to be fast, and is no more than that."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from rlzoo.contracts import Environment
from rlzoo.testing.case import SEEDS, Case, train
from rlzoo.testing.verdict import demand
from rlzoo.training.groups import one_thread
from rlzoo.training.runner import Runner

Upcoming = Callable[[int], np.ndarray]


def check_seeds(case: Case) -> None:
    """Nothing changes when an environment is told nothing, or other seeds than it is then given."""
    composition = case.composition()
    seeds = SEEDS if composition.lockstep else SEEDS[:1]
    for how, foretold in {"nothing": _nothing, "wrong seeds": _others}.items():
        with one_thread():
            runner = Runner(composition, seeds, torch.device("cpu"))
            if type(runner.environment).expect_seeds is Environment.expect_seeds:
                return  # it does not listen
            _tell(runner.environment, foretold)
            for seed, outcome in train(runner).items():
                said = f"told {how} of the episodes to come, seed {seed} gave another result"
                demand(outcome.same(case.outcomes()[seed]), said)


def _tell(environment: Environment, foretold: Callable[[Upcoming], Upcoming | None]) -> None:
    """From now on the environment hears what `foretold` makes of the truth."""
    listen = environment.expect_seeds

    def expect_seeds(upcoming: Upcoming) -> None:
        told = foretold(upcoming)
        if told is not None:
            listen(told)

    environment.expect_seeds = expect_seeds  # type: ignore[method-assign]


def _nothing(upcoming: Upcoming) -> None:
    return None


def _others(upcoming: Upcoming) -> Upcoming:
    return lambda count: (upcoming(count) + 1) % 2**31
