"""What the tasks show, earn and hide."""

from __future__ import annotations

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from rlzoo.contracts.errors import OptionError
from rlzoo.registry.composition import compose, read_composition
from rlzoo.testing import installed
from rlzoo_recurrent.environments import FORWARD, LEFT, RIGHT, HiddenVelocity, MemoryChain, TMaze
from rlzoo_recurrent.tasks import Memory

CATALOG = installed()


@pytest.mark.parametrize("name", ["t-maze", "chain", "cart-pole"])
@pytest.mark.filterwarnings("ignore:.*different from the unwrapped")
def test_gymnasium_accepts_it(name: str) -> None:
    check_env(compose(CATALOG, "dqn", environment=f"memory/{name}")["environment"].make(), skip_render_check=True)


@pytest.mark.parametrize("turn", [LEFT, RIGHT])
def test_the_sign_of_the_maze_tells_where_to_turn(turn: int) -> None:
    env, signs = TMaze(length=3), set()
    for seed in range(10):
        observation, _ = env.reset(seed=seed)
        sign = observation[0]
        signs.add(sign)
        assert abs(sign) == 1
        assert observation[1] == 0
        steps = [env.step(action) for action in (LEFT, FORWARD, FORWARD, RIGHT, FORWARD, FORWARD)]
        assert [step[0].tolist() for step in steps] == [[sign, 0], [0, 0], [0, 0], [0, 0], [0, 1], [0, 1]]
        assert not any(step[1] or step[2] or step[3] for step in steps)
        assert env.step(turn)[1:4] == (float((turn == RIGHT) == (sign == 1)), True, False)
    assert signs == {-1, 1}


def test_the_maze_is_truncated() -> None:
    env = TMaze(length=1)
    env.reset(seed=0)
    assert [env.step(FORWARD)[3] for _ in range(24)] == [False] * 23 + [True]


def test_the_chain_asks_for_its_bit_once() -> None:
    for length in (1, 4):
        env, bits = MemoryChain(length), set()
        for seed in range(10):
            seen = [env.reset(seed=seed)[0]]
            bit = int(seen[0][0] > 0)
            bits.add(bit)
            for _ in range(length):
                observation, reward, terminated, truncated, _ = env.step(1 - bit)
                seen.append(observation)
                assert (reward, terminated, truncated) == (0, False, False)
            assert [shown[0] for shown in seen] == [2 * bit - 1] + [0] * length
            assert [shown[1] for shown in seen] == [0] * length + [1]
            assert env.step(seed % 2)[1:3] == (1.0 if seed % 2 == bit else -1.0, True)
        assert bits == {0, 1}


def test_velocities_are_hidden_and_frames_are_stacked() -> None:
    env = Memory("cart-pole").make()
    assert isinstance(env, HiddenVelocity)
    observation, _ = env.reset(seed=3)
    np.testing.assert_array_equal(observation, env.unwrapped.state[[0, 2]].astype(np.float32))  # type: ignore[attr-defined]
    stacked = Memory("cart-pole", stack=4).make()
    first, _ = stacked.reset(seed=3)
    second = stacked.step(0)[0]
    assert first.shape == (4, 2)
    assert not first[:3].any()
    np.testing.assert_array_equal(second[2], observation)
    np.testing.assert_array_equal(second[3], env.step(0)[0])


@pytest.mark.parametrize("name", ["t-maze", "chain", "cart-pole"])
def test_a_run_is_read_again_as_it_was_recorded(name: str) -> None:
    made = compose(CATALOG, "r2d2", environment=f"memory/{name}")
    assert read_composition(CATALOG, made.to_dict()) == made


def test_a_length_is_refused_where_nothing_has_one() -> None:
    with pytest.raises(OptionError, match=r"environment\.length"):
        compose(CATALOG, "dqn", {}, {"environment.length": 3}, "memory/cart-pole")
