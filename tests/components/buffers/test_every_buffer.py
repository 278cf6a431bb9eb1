"""What every buffer has in common, built-in or of an installed plugin: further columns, and sequences of steps.

The oracle is a list of all transitions that were ever added, read one transition at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from gymnasium.spaces import Discrete
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from rlzoo.contracts import Batch, Buffer, Column, Transition
from rlzoo.contracts.errors import OptionError
from rlzoo.registry.options import convert, field_names
from rlzoo.testing import installed

from support.tiny import fill_column, make_spec, make_transition

CATALOG, LANES = installed(), 2
BUFFERS = [name for name in CATALOG.names("buffer") if name != "dataset"]  # which takes no transitions
CHOSEN: dict[str, dict[str, Any]] = {"primed": {"prime": 0}}
COLUMNS = (
    Column("number", (), "int64"),
    Column("next_number", (), "int64"),
    Column("pair", (2,), "float32"),
    Column("next_even", (3, 1), "bool"),
)


def build(name: str, capacity: int, size: int, envs: int, **spec: Any) -> Buffer:
    """The buffer with that capacity, if it has one; `size` is the batch size."""
    component = CATALOG.get("buffer", name).component
    capacious = {"capacity": capacity} if "capacity" in field_names(component) else {}
    options = convert(component, capacious | CHOSEN.get(name, {}), "buffer")
    common = {"envs": envs, "batch_size": size, "update_every": max(size, capacity)}
    return options.build(make_spec(Discrete(9_999), lanes=LANES, **common, **spec))


def history(steps: int, envs: int, seed: int, ends: float = 0.15) -> list[Transition]:
    """Vector steps, of which each ends an episode in either way with probability `ends`."""
    rng = np.random.default_rng(seed)
    made = []
    for step in range(steps):
        terminated, truncated = rng.random((2, LANES, envs)) < ends
        transition = make_transition(step * envs, LANES, envs, columns=COLUMNS)
        made.append(replace(transition, terminated=terminated, truncated=truncated))
    return made


def episode_of(told: Sequence[Transition], number: int, lane: int, envs: int, length: int) -> list[tuple[int, int]]:
    """Step and environment of the transition of that number, and of those after it in its episode, `length` at most."""
    step, env = divmod(number, envs)
    places = []
    for later in range(step, min(step + length, len(told))):
        places.append((later, env))
        if told[later].terminated[lane, env] or told[later].truncated[lane, env]:
            break
    return places


def possible_starts(buffer: Buffer, total: int, envs: int, length: int) -> range:
    """Numbers of the transitions held that have `length - 1` later ones of their environment, all still held."""
    return range(total - len(buffer), total - (length - 1) * envs)


@pytest.mark.parametrize("name", BUFFERS)
@settings(max_examples=40, deadline=None)
@given(
    envs=st.integers(1, 3),
    extra=st.integers(0, 7),
    steps=st.integers(1, 25),
    n=st.integers(1, 3),
    seed=st.integers(0, 999),
)
def test_columns_stay_with_their_transitions(name: str, envs: int, extra: int, steps: int, n: int, seed: int) -> None:
    n = 1 if name == "online" else n  # which holds one step only
    buffer, told = build(name, envs + extra, 5, envs, n_step=n, columns=COLUMNS), history(steps, envs, seed)
    for transition in told:
        buffer.add(transition)
    batch = buffer.sample(5)
    assert batch.columns.keys() == {column.name for column in COLUMNS}
    for lane, b in np.ndindex(tuple(batch.index.shape)):
        number = int(batch.observation[lane, b]) - 1000 * lane
        last, env = episode_of(told, number, lane, envs, n)[-1]
        for column in COLUMNS:
            from_step = last if column.name.startswith("next_") else number // envs
            expected = told[from_step].columns[column.name][lane, env]
            got = batch.columns[column.name][lane, b].numpy()
            assert got.dtype == expected.dtype
            assert np.array_equal(got, expected)


@pytest.mark.parametrize("name", BUFFERS)
@pytest.mark.parametrize("steps", [4, 9])
def test_state_has_the_columns(name: str, steps: int) -> None:
    kept, restored = (build(name, 6, 6, 1, columns=COLUMNS) for _ in range(2))
    told = history(steps + 1, 1, seed=0)
    for transition in told[:-1]:
        kept.add(transition)
    restored.load_state(kept.state())
    for buffer in (kept, restored):
        buffer.add(told[-1])
    again = restored.sample(6)
    number = again.observation.numpy() - 1000 * np.arange(LANES)[:, None]
    for column in COLUMNS:
        expected = fill_column(column, number + 1000 * np.arange(LANES)[:, None])
        assert np.array_equal(again.columns[column.name], expected)


def assert_sequence(batch: Batch, told: Sequence[Transition], lane: int, b: int, envs: int, length: int) -> int:
    """Compare one sequence with the list, step by step; returns the number of its first transition."""
    number = int(batch.observation[lane, b, 0]) - 1000 * lane
    places = episode_of(told, number, lane, envs, length)
    assert batch.valid is not None
    assert batch.valid[lane, b].tolist() == [step < len(places) for step in range(length)]
    for step, (at, env) in enumerate(places):
        for name in ("observation", "action", "reward", "next_observation", "terminated", "truncated"):
            assert getattr(batch, name)[lane, b, step] == getattr(told[at], name)[lane, env], name
        for column in COLUMNS:
            got = batch.columns[column.name][lane, b, step].numpy()
            assert np.array_equal(got, told[at].columns[column.name][lane, env]), column.name
    return number


@pytest.mark.slow
@pytest.mark.parametrize("name", BUFFERS)
@settings(max_examples=40, deadline=None)
@given(
    envs=st.integers(1, 3),
    extra=st.integers(0, 7),
    steps=st.integers(1, 25),
    length=st.integers(2, 4),
    seed=st.integers(0, 999),
    ends=st.sampled_from([0.0, 0.15, 0.6]),
)
def test_sequences_are_consecutive_steps_of_one_environment(
    name: str, envs: int, extra: int, steps: int, length: int, seed: int, ends: float
) -> None:
    buffer = build(name, envs * length + extra, 6, envs, length=length, columns=COLUMNS)
    told, errors = history(steps, envs, seed, ends), np.random.default_rng(seed)
    for count in range(1, steps + 1):
        buffer.add(told[count - 1])
        starts = possible_starts(buffer, count * envs, envs, length)
        assert buffer.ready == (len(starts) > 0)
        if not buffer.ready:
            continue
        batch = buffer.sample(6)
        assert batch.action.shape == (*batch.index.shape, length)
        for lane, b in np.ndindex(tuple(batch.index.shape)):
            assert assert_sequence(batch, told[:count], lane, b, envs, length) in starts
        buffer.feedback(batch.index, batch.weight.new_tensor(errors.normal(size=batch.index.shape)))


@pytest.mark.parametrize(("name", "options"), [("uniform", {}), ("combined", {}), ("prioritized", {"alpha": 0.0})])
@pytest.mark.parametrize("steps", [12, 40])
def test_every_possible_start_is_drawn_equally_often(name: str, options: dict[str, Any], steps: int) -> None:
    if name not in BUFFERS:
        pytest.skip(f"`buffer={name}` is not installed")
    envs, length = 2, 3
    component = CATALOG.get("buffer", name).component
    buffer = component(capacity=31, **options).build(make_spec(Discrete(9_999), lanes=LANES, envs=envs, length=length))
    for transition in history(steps, envs, seed=1):
        buffer.add(transition)
    starts = possible_starts(buffer, steps * envs, envs, length)
    forced = envs if name == "combined" else 0  # the latest ones
    drawn = np.concatenate([buffer.sample(40).observation[:, forced:, 0].numpy() for _ in range(100)], 1)
    for lane in range(LANES):
        counts = np.bincount(drawn[lane] - 1000 * lane, minlength=starts.stop)
        assert counts[: starts.start].sum() == 0
        assert len(counts) == starts.stop
        assert chisquare(counts[starts.start :]).pvalue > 1e-3


@pytest.mark.parametrize("name", [name for name in BUFFERS if name not in ("online", "recent", "rollout")])
def test_a_capacity_below_one_sequence_is_refused(name: str) -> None:
    with pytest.raises(OptionError, match="a buffer of 5 transitions cannot hold 3 steps"):
        build(name, 5, 4, 2, length=3)
