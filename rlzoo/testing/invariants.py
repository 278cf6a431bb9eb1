"""The four invariants, and what breaks them: global randomness, lanes that reach into each other."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch

from rlzoo.testing.case import ENVS, SEEDS, Case, run, started, train
from rlzoo.testing.verdict import Untried, demand
from rlzoo.training.assembly import assemble
from rlzoo.training.groups import one_thread
from rlzoo.training.runner import Runner

MIXED = "values of other lanes arrive in it, as NaN does: a mean, sum or maximum over axis 0, which is the lane"
SHARED = (
    "yet NaN of another lane does not arrive in it: a draw that lanes share, or a branch on values of all lanes, such "
    "as `if (x > 0).any()`"
)


def check_repeatable(case: Case) -> None:
    """The same seed gives the same bytes again, whatever the global random state is."""
    for envs in ENVS:
        first = case.outcomes(envs)
        _disturb()
        again = run(case.composition(envs), SEEDS)
        for seed in SEEDS:
            demand(
                first[seed].same(again[seed]),
                f"seed {seed} gave another result the second time ({envs} environments per lane)",
            )


def check_lane_independent(case: Case) -> None:
    """A seed's result is the same to the bit alone, beside others, and in any order."""
    for envs in ENVS:
        together = case.outcomes(envs)
        for other in ([1], [7, 3]):
            for seed, outcome in run(case.composition(envs), other).items():
                if not outcome.same(together[seed]):
                    where = f"beside {list(SEEDS)} than in {other} ({envs} environments per lane)"
                    demand(False, f"seed {seed} gave another result {where}; {MIXED if _spoilt(case) else SHARED}")


def check_seeds_differ(case: Case) -> None:
    """Two seeds never give the same episodes."""
    told = {seed: list(map(_without_seed, outcome.episodes)) for seed, outcome in case.outcomes().items()}
    if not any(told.values()):
        raise Untried("no episode ended in the small run; `trials` with a larger `train.steps` would have some")
    for a, b in ((3, 1), (1, 7), (3, 7)):
        demand(told[a] != told[b], f"seeds {a} and {b} gave the same episodes: every lane needs its own stream")


def check_poison(case: Case) -> None:
    """NaN in one lane leaves the others as they are to the bit."""
    spoilt = _spoilt(case)
    demand(not spoilt, f"NaN in the lane of seed {SEEDS[1]} reached the lane of seed {', '.join(map(str, spoilt))}")


def check_global_state(case: Case) -> None:
    """Neither building nor training touches the global random state."""
    before = global_state()
    run(case.composition(), SEEDS[:1])
    after = global_state()
    touched = [name for name, state in before.items() if after[name] != state]
    demand(not touched, f"the global random state of {' and '.join(touched)} was used")


def check_paired(case: Case) -> None:
    """Beside the plain component the same seed meets the same environment, and starts from the same weights."""
    with one_thread():
        own, plain = started(case.composition(), SEEDS), started(case.plain(), SEEDS)
        demand(
            np.array_equal(own.collector.episode_seeds.current, plain.collector.episode_seeds.current),
            "the first episodes are seeded otherwise than with another component",
        )
        if case.slot != "network":
            _same_weights(own)


def _same_weights(runner: Runner) -> None:
    """Compare with networks that are built anew and that no other part has seen."""
    composition, environment = runner.composition, runner.environment
    anew = assemble(composition, runner.seeds, environment, runner.clock, torch.device("cpu")).networks
    for lane, module in enumerate(anew):
        untouched, own = module.state_dict(), runner.learner.weights(lane)
        demand(untouched.keys() == own.keys(), f"the network's parameters are {sorted(own)}, not {sorted(untouched)}")
        for name, leaf in untouched.items():
            demand(torch.equal(leaf, own[name]), f"`{name}` starts from other weights than the network was built with")


def _spoilt(case: Case) -> list[int]:
    """Seeds whose result changes when the weights of the middle lane are NaN."""
    if not case.composition().lockstep:
        return []  # lanes train alone: there is no other lane to spoil
    clean = case.outcomes()
    with one_thread():
        runner = Runner(case.composition(), SEEDS, torch.device("cpu"))
        with torch.no_grad():
            for leaf in runner.learner.online.values():
                if leaf.is_floating_point():
                    leaf[1] = torch.nan
        poisoned = train(runner)
    return [seed for seed in (SEEDS[0], SEEDS[2]) if not poisoned[seed].same(clean[seed])]


def _without_seed(episode: Any) -> tuple[Any, ...]:
    return episode.step, episode.episode_return, episode.length


def global_state() -> dict[str, Any]:
    """The state of every global generator."""
    kind, key, position, *_ = tuple(np.random.get_state())  # noqa: NPY002 - it is the global state we look at
    return {
        "random": random.getstate(),
        "numpy.random": (kind, np.asarray(key).tobytes(), position),
        "torch": bytes(torch.get_rng_state().numpy()),
    }


def _disturb() -> None:
    random.random()
    np.random.random()  # noqa: NPY002 - the global state is what we want to disturb
    torch.rand(1)
