"""The four invariants of rlzoo, and two common violations: global randomness and dependence between lanes."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from rlzoo.contracts.errors import BadInput
from rlzoo.testing.case import ENVS, SEEDS, Case, run, started, train
from rlzoo.testing.verdict import RuleSkipped, require
from rlzoo.training.assembly import assemble
from rlzoo.training.groups import one_thread
from rlzoo.training.runner import Runner

MIXED = "it depends on values of other lanes (NaN spreads): a mean, sum or maximum over axis 0, the lane axis"
SHARED = (
    "yet NaN does not spread from another lane: a random draw shared by lanes, or a branch on values of all lanes, "
    "such as `if (x > 0).any()`"
)


def check_repeatable(case: Case) -> None:
    """The same seed gives the same bytes again, whatever the global random state."""
    for envs in ENVS:
        first = case.outcomes(envs)
        _disturb()
        again = run(case.composition(envs), SEEDS)
        for seed in SEEDS:
            require(
                first[seed].same(again[seed]),
                f"seed {seed} gave a different result the second time ({envs} environments per lane)",
            )


def check_lane_independent(case: Case) -> None:
    """A seed's result is bit-identical alone, with other seeds, and in any order."""
    for envs in ENVS:
        together = case.outcomes(envs)
        for other in ([1], [7, 3]):
            for seed, outcome in run(case.composition(envs), other).items():
                if not outcome.same(together[seed]):
                    where = f"in {list(SEEDS)} than in {other} ({envs} environments per lane)"
                    require(
                        False,
                        f"seed {seed} gave a different result {where}; {MIXED if _affected_by_nan(case) else SHARED}",
                    )


def check_seeds_differ(case: Case) -> None:
    """Two seeds never give the same episodes."""
    episodes = {seed: list(map(_without_seed, outcome.episodes)) for seed, outcome in case.outcomes().items()}
    if not any(episodes.values()):
        raise RuleSkipped("no episode ended in the small run; declare a larger `train.steps` in `trials`")
    for a, b in ((3, 1), (1, 7), (3, 7)):
        require(episodes[a] != episodes[b], f"seeds {a} and {b} gave the same episodes: every lane needs its stream")


def check_diverging_lane(case: Case) -> None:
    """NaN in one lane leaves the results of the others bit-identical."""
    affected = _affected_by_nan(case)
    require(not affected, f"NaN in the lane of seed {SEEDS[1]} changed seed {', '.join(map(str, affected))}")


def check_global_state(case: Case) -> None:
    """Neither building nor training uses the global random state."""
    before = global_state()
    run(case.composition(), SEEDS[:1])
    after = global_state()
    touched = [name for name, state in before.items() if after[name] != state]
    require(not touched, f"the global random state of {' and '.join(touched)} was used")


def check_paired(case: Case) -> None:
    """With this and the default component, a seed sees the same environment and starts from the same weights."""
    with one_thread():
        tested, plain = started(case.composition(), SEEDS), _plain(case)
        require(
            np.array_equal(tested.collector.episode_seeds.current, plain.collector.episode_seeds.current),
            "the seeds of the first episodes differ from those with another component",
        )
        if case.slot != "network":
            _same_weights(tested)


def _plain(case: Case) -> Runner:
    """The run with the default component; also with those in other slots, on a probe, if it does not fit the others."""
    try:
        return started(case.plain(), SEEDS)
    except BadInput:
        return started(replace(case, beside={}, settings={}, on="").plain(), SEEDS)


def _same_weights(runner: Runner) -> None:
    """Compare with newly built networks that no other component has seen."""
    composition, environment = runner.composition, runner.environment
    anew = assemble(composition, runner.seeds, environment, runner.clock, torch.device("cpu")).networks
    for lane, module in enumerate(anew):
        expected, weights = module.state_dict(), runner.learner.weights(lane)
        same_names = expected.keys() == weights.keys()
        require(same_names, f"the network's parameters are {sorted(weights)}, not {sorted(expected)}")
        for name, leaf in expected.items():
            require(torch.equal(leaf, weights[name]), f"`{name}` does not start from the network's initial weights")


def _affected_by_nan(case: Case) -> list[int]:
    """The seeds whose result changes when the weights of the middle lane are NaN."""
    if not case.composition().lockstep:
        return []  # each lane trains alone
    clean = case.outcomes()
    with one_thread():
        runner = Runner(case.composition(), SEEDS, torch.device("cpu"))
        with torch.no_grad():
            for leaf in runner.learner.online.values():
                if leaf.is_floating_point():
                    leaf[1] = torch.nan
        diverged = train(runner)
    return [seed for seed in (SEEDS[0], SEEDS[2]) if not diverged[seed].same(clean[seed])]


def _without_seed(episode: Any) -> tuple[Any, ...]:
    return episode.step, episode.episode_return, episode.length


def global_state() -> dict[str, Any]:
    """The state of every global random generator."""
    kind, key, position, *_ = tuple(np.random.get_state())  # noqa: NPY002 - reads the global state on purpose
    return {
        "random": random.getstate(),
        "numpy.random": (kind, np.asarray(key).tobytes(), position),
        "torch": bytes(torch.get_rng_state().numpy()),
    }


def _disturb() -> None:
    random.random()
    np.random.random()  # noqa: NPY002 - changes the global state on purpose
    torch.rand(1)
