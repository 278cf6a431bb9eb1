import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Space, Text, Tuple

from rlzoo.contracts.encoding import (
    MAX_COMBINATIONS,
    CombinedActions,
    Flattened,
    Tokens,
    as_actions,
    as_array,
    encoded_actions,
    encoded_observations,
)
from rlzoo.contracts.errors import BadInput

NESTED = Dict(b=Discrete(3, start=1), a=Tuple((Box(-1, 1, (2,)), MultiBinary(2))), c=MultiDiscrete([2, 2]))


def test_texts_become_padded_token_ids() -> None:
    space = Tokens(Text(5, charset="cab"))
    assert space.encode("abc").tolist() == [1, 2, 3, 0, 0]
    assert space.encode("").tolist() == [0] * 5
    assert space.nvec.tolist() == [4] * 5
    assert space.contains(space.encode("ccccc"))


@pytest.mark.slow
def test_tokens_are_the_same_in_every_process() -> None:
    imports = "from gymnasium.spaces import Text; from rlzoo.contracts.encoding import Tokens"
    code = f"{imports}; print(Tokens(Text(3)).encode('zA7'))"
    ids = {
        subprocess.check_output([sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, text=True)
        for seed in ("1", "2")
    }
    assert len(ids) == 1


@pytest.mark.parametrize(
    ("text", "message"), [("abcabc", "longer than the 5 characters"), ("abx", "the character 'x', which its space")]
)
def test_texts_outside_their_space_are_refused(text: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        Tokens(Text(5, charset="abc")).encode(text)


def test_dicts_and_tuples_become_vectors_in_the_order_of_their_parts() -> None:
    space = Flattened(NESTED)
    observation = {"a": (np.array([0.5, -0.5]), np.array([1, 0])), "b": 2, "c": np.array([1, 0])}
    parts = {"a": [0.5, -0.5, 1, 0], "b": [0, 1, 0], "c": [0, 1, 1, 0]}
    expected = [number for name in NESTED.spaces for number in parts[name]]
    assert space.encode(observation).tolist() == expected
    assert space.encode(observation).dtype == space.dtype == np.float32
    assert space.contains(space.encode(observation))


@pytest.mark.parametrize("observation", [{"a": 0}, {"a": 5, "b": np.zeros(2)}, {"a": 0, "b": "text"}])
def test_observations_that_do_not_fit_are_refused(observation: Any) -> None:
    space = Flattened(Dict(a=Discrete(2), b=Box(-1, 1, (2,))))
    with pytest.raises(BadInput, match=r"the observation .* does not fit Dict\("):
        space.encode(observation)


def test_flattening_can_be_refused() -> None:
    assert isinstance(encoded_observations("Some-v0", NESTED, True), Flattened)
    with pytest.raises(BadInput, match=r"`Some-v0` has .*Dict.*`environment\.flatten=false` forbids"):
        encoded_observations("Some-v0", NESTED, False)


def test_parts_that_cannot_be_flattened_are_named() -> None:
    with pytest.raises(BadInput, match=r"its part Text\(.*cannot be flattened \(only Box, Discrete"):
        encoded_observations("Some-v0", Dict(a=Discrete(2), b=Tuple((Text(3),))), True)


@pytest.mark.parametrize("space", [Discrete(3), Box(-1, 1, (3,)), MultiBinary(3), MultiDiscrete([2, 2])])
def test_other_observations_stay_as_they_are(space: Space[Any]) -> None:
    assert encoded_observations("Some-v0", space, False) is space


def test_the_last_component_of_combined_actions_changes_fastest() -> None:
    space = CombinedActions(MultiDiscrete([2, 3], start=[5, -1]))
    assert space.n == 6
    assert space.decode(np.arange(6)).tolist() == [[5, -1], [5, 0], [5, 1], [6, -1], [6, 0], [6, 1]]


@pytest.mark.parametrize("original", [MultiDiscrete([[2, 3], [4, 2]]), MultiBinary(5), MultiBinary((2, 3))])
def test_every_combination_occurs_once(original: Any) -> None:
    space = encoded_actions("Some-v0", original)
    assert isinstance(space, CombinedActions)
    actions = space.decode(np.arange(space.n))
    assert len(np.unique(actions.reshape(len(actions), -1), axis=0)) == space.n
    assert all(original.contains(action) for action in actions)


def test_as_many_combinations_as_allowed() -> None:
    assert encoded_actions("Some-v0", MultiBinary(12)) == Discrete(MAX_COMBINATIONS)
    with pytest.raises(BadInput, match=r"`Some-v0` .* 8,192 combinations; .* at most 4,096"):
        encoded_actions("Some-v0", MultiBinary(13))
    with pytest.raises(BadInput, match="combinations"):
        encoded_actions("Some-v0", MultiDiscrete([1000] * 30))  # more than an int64


@pytest.mark.parametrize("mask", [np.array([1, 0, 1, 1, 0]), (np.array([1, 0]), np.array([1, 1, 0]))])
def test_masks_of_components_allow_the_combinations_of_allowed_ones(mask: Any) -> None:
    space = CombinedActions(MultiDiscrete([2, 3]))
    allowed = space.decode(np.flatnonzero(space.combine_mask(mask)))
    assert allowed.tolist() == [[0, 0], [0, 1]]


def test_masks_over_combinations_are_refused() -> None:
    with pytest.raises(BadInput, match=r"action mask of shape \(6,\), not \(5,\)"):
        CombinedActions(MultiDiscrete([2, 3])).combine_mask(np.ones(6))


def test_observations_are_encoded_alone_in_lists_or_not_at_all() -> None:
    space, dtype = Tokens(Text(2, charset="ab")), np.dtype(np.int64)
    assert as_array(space, "ab", dtype).tolist() == [1, 2]
    assert as_array(space, ["ab", "b"], dtype).tolist() == [[1, 2], [2, 0]]
    assert as_array(space, [[1, 2], [2, 0]], dtype).tolist() == [[1, 2], [2, 0]]
    flat = Flattened(Tuple((Discrete(2), Discrete(2))))
    assert as_array(flat, (1, 0), np.dtype(np.float32)).tolist() == [0, 1, 1, 0]
    assert as_array(flat, [(1, 0), (0, 0)], np.dtype(np.float32)).shape == (2, 4)
    assert as_array(flat, np.zeros((3, 4)), np.dtype(np.float32)).shape == (3, 4)


def test_actions_are_those_of_the_environment() -> None:
    assert as_actions(Discrete(3, start=-1), np.array([0, 2])).tolist() == [-1, 1]
    assert as_actions(CombinedActions(MultiBinary(2)), np.array([[1], [2]])).tolist() == [[[0, 1]], [[1, 0]]]
    assert as_actions(Box(-1, 1, (2,)), np.zeros((4, 2))).shape == (4, 2)
