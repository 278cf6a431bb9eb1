"""Rollouts: every epoch goes through everything collected since the last updates, and through nothing else."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from gymnasium.spaces import Discrete
from hypothesis import given
from hypothesis import strategies as st

from rlzoo.components.buffers.rollout import Rollout
from rlzoo.contracts import Batch, Buffer
from rlzoo.contracts.errors import OptionError
from rlzoo.lanes.rng import LaneRng
from rlzoo.registry.catalog import Catalog
from rlzoo.registry.plugins import Plugins
from rlzoo.testing import Case, run

from support.tiny import make_runner, make_spec, make_transition

LANES = 2
SETTINGS = {
    "train.steps": 96,
    "train.envs": 2,
    "train.update_every": 16,
    "train.updates": 4,
    "train.batch_size": 8,
    "train.learning_starts": 0,
    "network.hidden": (8,),
}


def build(update_every: int, envs: int, **more: object) -> Buffer:
    return Rollout().build(make_spec(Discrete(9_999), lanes=LANES, envs=envs, update_every=update_every, **more))


def collect(buffer: Buffer, first: int, steps: int, envs: int) -> list[int]:
    """Add vector steps; returns the numbers of their transitions."""
    for step in range(first, first + steps):
        buffer.add(make_transition(step * envs, LANES, envs))
    return list(range(first * envs, (first + steps) * envs))


def numbers(batch: Batch) -> np.ndarray:
    """The numbers of the sampled transitions, `[L, B]`."""
    return batch.observation.numpy() - 1000 * np.arange(LANES)[:, None]


@given(
    envs=st.integers(1, 3),
    steps=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    size=st.integers(1, 6),
    epochs=st.integers(1, 3),
)
def test_each_epoch_has_every_transition_of_the_rollout_once(
    envs: int, steps: list[int], size: int, epochs: int
) -> None:
    buffer, first = build(4 * envs, envs), 0
    for count in steps:
        rollout = collect(buffer, first, count, envs)
        first += count
        assert len(buffer) == len(rollout)
        for _ in range(epochs):
            batches = [numbers(buffer.sample(size)) for _ in range(-(-len(rollout) // size))]
            for lane in np.concatenate(batches, 1):
                assert sorted(lane) == rollout


def test_without_a_size_a_batch_is_the_rollout() -> None:
    buffer = build(6, 1)
    rollout = collect(buffer, 0, 6, 1)
    assert all(sorted(lane) == rollout for lane in numbers(buffer.sample(None)))


def test_epochs_and_lanes_are_shuffled_differently() -> None:
    buffer = build(50, 1)
    collect(buffer, 0, 50, 1)
    orders = [tuple(lane) for _ in range(2) for lane in numbers(buffer.sample(50))]
    assert len({*orders, tuple(range(50))}) == 5


def test_only_the_newest_steps_are_kept_of_what_is_not_learned_from() -> None:
    buffer = build(4, 2)
    collect(buffer, 0, 9, 2)
    assert sorted(numbers(buffer.sample(None))[0]) == [14, 15, 16, 17]


@pytest.mark.parametrize("envs", [1, 3])
def test_the_columns_of_a_rollout_stay_with_their_transitions(envs: int) -> None:
    buffer = build(4 * envs, envs)

    def compute(rollout: Batch) -> dict[str, torch.Tensor]:
        assert rollout.observation.shape == (LANES, envs, 4)
        steps = rollout.observation[..., 1:] - rollout.observation[..., :-1]
        assert (steps == envs).all()  # consecutive steps of one environment
        return {"double": 2 * rollout.observation}

    for first in (0, 4):
        collect(buffer, first, 4, envs)
        buffer.prepare(compute)
        for _ in range(3):
            batch = buffer.sample(5)
            assert torch.equal(batch.columns["double"], 2 * batch.observation)
    collect(buffer, 8, 4, envs)
    assert not buffer.sample(5).columns


def test_a_saved_rollout_continues_with_the_same_minibatches() -> None:
    kept, restored = (build(4, 1, rng=LaneRng(range(LANES), "same")) for _ in range(2))
    collect(kept, 0, 4, 1)
    kept.sample(4)
    restored.rng.load_state(kept.rng.state())
    restored.load_state(kept.state())
    for buffer in (kept, restored):
        collect(buffer, 4, 3, 1)
    assert sorted(numbers(restored.sample(None))[0]) == [4, 5, 6]
    kept.sample(None)
    assert np.array_equal(numbers(kept.sample(2)), numbers(restored.sample(2)))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"update_every": None}, "set `train.update_unit=steps`"),
        ({"update_every": 10, "batch_size": 32}, "a rollout has only the 10 steps of `train.update_every`"),
        (
            {"update_every": 5, "envs": 5, "length": 2},
            "sequences of 2 steps, but a rollout has only 1 of each environment",
        ),
    ],
)
def test_what_it_cannot_serve_is_refused(spec: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        Rollout().build(make_spec(**spec))


def test_a_run_learns_from_every_step_equally_often() -> None:
    runner = make_runner("dqn", SETTINGS, "Counting", buffer="rollout")
    list(runner.run())
    assert runner.counts()[0]["samples_per_transition"] == 2  # 4 minibatches of 8 in 16 steps


@pytest.mark.parametrize("objective", ["sarsa", "expected-sarsa"])
def test_sequences_lie_within_a_rollout(objective: str) -> None:
    settings = SETTINGS | {"train.n_step": 3}
    catalog = Catalog(Plugins())
    made = Case("buffer", "rollout", catalog, settings, beside={"objective": objective}).composition(2)
    together = run(made, [3, 1])
    assert run(made, [1])[1].same(together[1])
