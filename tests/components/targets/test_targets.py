from typing import Any

import numpy as np
import pytest
import torch

from rlzoo.components.targets.hard import Hard
from rlzoo.components.targets.none import NoTarget
from rlzoo.components.targets.soft import Soft
from rlzoo.lanes.clock import Clock
from rlzoo.lanes.params import Params

from support.tiny import make_spec

TAU = 0.25


def params(value: float) -> Params:
    """A parameter and two kinds of buffers of two lanes."""
    leaf = torch.tensor([[value, value + 1], [value + 2, value + 3]], requires_grad=True)
    return {"weight": leaf, "mean": torch.tensor([value, -value]), "count": torch.tensor([int(value), 7])}


def advance(clock: Clock, unit: str, by: int) -> None:
    if unit == "episodes":
        clock.episodes += by
    else:
        setattr(clock, unit, getattr(clock, unit) + by)


@pytest.mark.parametrize("options", [Hard(), Soft()])
def test_pitfall_09_the_target_starts_as_a_copy_buffers_too(options: Any) -> None:
    online = params(3.0)
    target = options.build(make_spec()).start(online)
    for name, leaf in online.items():
        assert torch.equal(target[name], leaf)
        assert target[name].data_ptr() != leaf.data_ptr()
        assert not target[name].requires_grad


def test_pitfall_09_none_shares_the_parameters() -> None:
    online, updater = params(3.0), NoTarget().build(make_spec())
    target = updater.start(online)
    updater.update(online, target, Clock(1))
    assert all(target[name] is leaf for name, leaf in online.items())


@pytest.mark.parametrize("stride", [1, 8])
@pytest.mark.parametrize("period", [1, 3, 500, 501])
@pytest.mark.parametrize("unit", ["steps", "updates", "episodes"])
def test_hard_copies_at_every_multiple_of_its_period(unit: Any, period: int, stride: int) -> None:
    updater, clock, online = Hard(period, unit).build(make_spec()), Clock(1), params(0.0)
    target, expected = updater.start(online), 0.0
    for count in range(stride, 1100, stride):
        online = params(float(count))
        advance(clock, unit, stride)
        if count // period > (count - stride) // period:
            expected = float(count)
        updater.update(online, target, clock)
        assert all(torch.equal(target[name], leaf) for name, leaf in params(expected).items())
        updater.update(params(-1.0), target, clock)  # asked again at the same count: nothing is due
        assert target["weight"][0, 0] == expected


@pytest.mark.parametrize("stride", [1, 8])
@pytest.mark.parametrize("period", [1, 3, 20])
@pytest.mark.parametrize("unit", ["steps", "updates", "episodes"])
def test_soft_moves_a_part_of_the_way_once_per_multiple(unit: Any, period: int, stride: int) -> None:
    updater, clock = Soft(TAU, period, unit).build(make_spec()), Clock(1)
    online, expected = params(10.0), 0.0
    target = updater.start(params(0.0))
    for count in range(stride, 60, stride):
        advance(clock, unit, stride)
        for _ in range(count // period - (count - stride) // period):
            expected += TAU * (10.0 - expected)
        updater.update(online, target, clock)
        np.testing.assert_allclose(target["weight"][0, 0], expected, rtol=1e-5)
        np.testing.assert_allclose(target["mean"][1], -expected, rtol=1e-5)
        assert int(target["count"][0]) == (10 if count >= period else 0)


def test_units_do_not_mix() -> None:
    updater, clock, online = Hard(5, "updates").build(make_spec()), Clock(1), params(1.0)
    target = updater.start(params(0.0))
    clock.steps, clock.updates, clock.episodes[0] = 100, 4, 100
    updater.update(online, target, clock)
    assert target["weight"][0, 0] == 0
    clock.updates = 5
    updater.update(online, target, clock)
    assert target["weight"][0, 0] == 1


def test_pitfall_10_soft_with_tau_one_is_hard() -> None:
    targets = []
    for options in (Soft(1.0, 7, "steps"), Hard(7, "steps")):
        updater, clock = options.build(make_spec()), Clock(1)
        targets.append(updater.start(params(0.0)))
        for _ in range(20):
            clock.steps += 1
            updater.update(params(clock.steps / 3), targets[-1], clock)
    assert all(torch.equal(targets[0][name], leaf) for name, leaf in targets[1].items())


def test_lanes_share_a_clock_unless_the_unit_is_episodes() -> None:
    for options in (Hard, Soft):
        assert [options(unit=unit).lockstep for unit in ("steps", "updates", "episodes")] == [True, True, False]


@pytest.mark.parametrize("period", [3, 500])
def test_pitfall_08_a_restored_updater_keeps_its_period_and_its_place(period: int) -> None:
    clock, updaters = Clock(1), [Hard(period).build(make_spec()) for _ in range(2)]
    targets = [updater.start(params(0.0)) for updater in updaters]
    clock.steps = 2 * period - 1
    updaters[0].update(params(1.0), targets[0], clock)
    updaters[1].load_state(updaters[0].state())
    for _ in range(3 * period):
        clock.steps += 1
        fired = []
        for updater, target in zip(updaters, targets, strict=True):
            updater.update(params(float(clock.steps)), target, clock)
            fired.append(target["weight"][0, 0].item() == clock.steps)
        assert fired == [clock.steps % period == 0] * 2
    assert updaters[0].state() == updaters[1].state()
