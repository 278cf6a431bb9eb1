"""Actions since the beginning of episodes, and environments restored by repeating them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete
from hypothesis import given
from hypothesis import strategies as st

from rlzoo.components.environments.gymnasium import Gymnasium
from rlzoo.training.replay import ActionHistory, replay, restore

import support.masked  # noqa: F401 - registers an environment

SHAPE = (2, 3)


def played(steps: int, seed: int, space: Any, history: ActionHistory) -> list[list[list[Any]]]:
    """Actions of the running episodes as plain lists, after steps in which episodes end at random."""
    rng, lengths = np.random.default_rng(seed), np.zeros(SHAPE, np.int64)
    lists: list[list[list[Any]]] = [[[] for _ in range(SHAPE[1])] for _ in range(SHAPE[0])]
    for _ in range(steps):
        action = rng.integers(int(space.n), size=SHAPE) if isinstance(space, Discrete) else rng.normal(size=(*SHAPE, 2))
        history.append(action, lengths)
        lengths += 1
        for lane, env in np.ndindex(SHAPE):
            lists[lane][env].append(action[lane, env].tolist())
            if rng.random() < 0.02:
                lists[lane][env], lengths[lane, env] = [], 0
    assert [[actions.tolist() for actions in row] for row in history.of(lengths)] == lists
    return lists


@given(steps=st.integers(0, 400), seed=st.integers(0, 99), continuous=st.booleans())
def test_the_history_has_the_actions_of_the_running_episodes(steps: int, seed: int, continuous: bool) -> None:
    space = Box(-1, 1, (2,)) if continuous else Discrete(300)
    played(steps, seed, space, ActionHistory(space, SHAPE))


def test_a_history_that_is_loaded_goes_on() -> None:
    space, lengths = Discrete(5), np.array([[3, 0, 1], [2, 2, 0]])
    first, second = ActionHistory(space, SHAPE), ActionHistory(space, SHAPE)
    for step in range(3):
        first.append(np.full(SHAPE, step), np.minimum(lengths, step))
    second.load(first.of(lengths))
    assert [[it.tolist() for it in row] for row in second.of(lengths)] == [[[0, 1, 2], [], [2]], [[1, 2], [1, 2], []]]
    second.append(np.full(SHAPE, 4), lengths)
    assert [it.tolist() for it in second.of(lengths + 1)[0]] == [[0, 1, 2, 4], [4], [2, 4]]


def test_memory_stays_in_proportion_to_the_longest_episode() -> None:
    history, lengths = ActionHistory(Discrete(3), SHAPE), np.zeros(SHAPE, np.int64)
    for step in range(10_000):
        history.append(np.zeros(SHAPE, np.int64), lengths)
        lengths = np.full(SHAPE, (step + 1) % 50)
    assert history._kept.nbytes <= (2 * 50 + 64) * 6


@pytest.mark.parametrize("id_", ["CartPole-v1", "FrozenLake-v1", "Taxi-v4", "rlzoo-tests/Masked-v0"])
def test_environments_come_to_where_they_were(id_: str) -> None:
    first, second = (Gymnasium(id_, engine="gymnasium").build(*SHAPE) for _ in range(2))
    rng, everywhere = np.random.default_rng(0), np.ones(SHAPE, np.bool_)
    seeds = rng.integers(1_000, size=SHAPE)
    history = ActionHistory(first.action_space, SHAPE)
    lengths, returns = np.zeros(SHAPE, np.int64), np.zeros(SHAPE)
    observation = first.reset(everywhere, seeds)
    for step in range(70):
        mask = first.action_mask
        chances = rng.random((*SHAPE, int(first.action_space.n)))
        action = (chances if mask is None else chances * mask).argmax(-1)
        history.append(action, lengths)
        observation, reward, terminated, truncated = first.step(action)
        lengths, returns, ended = lengths + 1, returns + reward, terminated | truncated
        ended[0, 1] |= step == 30  # any other episode may be longer
        if ended.any():
            lengths[ended], returns[ended] = 0, 0.0
            seeds[ended] = rng.integers(1_000, size=int(ended.sum()))
            observation = first.reset(ended, seeds)
    assert len(set(lengths.flat)) > 1
    reached, differs = restore(second, seeds, history.of(lengths), observation, returns)
    assert not differs.any()
    assert np.array_equal(reached, observation)
    for _ in range(5):
        mask = first.action_mask
        action = np.zeros(SHAPE, np.int64) if mask is None else mask.argmax(-1)
        results = first.step(action), second.step(action)
        assert all(map(np.array_equal, *results))
        if (results[0][2] | results[0][3]).any():
            break


def test_what_differs_is_found() -> None:
    environment = Gymnasium("CartPole-v1").build(1, 2)
    seeds, actions = np.array([[1, 2]]), [[np.zeros(3, np.int64), np.ones(200, np.int64)]]
    observation, returns, early = replay(environment, seeds, actions)
    assert early.tolist() == [[False, True]]  # nobody balances a pole for so long
    assert returns[0, 0] == 3.0
    _, differs = restore(environment, seeds, [[actions[0][0]] * 2], observation, np.array([[3.0, 3.0]]))
    assert differs.tolist() == [[False, True]]
    _, differs = restore(environment, seeds, [[actions[0][0]] * 2], observation, np.array([[4.0, 3.0]]))
    assert differs.tolist() == [[True, True]]
