from __future__ import annotations

import numpy as np
import pytest

from rlzoo.ablation.stats.paired import mean_estimate
from rlzoo.ablation.stats.sequential import Decision, decide, planned_looks
from rlzoo.errors import BadInput

from simulation import SHAPES, Sample


def test_looks_double_up_to_the_limit() -> None:
    assert planned_looks(10, 100) == [10, 20, 40, 80, 100]
    assert planned_looks(5, 5) == [5]
    with pytest.raises(BadInput, match="needs 5 seeds to begin with, not 4"):
        planned_looks(4, 10)
    with pytest.raises(BadInput, match="limit of 9 seeds is below the 10"):
        planned_looks(10, 9)


def test_it_goes_on_until_the_widest_interval_is_narrow() -> None:
    narrow, wide = np.random.default_rng(0).normal(size=(2, 10)) * [[1], [50]]
    estimate = mean_estimate(wide, 0.05 / 3)
    width = estimate.high - estimate.low
    assert decide([narrow, wide], 10, width + 0.1, [10, 20, 40]) == Decision(True, 10, pytest.approx(width))
    assert decide([narrow, wide], 10, width - 0.1, [10, 20, 40]) == Decision(False, 20, pytest.approx(width))


def test_it_stops_at_the_limit() -> None:
    wide = np.random.default_rng(0).normal(size=40)
    decision = decide([wide], 40, 1e-9, [10, 20, 40])
    assert (decision.stop, decision.seeds) == (True, 40)


def test_what_cannot_be_told_is_not_narrow() -> None:
    assert decide([np.zeros(10), np.zeros(3)], 10, 100, [10, 20]) == Decision(False, 20, None)
    assert decide([np.zeros(10)], 10, 100, [10, 20]) == Decision(True, 10, 0.0)


@pytest.mark.parametrize(("name", "width"), [("normal", 60), ("skewed", 90), ("half collapse", 250)])
def test_the_interval_at_which_it_stops_holds_the_truth(name: str, width: float) -> None:
    looks, rng, sample = planned_looks(10, 80), np.random.default_rng(3), SHAPES[name]
    held, used, unadjusted = zip(*(_study(sample, rng, width, looks) for _ in range(1500)), strict=True)
    assert len(set(used)) > 1  # it does stop at several looks
    print(
        f"\n| {name}, until {width} | {np.mean(held):.1%} | seeds {np.mean(used):.0f} | {np.mean(unadjusted):.1%} |",
        end="",
    )
    assert np.mean(held) >= 0.94


def _study(sample: Sample, rng: np.random.Generator, width: float, looks: list[int]) -> tuple[bool, int, bool]:
    """Whether the interval held the truth, of how many seeds, and whether one of plain 95 % would have."""
    all_seeds = (sample(rng, 1, looks[-1]) - sample(rng, 1, looks[-1]))[0]
    seeds = looks[0]
    while not (decision := decide([all_seeds[:seeds]], seeds, width, looks)).stop:
        seeds = decision.seeds
    own = mean_estimate(all_seeds[:seeds], 0.05 / len(looks))
    plain = mean_estimate(all_seeds[:seeds])
    return own.low <= 0 <= own.high, seeds, plain.low <= 0 <= plain.high
