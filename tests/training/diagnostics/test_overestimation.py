"""The difference of Q and return, against brute force."""

from __future__ import annotations

import numpy as np
import pytest

from rlzoo.training.diagnostics.returns import NEGLIGIBLE, Overestimation

RNG = np.random.default_rng(0)
OVER, GOES_ON = np.ones((1, 1), np.bool_), np.zeros((1, 1), np.bool_)


def followed(gamma: float, rewards: list[float], *ends: np.ndarray) -> float:
    errors = Overestimation(1, 1, gamma)
    errors.begin(np.full((1, 1), 10.0))
    errors.follow(np.array(rewards)[None, :, None], *ends)
    return float(errors.take()[0])


def test_the_return_is_discounted_to_the_end_of_the_episode() -> None:
    assert followed(0.5, [1, 2, 4], OVER, GOES_ON) == 10 - (1 + 1 + 1)


@pytest.mark.parametrize("ends", [(GOES_ON, GOES_ON), (GOES_ON, OVER)])
def test_an_unknown_return_is_left_out(ends: tuple[np.ndarray, np.ndarray]) -> None:
    assert np.isnan(followed(0.5, [1, 2, 4], *ends))


def test_rewards_that_are_discounted_away_do_not_matter() -> None:
    steps = next(n for n in range(100) if 0.5**n < NEGLIGIBLE)
    expected = 10 - sum(0.5**n for n in range(steps))
    assert followed(0.5, [1] * steps, GOES_ON, GOES_ON) == expected
    assert followed(0.5, [1] * steps + [1e9], GOES_ON, OVER) == expected


def test_a_pair_is_followed_to_its_end_before_the_next() -> None:
    errors = Overestimation(1, 1, 1.0)
    errors.begin(np.full((1, 1), 10.0))
    errors.follow(np.ones((1, 2, 1)), GOES_ON, GOES_ON)
    errors.begin(np.full((1, 1), 99.0))
    errors.follow(np.ones((1, 3, 1)), OVER, GOES_ON)
    assert errors.take().tolist() == [5]
    assert np.isnan(errors.take()).all()


def test_bits_do_not_depend_on_how_steps_come_in_nor_on_other_lanes() -> None:
    rewards, q = RNG.normal(size=(3, 300, 2)), RNG.normal(size=(3, 2))
    never, over = np.zeros((3, 2), np.bool_), np.ones((3, 2), np.bool_)
    gammas = np.array([[0.9], [0.99], [1.0]])
    together = Overestimation(3, 2, gammas)
    together.begin(q)
    together.follow(rewards, over, never)
    expected = together.take()
    for lane in range(3):
        mine = slice(lane, lane + 1)
        alone = Overestimation(1, 2, float(gammas[lane, 0]))
        alone.begin(q[mine])
        for part in (slice(0, 1), slice(1, 100), slice(100, 299)):
            alone.follow(rewards[mine, part], never[mine], never[mine])
        copy = Overestimation(1, 2, float(gammas[lane, 0]))
        copy.load_state(alone.state())
        copy.follow(rewards[mine, 299:], over[mine], never[mine])
        assert copy.take().tolist() == expected[mine].tolist()
