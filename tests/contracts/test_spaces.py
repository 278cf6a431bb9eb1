from typing import Any

import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Space, Text

from rlzoo.contracts.errors import BadInput
from rlzoo.contracts.spaces import check_spaces, observation_layout


@pytest.mark.parametrize(
    ("space", "shape", "dtype"),
    [
        (Discrete(5, start=3), (), np.int64),
        (Box(-1, 1, (4,), np.float64), (4,), np.float32),
        (Box(-1, 1, (2, 3), np.float16), (2, 3), np.float32),
        (Box(0, 255, (8, 8, 3), np.uint8), (8, 8, 3), np.uint8),
        (Box(-9, 9, (2,), np.int32), (2,), np.int32),
        (Box(0, 9, (2,), np.uint16), (2,), np.int64),
        (MultiBinary((2, 3)), (2, 3), np.int8),
        (MultiDiscrete([2, 3]), (2,), np.int64),
    ],
)
def test_how_observations_are_stored(space: Space[Any], shape: tuple[int, ...], dtype: type) -> None:
    check_spaces("Some-v0", space, Discrete(2))
    assert observation_layout(space) == (shape, np.dtype(dtype))


@pytest.mark.parametrize("action", [Box(-1, 1, (2,)), MultiDiscrete([2, 3]), MultiBinary(4)])
def test_only_discrete_actions_are_accepted(action: Space[Any]) -> None:
    with pytest.raises(BadInput, match=r"`Some-v0` has the action space .*needs Discrete actions"):
        check_spaces("Some-v0", Discrete(2), action)


def test_continuous_actions_are_accepted_where_they_are_supported() -> None:
    check_spaces("Some-v0", Discrete(2), Box(-1, 1, (2,)), continuous=True)
    with pytest.raises(BadInput, match=r"action space MultiBinary\(4\); rlzoo needs Discrete or Box actions"):
        check_spaces("Some-v0", Discrete(2), MultiBinary(4), continuous=True)


@pytest.mark.parametrize("observation", [Dict(a=Discrete(2)), Text(5)])
def test_observations_without_a_shape_are_refused(observation: Space[Any]) -> None:
    with pytest.raises(BadInput, match=r"`Some-v0` has the observation space .*learns from Box, Discrete, MultiBinary"):
        check_spaces("Some-v0", observation, Discrete(2))


def test_empty_observations_are_refused() -> None:
    with pytest.raises(BadInput, match=r"empty observations, of shape \(0,\)"):
        check_spaces("Some-v0", Box(-1, 1, (0,)), Discrete(2))
