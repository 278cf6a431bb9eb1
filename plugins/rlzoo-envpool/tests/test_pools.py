"""EnvPool's dynamics against Gymnasium's, and what is asked of an environment."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

from rlzoo.contracts.errors import BadInput, OptionError, UnknownName
from rlzoo_envpool.pools import EnvPool

ONE = np.ones((1, 1), np.bool_)


def episode(options: EnvPool, actions: np.ndarray, seed: int = 5) -> list[tuple[Any, ...]]:
    """`(before, action, reward, after, terminated, truncated)` of each step until the episode is over."""
    environment, told = options.build(1, 1), []
    before = environment.reset(ONE, np.full((1, 1), seed))[0, 0]
    for action in actions:
        after, reward, terminated, truncated = (part[0, 0] for part in environment.step(np.full((1, 1), action)))
        told.append((before, int(action), float(reward), after, bool(terminated), bool(truncated)))
        before = after
        if terminated or truncated:
            break
    environment.close()
    return told


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("id_", "actions"), [("CartPole-v1", 2), ("MountainCar-v0", 3)])
def test_every_transition_is_one_of_gymnasiums(id_: str, actions: int, seed: int) -> None:
    chosen = np.random.default_rng(seed).integers(actions, size=250)
    theirs: Any = gymnasium.make(id_).unwrapped
    theirs.reset(seed=0)
    transitions = episode(EnvPool(id_), chosen, seed)
    for before, action, reward, after, terminated, _ in transitions:
        theirs.state = tuple(before.astype(np.float64))
        theirs.steps_beyond_terminated = None
        expected, expected_reward, over, *_ = theirs.step(action)
        np.testing.assert_allclose(after, expected, rtol=1e-5, atol=1e-6)
        assert (reward, terminated) == (expected_reward, over)
    assert transitions[-1][4] == (id_ == "CartPole-v1")


def test_an_episode_is_its_seeds_alone_whatever_was_before_and_beside() -> None:
    environment = EnvPool("CartPole-v1").build(2, 2)
    everywhere, seeds = np.ones((2, 2), np.bool_), np.arange(4).reshape(2, 2)
    first = environment.reset(everywhere, seeds)
    for _ in range(7):
        environment.step(np.ones((2, 2), np.int64))
    assert np.array_equal(environment.reset(everywhere, seeds), first)
    assert np.array_equal(environment.reset(everywhere, seeds[::-1]), first[::-1])
    assert len({tuple(row) for row in first.reshape(4, -1).tolist()}) == 4


def test_reset_begins_only_the_masked_episodes() -> None:
    environment = EnvPool("CartPole-v1").build(2, 3)
    seeds = np.arange(6).reshape(2, 3)
    first = environment.reset(np.ones((2, 3), np.bool_), seeds)
    arrived = environment.step(np.ones((2, 3), np.int64))[0]
    kept = arrived.copy()
    mask = np.zeros((2, 3), np.bool_)
    mask[1, 0] = True
    observation = environment.reset(mask, seeds + 100)
    assert abs(observation[1, 0]).max() < 0.05
    assert not np.array_equal(observation[1, 0], first[1, 0])
    assert np.array_equal(observation[~mask], kept[~mask])
    assert np.array_equal(arrived, kept)  # what was handed out before does not change


def test_pitfall_02_the_last_observation_is_the_true_one() -> None:
    *_, (_, _, reward, after, terminated, truncated) = episode(EnvPool("CartPole-v1"), np.ones(20))
    assert (reward, terminated, truncated) == (1.0, True, False)
    assert abs(after[2]) > 0.2095  # the pole has fallen; a new episode begins within 0.05


def test_pitfall_03_what_is_over_waits_and_the_step_that_only_resets_is_never_taken() -> None:
    environment = EnvPool("CartPole-v1").build(1, 2)
    environment.reset(np.ones((1, 2), np.bool_), np.array([[5, 6]]))
    ended, steps = np.zeros((1, 2), np.bool_), 0
    while not ended.any():  # the first leans one way until it falls, the second sways
        last, _, ended, _ = environment.step(np.array([[1, steps % 2]]))
        steps += 1
    assert ended.tolist() == [[True, False]]
    for _ in range(3):
        observation, reward, terminated, truncated = environment.step(np.array([[1, steps % 2]]))
        assert np.array_equal(observation[0, 0], last[0, 0])
        assert reward[0, 1] == 1.0
        assert (reward[0, 0], terminated[0, 0], truncated[0, 0]) == (0.0, False, False)
    begun = environment.reset(ended, np.array([[7, 6]]))
    assert abs(begun[0, 0]).max() < 0.05


@pytest.mark.parametrize(("limit", "ends"), [(8, (False, True)), (9, (True, True)), (10, (True, False))])
def test_pitfall_01_an_end_by_time_is_no_other_end(limit: int, ends: tuple[bool, bool]) -> None:
    """The pole falls in step 9, as it would with Gymnasium's TimeLimit, which says both where both are true."""
    transitions = episode(EnvPool("CartPole-v1", max_episode_steps=limit), np.ones(20))
    assert len(transitions) == min(limit, 9)
    assert transitions[-1][4:] == ends


@pytest.mark.parametrize(("id_", "limit"), [("CartPole-v1", 500), ("CartPole-v0", 200), ("MountainCar-v0", 200)])
def test_the_environments_own_limit_holds(id_: str, limit: int) -> None:
    assert EnvPool(id_).build(1, 1).limit == limit
    if id_ == "MountainCar-v0":
        transitions = episode(EnvPool(id_), np.ones(300))
        assert len(transitions) == limit
        assert transitions[-1][4:] == (False, True)


def test_spaces_and_types_are_rlzoos() -> None:
    environment = EnvPool("CartPole-v1").build(2, 3)
    assert isinstance(environment.observation_space, Box)
    assert environment.action_space == Discrete(2)
    observation = environment.reset(np.ones((2, 3), np.bool_), np.arange(6).reshape(2, 3))
    told = environment.step(np.zeros((2, 3), np.int64))
    assert [part.shape for part in told] == [(2, 3, 4), (2, 3), (2, 3), (2, 3)]
    assert observation.dtype == told[0].dtype == np.float32
    states = EnvPool("FrozenLake-v1").build(1, 1)
    assert states.reset(ONE, np.zeros((1, 1), np.int64)).dtype == np.int64


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (EnvPool("CartPol-v1"), UnknownName, "EnvPool has no environment `CartPol-v1`. Did you mean `CartPole-v1`?"),
        (EnvPool("CartPole-v1", kwargs={"speed": 3}), OptionError, "`CartPole-v1` does not accept {'speed': 3}"),
        (EnvPool("CartPole-v1", kwargs={"num_envs": 3}), OptionError, "`CartPole-v1` does not accept {'num_envs': 3}"),
        (EnvPool("Pendulum-v1"), BadInput, "`envpool/Pendulum-v1` has the action space Box"),
    ],
)
def test_what_cannot_be_learnt_in_is_refused(options: EnvPool, error: type, message: str) -> None:
    with pytest.raises(error, match=message.replace("?", r"\?")):
        options.build(1, 1).reset(ONE, np.zeros((1, 1), np.int64))
