"""The buffer of "DQN in 130 lines": priming, and which transitions a full buffer drops."""

from __future__ import annotations

import random
from itertools import combinations
from typing import Any

import numpy as np
import pytest
import torch
from articles_specs import NEXT_ACTION, make_runner, make_spec, make_transition, watch
from gymnasium.spaces import Box
from scipy.stats import chisquare

from rlzoo.contracts import Buffer, Column
from rlzoo.contracts.errors import OptionError
from rlzoo.contracts.spaces import FrameStack
from rlzoo.lanes.seeding import EpisodeSeeds
from rlzoo_articles.primed import Primed


def filled(options: Primed, steps: int, envs: int = 1) -> Buffer:
    buffer = options.build(make_spec(envs=envs))
    for step in range(steps):
        buffer.add(make_transition(step * envs, envs))
    return buffer


def stored(buffer: Buffer) -> list[dict[str, np.ndarray]]:
    """The arrays of the transitions held, of each of two lanes."""
    rows = buffer.state()["transitions"]
    return rows if isinstance(rows, list) else [rows.read(lane, rows.first, rows.last) for lane in range(2)]


def held(buffer: Buffer) -> list[list[int]]:
    """The numbers of the transitions held, of each lane."""
    return [np.sort(lane["observation"]).tolist() for lane in stored(buffer)]


@pytest.mark.parametrize("envs", [1, 3])
@pytest.mark.parametrize("steps", [1, 4, 5, 9])
def test_evicting_the_oldest_keeps_the_last_ones(envs: int, steps: int) -> None:
    capacity = 4 * envs
    numbers = list(range(steps * envs))[-capacity:]
    found = held(filled(Primed(capacity=capacity), steps, envs))
    assert found == [numbers, [1000 + number for number in numbers]]


@pytest.mark.parametrize("envs", [1, 3])
@pytest.mark.parametrize("steps", [1, 4, 5, 9])
def test_evicting_the_newest_keeps_the_first_ones_and_the_last_step(envs: int, steps: int) -> None:
    capacity = 4 * envs
    kept = min(steps - 1, 3)
    numbers = [*range(kept * envs), *range((steps - 1) * envs, steps * envs)]
    found = held(filled(Primed(capacity=capacity, evict="newest"), steps, envs))
    assert found == [numbers, [1000 + number for number in numbers]]


def test_evicting_the_newest_never_holds_more_than_the_capacity() -> None:
    buffer = filled(Primed(capacity=10, evict="newest"), 9, envs=4)
    assert len(buffer) == 10
    assert held(buffer)[0] == [*range(6), *range(32, 36)]


def test_a_batch_holds_no_transition_twice_and_every_subset_equally_often() -> None:
    buffer = filled(Primed(), 6)
    subsets = {frozenset(subset): i for i, subset in enumerate(combinations(range(6), 3))}
    drawn = [subsets[frozenset(lane)] for _ in range(2500) for lane in buffer.sample(3).index.tolist()]
    assert chisquare(np.bincount(drawn, minlength=20)).pvalue > 1e-3


def test_a_batch_is_no_larger_than_the_buffer() -> None:
    batch = filled(Primed(), 6).sample(50)
    assert [sorted(lane) for lane in batch.index.tolist()] == [list(range(6))] * 2


@pytest.mark.parametrize("evict", ["oldest", "newest"])
@pytest.mark.parametrize("steps", [3, 7, 12])
def test_its_state_survives_saving_and_loading(evict: Any, steps: int) -> None:
    options = Primed(capacity=7, evict=evict)
    buffer, restored = filled(options, steps), options.build(make_spec())
    restored.load_state(buffer.state())
    for step in range(steps, steps + 5):
        buffer.add(make_transition(step))
        restored.add(make_transition(step))
        assert held(restored) == held(buffer)


@pytest.mark.parametrize("envs", [1, 4])
def test_priming_stores_first_steps_by_random_actions(envs: int) -> None:
    runner = make_runner("dqn-130", {"buffer.prime": 202, "train.envs": envs})
    seen = watch(runner)
    runner.begin()
    assert len(seen) == -(-202 // envs)
    for transition in seen:
        assert (transition.observation[..., 1] == 0).all()
        assert (transition.next_observation[..., 1] == 1).all()
        assert (transition.truncated == ~transition.terminated).all()  # so n-step returns stop there
    taken, following = (np.stack(actions) for actions in zip(*map(_actions, seen), strict=True))
    for drawn in (taken, following):
        for lane in range(2):
            assert (np.bincount(drawn[:, lane].flat, minlength=3) > 40).all()
        assert (drawn[:, 0] != drawn[:, 1]).any()
    assert (taken != following).any()
    assert (runner.clock.steps, runner.clock.episodes.tolist()) == (0, [0, 0])


def _actions(transition: Any) -> tuple[np.ndarray, np.ndarray]:
    return transition.action, transition.columns["next_action"]


def test_without_the_stored_action_priming_supplies_no_column() -> None:
    runner = make_runner("dqn", {"buffer.prime": 9}, buffer="primed")
    seen = watch(runner)
    runner.begin()
    assert len(seen) == 9
    assert all(not transition.columns for transition in seen)


def test_priming_leaves_the_episodes_of_training_alone() -> None:
    settings = {"train.steps": 60, "train.learning_starts": 60}
    plain = make_runner("dqn", settings | {"buffer.prime": 0}, buffer="primed")
    primed = make_runner("dqn", settings | {"buffer.prime": 20}, buffer="primed")
    episodes = [[episode for log in runner.run() for episode in log.episodes] for runner in (plain, primed)]
    assert len(episodes[0]) == 24
    assert episodes[0] == episodes[1]
    assert len(primed.parts.buffer) - len(plain.parts.buffer) == 20


def test_priming_neither_reads_nor_changes_global_random_generators() -> None:
    held_after = []
    for seed in (1, 2):
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        torch.manual_seed(seed)
        runner = make_runner("dqn", {"buffer.prime": 20}, buffer="primed", objective="stored-action")
        before = _global_states()
        runner.begin()
        assert _global_states() == before
        held_after.append([lane["column.next_action"].tolist() for lane in stored(runner.parts.buffer)])
    assert held_after[0] == held_after[1]


def _global_states() -> tuple[str, str, str]:
    return str(random.getstate()), str(np.random.get_state()), str(torch.get_rng_state().tolist())  # noqa: NPY002


def test_priming_has_its_own_episode_seeds_and_announces_them() -> None:
    runner = make_runner("dqn", {"buffer.prime": 9, "train.envs": 3}, (4, 7), buffer="primed")
    announced: list[np.ndarray] = []
    runner.environment.expect_seeds = lambda upcoming: announced.append(upcoming(2))  # type: ignore[method-assign]
    seen = watch(runner)
    runner.begin()
    everywhere, expected = np.ones((2, 3), np.bool_), EpisodeSeeds((4, 7), 3, "prime")
    for transition in seen:
        assert np.array_equal(transition.observation[..., 0], expected.draw(everywhere) % 10_000)
    assert len(announced) == 2  # of priming, and of training
    first = EpisodeSeeds((4, 7), 3, "prime").draw(everywhere)
    assert np.array_equal(announced[0][..., 0], first)
    assert not np.array_equal(announced[1][..., 0], first)


def test_primed_transitions_hold_the_learning_signal() -> None:
    runner = make_runner("dqn", {"buffer.prime": 9}, buffer="primed")
    runner.environment.learning_signal = lambda reward, terminated: (  # type: ignore[method-assign]
        reward * 0 - 1,
        terminated | True,
    )
    runner.begin()
    for lane in stored(runner.parts.buffer):
        assert (lane["reward"] == -1.0).all()
        assert lane["terminated"].all()
        assert not lane["truncated"].any()


@pytest.mark.parametrize(
    ("more", "options", "message"),
    [
        ({"envs": 4}, Primed(capacity=3), "a buffer of 3 transitions cannot hold one step of 4 environments"),
        ({"n_step": 3}, Primed(evict="newest"), "`train.n_step` needs neighbouring steps.*set `buffer.evict=oldest`"),
        ({"length": 2}, Primed(evict="newest"), "an objective that learns from sequences needs neighbouring steps"),
        (
            {"observation_space": FrameStack(0, 255, (3, 2, 2), np.uint8)},
            Primed(evict="newest"),
            "a stack of frames needs neighbouring steps",
        ),
        (
            {"columns": (*NEXT_ACTION, Column("head_mask", (3,), "bool"))},
            Primed(),
            "priming cannot supply the column `head_mask`; set `buffer.prime=0`",
        ),
        ({"action_space": Box(-1, 1, (2,))}, Primed(), "random Discrete actions.*set `buffer.prime=0`"),
    ],
)
def test_what_cannot_work_is_refused(more: dict[str, Any], options: Primed, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        options.build(make_spec(**more))


@pytest.mark.parametrize("columns", [(), NEXT_ACTION, (Column("head_mask", (3,), "bool"),)])
def test_without_priming_any_column_will_do(columns: tuple[Column, ...]) -> None:
    assert len(Primed(prime=0).build(make_spec(columns=columns))) == 0
