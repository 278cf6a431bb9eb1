from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rlzoo.contracts import Rows
from rlzoo.training.lane_states import join_states, split_state


def state(lanes: int = 3) -> dict[str, Any]:
    numbers = np.arange(lanes * 4.0).reshape(lanes, 4)
    return {
        "array": numbers,
        "shared": np.array(7),
        "list": [{"lane": lane} for lane in range(lanes)],
        "count": 5,
        "name": "x",
        "nothing": None,
        "inner": {"array": numbers > 3},
        "rows": Rows(2, 4, lambda lane, begin, end: {"row": numbers[lane, begin:end]}),
    }


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, Rows):
        return value.first, value.last
    return value.tolist() if isinstance(value, np.ndarray) else value


def test_lanes_apart_and_together_again_are_the_same() -> None:
    lanes = split_state(state(), 3)
    assert [lane["array"].shape for lane in lanes] == [(1, 4)] * 3
    assert [lane["list"] for lane in lanes] == [[{"lane": 0}], [{"lane": 1}], [{"lane": 2}]]
    assert plain(join_states(lanes)) == plain(state())
    assert plain(join_states([lanes[2], lanes[0]]))["list"] == [{"lane": 2}, {"lane": 0}]


def test_rows_belong_to_their_lane() -> None:
    lanes = split_state(state(), 3)
    assert lanes[1]["rows"].read(0, 2, 4)["row"].tolist() == [6.0, 7.0]
    joined = join_states([lanes[2], lanes[1]])["rows"]
    assert [joined.read(lane, 3, 4)["row"].tolist() for lane in (0, 1)] == [[11.0], [7.0]]


def test_an_array_without_an_entry_per_lane_is_named() -> None:
    with pytest.raises(ValueError, match=r"the state `inner.array` needs one entry for each of 3 lanes, not 2"):
        split_state({"inner": {"array": np.zeros((2, 3))}}, 3)


@pytest.mark.parametrize(
    "other", [{"count": 6}, {"shared": np.array(8)}, {"rows": Rows(2, 5, lambda *_: {})}, {"name": "y"}]
)
def test_lanes_at_different_steps_cannot_be_joined(other: dict[str, Any]) -> None:
    lanes = split_state(state(), 3)
    with pytest.raises(ValueError, match=rf"lanes cannot be joined: their `{next(iter(other))}` differs"):
        join_states([lanes[0], {**lanes[1], **other}])
