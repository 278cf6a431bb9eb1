from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import pytest

from rlzoo.contracts import PER_LANE, Meta
from rlzoo.contracts.per_lane import merge, merge_compositions, per_lane
from rlzoo.registry.composition import compose

from support.tiny import CATALOG


@dataclass(frozen=True)
class Sample:
    rate: Annotated[float, Meta(gt=0, description="a rate"), PER_LANE] = 0.5
    end: Annotated[float, Meta(ge=0, description="its end"), PER_LANE] | None = None
    steps: Annotated[int, Meta(ge=1, description="its duration"), PER_LANE] = 10
    betas: Annotated[tuple[float, float], Meta(description="two more"), PER_LANE] = (0.9, 0.99)
    width: Annotated[int, Meta(ge=1, description="sets shapes")] = 8
    kind: Literal["a", "b"] = "a"


def test_settings_per_lane_are_declared_in_their_types() -> None:
    assert per_lane(Sample) == {"rate", "end", "steps", "betas"}


def test_what_is_the_same_stays_and_what_differs_is_a_number_for_each_lane() -> None:
    merged = merge([Sample(rate=0.1, steps=5), Sample(rate=0.2, steps=5), Sample(rate=0.1, steps=5)])
    assert merged is not None
    assert np.array_equal(merged.rate, [[0.1], [0.2], [0.1]])
    assert (merged.end, merged.steps, merged.betas, merged.width) == (None, 5, (0.9, 0.99), 8)


def test_whole_numbers_and_members_of_tuples_may_differ() -> None:
    merged = merge([Sample(steps=3, betas=(0.9, 0.5)), Sample(steps=2**40 + 1, betas=(0.9, 0.6))])
    assert merged is not None
    assert merged.steps.tolist() == [[3], [2**40 + 1]]  # type: ignore[attr-defined]
    assert merged.betas[0] == 0.9
    assert np.array_equal(merged.betas[1], [[0.5], [0.6]])


@pytest.mark.parametrize("other", [Sample(width=9), Sample(kind="b"), Sample(end=0.1)])
def test_lanes_that_differ_in_anything_else_have_nothing_in_common(other: Sample) -> None:
    assert merge([Sample(), other]) is None
    assert merge([other, Sample()]) is None


def test_compositions_are_merged_slot_by_slot() -> None:
    def composed(**settings: object) -> object:
        return compose(CATALOG, "dqn", {"target": "soft"}, {name.replace("__", "."): v for name, v in settings.items()})

    plain, other = composed(), composed(optimizer__lr=0.1, target__tau=0.5)
    merged = merge_compositions([plain, other])  # type: ignore[list-item]
    assert merged is not None
    assert np.array_equal(merged["optimizer"].lr, [[plain["optimizer"].lr], [0.1]])  # type: ignore[index]
    assert merged["network"] == plain["network"]  # type: ignore[index]
    for unlike in (composed(train__batch_size=8), composed(network__hidden="4"), compose(CATALOG, "dqn")):
        assert merge_compositions([plain, unlike]) is None  # type: ignore[list-item]
