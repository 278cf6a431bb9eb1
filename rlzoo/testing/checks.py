"""The rules every component keeps, each as a function that raises AssertionError in plain words."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from rlzoo.assembly import assemble
from rlzoo.composition import Composition
from rlzoo.options import as_dict, convert, describe, summary
from rlzoo.runner import Runner
from rlzoo.testing.case import Case, Outcome, run, train
from rlzoo.testing.parts import SHAPES, started
from rlzoo.training import one_thread

ENVS = (1, 4)
SEEDS = (3, 1, 7)


def check_repeatable(case: Case) -> None:
    """The same seed gives the same bytes again, whatever the global random state is."""
    for envs in ENVS:
        first = run(case.composition(envs), SEEDS)
        _disturb_global_state()
        again = run(case.composition(envs), SEEDS)
        for seed in SEEDS:
            assert first[seed].same(again[seed]), (
                f"seed {seed} gave another result the second time ({envs} environments per lane): "
                "draw only from `spec.rng`, and keep nothing in module or class variables"
            )


def check_lane_independent(case: Case) -> None:
    """A seed's result is the same to the bit alone, beside others, and in any order."""
    for envs in ENVS:
        together = run(case.composition(envs), SEEDS)
        for other in ([1], [7, 3]):
            for seed, outcome in run(case.composition(envs), other).items():
                assert outcome.same(together[seed]), (
                    f"seed {seed} gave another result beside {list(SEEDS)} than in {other} ({envs} environments per "
                    "lane): something mixes lanes, such as a mean or maximum over axis 0, or a draw shared by lanes"
                )


def check_seeds_differ(case: Case) -> None:
    """Two seeds never give the same episodes."""
    outcomes = run(case.composition(), SEEDS)
    told = {seed: list(map(_without_seed, outcome.episodes)) for seed, outcome in outcomes.items()}
    for a, b in ((3, 1), (1, 7), (3, 7)):
        assert told[a] != told[b], f"seeds {a} and {b} gave the same episodes: every lane needs its own stream"


def check_paired(case: Case) -> None:
    """Beside the plain component the same seed meets the same environment, and starts from the same weights."""
    if case.slot == "environment":
        return
    with one_thread():
        own, plain = started(case.composition(), SEEDS), started(case.plain(), SEEDS)
        assert np.array_equal(own.episode_seeds.current, plain.episode_seeds.current), (
            "the first episodes are seeded otherwise than with another component: do not draw from other streams"
        )
        if case.slot != "network":
            for name, leaf in plain.learner.online.items():
                if name in own.learner.online and own.learner.online[name].shape == leaf.shape:
                    assert torch.equal(own.learner.online[name], leaf), f"`{name}` starts from other weights"


def check_shapes(case: Case) -> None:
    """What the component returns has the right shapes for 1 and 3 lanes, 1 and 4 environments."""
    with one_thread():
        for seeds in (SEEDS[:1], SEEDS):
            for envs in ENVS:
                SHAPES[case.slot](started(case.composition(envs), seeds if case.composition().lockstep else seeds[:1]))


def check_poison(case: Case) -> None:
    """NaN in one lane leaves the others as they are to the bit."""
    if not case.composition().lockstep:
        return  # lanes train alone: there is no other lane to spoil
    clean = run(case.composition(), SEEDS)
    with one_thread():
        runner = Runner(case.composition(), SEEDS, torch.device("cpu"))
        with torch.no_grad():
            for leaf in runner.learner.online.values():
                if leaf.is_floating_point():
                    leaf[1] = torch.nan
        poisoned = train(runner)
    for seed in (SEEDS[0], SEEDS[2]):
        assert poisoned[seed].same(clean[seed]), f"NaN in the lane of seed {SEEDS[1]} reached seed {seed}"


def check_state(case: Case) -> None:
    """A new instance that is given the state goes on just as the old one; state is plain data."""
    if case.slot in ("network", "environment"):
        return  # a network's state is its module's; an environment is begun again
    composition = case.composition()
    with one_thread():
        seeds = SEEDS if composition.lockstep else SEEDS[:1]
        kept, replaced = _advanced(composition, seeds), _advanced(composition, seeds)
        state = _copied(getattr(replaced.parts, case.slot).state(), "state()")
        _replace(replaced, case.slot, state)
        expected, got = _continued(kept), _continued(replaced)
        for seed, outcome in expected.items():
            assert outcome.same(got[seed]), (
                "after state() and load_state() the run goes on otherwise: something it remembers is not in state()"
            )


def check_options(case: Case) -> None:
    """Options go out as JSON and come back equal; class and options say what they are."""
    composition = case.composition()
    again = Composition.from_dict(case.catalog, composition.to_dict())
    assert again == composition, f"the composition changed on its way through JSON: {again} is not {composition}"
    options = composition[case.slot]
    assert convert(type(options), as_dict(options), case.slot) == options
    assert summary(type(options)), f"{type(options).__name__} has no docstring; its first line is shown in `rlzoo list`"
    for row in describe(type(options)):
        assert row.description, f'option `{row.name}` is not described: Annotated[..., Meta(description="...")]'


def check_global_state(case: Case) -> None:
    """Neither building nor training touches the global random state."""
    before = _global_state()
    run(case.composition(), SEEDS[:1])
    after = _global_state()
    touched = [name for name, state in before.items() if after[name] != state]
    assert not touched, f"the global random state of {', '.join(touched)} was used: draw only from `spec.rng`"


Check = Callable[[Case], None]
CHECKS: Mapping[str, Check] = {
    "repeatable": check_repeatable,
    "lane-independent": check_lane_independent,
    "seeds-differ": check_seeds_differ,
    "paired": check_paired,
    "shapes": check_shapes,
    "poison": check_poison,
    "state": check_state,
    "options": check_options,
    "global-state": check_global_state,
}
"""Every check by name; the four invariants come first."""


def _without_seed(episode: Any) -> tuple[Any, ...]:
    return episode.step, episode.episode_return, episode.length


def _global_state() -> dict[str, Any]:
    kind, key, position, *_ = tuple(np.random.get_state())  # noqa: NPY002 - it is the global state we look at
    return {
        "random": random.getstate(),
        "numpy.random": (kind, np.asarray(key).tobytes(), position),
        "torch": bytes(torch.get_rng_state().numpy()),
    }


def _disturb_global_state() -> None:
    random.random()
    np.random.random()  # noqa: NPY002 - the global state is what we want to disturb
    torch.rand(1)


def _advanced(composition: Composition, seeds: Sequence[int]) -> Runner:
    runner = started(composition, seeds)
    for _ in range(61):
        runner.step()
    return runner


def _replace(runner: Runner, slot: str, state: Mapping[str, Any]) -> None:
    """Put a newly built part with that state in the place of the runner's own."""
    built = assemble(runner.composition, runner.seeds, runner.environment, runner.clock, torch.device("cpu"))
    built.rngs[slot].load_state(_copied(runner.parts.rngs[slot].state(), "rng"))
    part = getattr(built, slot)
    runner.parts = dataclasses.replace(runner.parts, **{slot: part})
    if slot in ("objective", "optimizer", "target"):
        setattr(runner.learner, "updater" if slot == "target" else slot, part)
    if slot == "optimizer":
        part.start({"parameters": runner.learner.row})
    part.load_state(state)


def _continued(runner: Runner) -> dict[int, Outcome]:
    while not runner.finished:
        runner.step()
    return {seed: Outcome([], weights) for seed, weights in runner.weights().items()}


def _copied(value: Any, where: str) -> Any:
    """A copy of plain data. Raises AssertionError for anything that JSON and arrays cannot hold."""
    if isinstance(value, Mapping):
        assert all(isinstance(key, str) for key in value), f"{where} has a key that is no string"
        return {key: _copied(item, f"{where}[{key!r}]") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_copied(item, f"{where}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, np.ndarray):
        return value.copy()
    plain = value is None or isinstance(value, bool | int | float | str | np.generic)
    assert plain, f"{where} is a {type(value).__name__}; state is arrays, numbers, strings, and dictionaries of them"
    return value
