from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from rlzoo.components.optimizers.adam import Adam
from rlzoo.components.optimizers.radam import RAdam
from rlzoo.components.optimizers.rmsprop import RMSProp
from rlzoo.components.optimizers.sgd import SGD
from rlzoo.components.optimizers.stepper import clip_norm
from rlzoo.contracts import Optimizer
from rlzoo.contracts.errors import OptionError
from rlzoo.lanes.clock import Clock
from rlzoo.lanes.rows import VECTOR

from support.tiny import make_spec

LANES, STEPS = 3, 20
WIDTH = 2 * VECTOR  # rows are padded: torch rounds the last few numbers of an array differently


def row_of(seed: int = 0) -> Tensor:
    return torch.randn(LANES, WIDTH, generator=torch.Generator().manual_seed(seed))


def started(options: Any, steps: int | None = 1000) -> tuple[Optimizer, Tensor]:
    row = row_of().requires_grad_()
    optimizer = options.build(make_spec(steps=steps))
    optimizer.start({"parameters": row})
    return optimizer, row


def train(optimizer: Optimizer, row: Tensor, steps: range = range(STEPS)) -> None:
    clock = Clock(LANES)
    for clock.updates in steps:
        row.grad = row_of(1 + clock.updates)
        optimizer.step(clock)


TORCH: dict[str, tuple[Any, Callable[[list[Tensor]], torch.optim.Optimizer]]] = {
    "adam": (Adam(), lambda own: torch.optim.Adam(own, 1e-3)),
    "adam, all options": (
        Adam(lr=0.1, betas=(0.5, 0.9), eps=0.01),
        lambda own: torch.optim.Adam(own, 0.1, (0.5, 0.9), 0.01),
    ),
    "radam": (RAdam(), lambda own: torch.optim.RAdam(own, 1e-3)),
    "radam, never rectified": (RAdam(betas=(0.9, 0.5)), lambda own: torch.optim.RAdam(own, 1e-3, (0.9, 0.5))),
    "radam, all options": (
        RAdam(lr=0.1, betas=(0.5, 0.9), eps=0.01),
        lambda own: torch.optim.RAdam(own, 0.1, (0.5, 0.9), 0.01),
    ),
    "sgd": (SGD(lr=0.1), lambda own: torch.optim.SGD(own, 0.1)),
    "sgd with momentum": (SGD(lr=0.1, momentum=0.9), lambda own: torch.optim.SGD(own, 0.1, 0.9)),
    "rmsprop, epsilon outside": (
        RMSProp(lr=0.1, decay_rate=0.9, eps=0.1, eps_place="outside", centered=False, momentum=0.5),
        lambda own: torch.optim.RMSprop(own, 0.1, 0.9, 0.1, momentum=0.5),
    ),
}


@pytest.mark.parametrize("name", TORCH)
def test_each_lane_goes_the_way_of_a_torch_optimizer_alone(name: str) -> None:
    options, make = TORCH[name]
    optimizer, row = started(options)
    train(optimizer, row)
    for lane in range(LANES):
        own = row_of()[lane].clone().requires_grad_()
        single = make([own])
        for step in range(STEPS):
            own.grad = row_of(1 + step)[lane].clone()
            single.step()
        torch.testing.assert_close(row[lane], own, rtol=1e-5, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("place", ["inside", "outside"])
@pytest.mark.parametrize("centered", [True, False])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_pitfall_13_rmsprop_as_the_papers_write_it(place: Any, centered: bool, momentum: float) -> None:
    optimizer, row = started(
        RMSProp(0.1, decay_rate=0.9, eps=0.04, eps_place=place, centered=centered, momentum=momentum)
    )
    train(optimizer, row)
    x = row_of().double().numpy()
    square, mean, velocity = np.zeros_like(x), np.zeros_like(x), np.zeros_like(x)
    for step in range(STEPS):
        g = row_of(1 + step).double().numpy()
        square = 0.9 * square + 0.1 * g**2
        mean = 0.9 * mean + 0.1 * g
        variance = square - mean**2 if centered else square
        divisor = np.sqrt(variance + 0.04) if place == "inside" else np.sqrt(variance) + 0.04
        velocity = momentum * velocity + g / divisor
        x = x - 0.1 * velocity
    np.testing.assert_allclose(row.detach(), x, rtol=1e-3, atol=1e-4)


RULES: list[Any] = [
    SGD(),
    SGD(momentum=0.9),
    Adam(),
    Adam(betas=(0.3, 0.9), eps=0.01),
    RAdam(),
    RAdam(betas=(0.3, 0.9), eps=0.01),
    RMSProp(),
    RMSProp(eps_place="outside"),
    RMSProp(centered=False, momentum=0.5),
]


@pytest.mark.parametrize("options", RULES)
def test_the_compiled_pass_and_torch_give_the_same_bits(options: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled, row = started(options)
    train(compiled, row)
    monkeypatch.setattr("rlzoo.components.optimizers.stepper.COMPILED", ())
    plain, again = started(options)
    train(plain, again)
    assert torch.equal(row, again)
    assert all(np.array_equal(value, plain.state()[name]) for name, value in compiled.state().items())


PER_LANE: dict[str, tuple[Any, dict[str, tuple[Any, ...]]]] = {
    "sgd": (SGD, {"lr": (0.1, 0.01, 0.5), "momentum": (0.0, 0.9, 0.5)}),
    "sgd, linear": (SGD, {"lr": (0.1, 0.01, 0.5), "schedule": ("linear",) * 3, "end": (0.0, 0.01, 0.1)}),
    "sgd, clipped": (SGD, {"lr": (0.1, 0.01, 0.5), "max_grad_norm": (0.1, 1.0, 100.0)}),
    "adam": (
        Adam,
        {"lr": (0.1, 0.01, 1e-4), "eps": (1e-8, 0.01, 1e-4), "betas": ((0.9, 0.99), (0.3, 0.9), (0.8, 0.999))},
    ),
    "radam": (RAdam, {"lr": (0.1, 0.01, 1e-4), "betas": ((0.9, 0.99), (0.3, 0.9), (0.8, 0.5))}),
    "adam, inverse-time": (Adam, {"schedule": ("inverse-time",) * 3, "decay": (0.0, 0.1, 1.0)}),
    "rmsprop": (RMSProp, {"lr": (0.1, 0.01, 1e-4), "decay_rate": (0.9, 0.95, 0.0), "eps": (0.1, 0.01, 1e-4)}),
    "rmsprop, momentum": (RMSProp, {"momentum": (0.0, 0.9, 0.5), "centered": (False,) * 3}),
}


def per_lane(values: tuple[Any, ...]) -> Any:
    """One value of a setting from its values in each lane: `[L, 1]` if they are numbers that may differ."""
    if isinstance(values[0], tuple):
        return tuple(per_lane(value) for value in zip(*values, strict=True))
    return np.array(values)[:, None] if type(values[0]) is float else values[0]


@pytest.mark.parametrize("devices", [("cpu",), ()])
@pytest.mark.parametrize("name", PER_LANE)
def test_a_lane_with_its_value_is_a_lane_where_all_share_it(
    name: str, devices: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rlzoo.components.optimizers.stepper.COMPILED", devices)
    component, values = PER_LANE[name]
    together, rows = started(component(**{field: per_lane(value) for field, value in values.items()}))
    train(together, rows)
    clock = Clock(LANES)
    for lane in range(LANES):
        alone, row = started(component(**{field: value[lane] for field, value in values.items()}))
        train(alone, row)
        assert torch.equal(rows[lane], row[lane])
        assert np.broadcast_to(together.metrics(clock)["lr"], LANES)[lane] == alone.metrics(clock)["lr"]


def test_pitfall_13_rmsprop_defaults_are_those_of_the_nature_agent() -> None:
    options = RMSProp()
    assert (options.decay_rate, options.eps, options.eps_place, options.centered) == (0.95, 0.01, "inside", True)


@pytest.mark.parametrize("place", ["inside", "outside"])
def test_a_centered_variance_that_rounds_below_zero_does_no_harm(place: Any) -> None:
    optimizer, row = started(RMSProp(eps=1e-12, eps_place=place, lr=1e-3))
    clock = Clock(LANES)
    for _ in range(300):
        row.grad = torch.full_like(row, 0.1)
        optimizer.step(clock)
    assert not row.isnan().any()


@pytest.mark.parametrize("longest", [0.5, 5.0, 100.0])
def test_gradients_are_limited_lane_by_lane(longest: float) -> None:
    gradient = row_of() * torch.tensor([[0.01], [1.0], [100.0]])
    expected = []
    for own in gradient:
        alone = torch.zeros_like(own)
        alone.grad = own.clone()
        torch.nn.utils.clip_grad_norm_([alone], longest)
        expected.append(alone.grad)
    clip_norm(gradient, longest)
    torch.testing.assert_close(gradient, torch.stack(expected))


def test_the_limit_is_applied_before_the_step() -> None:
    optimizer, row = started(SGD(lr=1.0, max_grad_norm=0.5))
    train(optimizer, row, range(1))
    moved = (row - row_of()).norm(dim=1)
    torch.testing.assert_close(moved, torch.full((LANES,), 0.5), rtol=1e-4, atol=0)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"lr": 0.1}, {0: 0.1, 900: 0.1}),
        ({"lr": 0.1, "schedule": "linear"}, {0: 0.1, 500: 0.05, 1000: 0.0, 1200: 0.0}),
        ({"lr": 0.1, "schedule": "linear", "end": 0.02}, {0: 0.1, 500: 0.06, 1000: 0.02}),
        ({"lr": 0.1, "schedule": "inverse-time"}, {0: 0.1, 1000: 0.05}),
        ({"lr": 0.1, "schedule": "inverse-time", "decay": 0.1}, {0: 0.1, 10: 0.05, 90: 0.01}),
    ],
)
@pytest.mark.parametrize("component", [SGD, Adam, RMSProp])
def test_the_learning_rate_follows_its_schedule(
    component: Any, options: dict[str, Any], expected: dict[int, float]
) -> None:
    clock = Clock(LANES)
    for count, rate in expected.items():
        clock.steps = clock.updates = count
        optimizer, row = started(component(**options))
        reference, moved = started(component(lr=rate or 1e-9))
        row.grad, moved.grad = row_of(1), row_of(1)
        optimizer.step(clock)
        reference.step(clock)
        assert optimizer.metrics(clock)["lr"] == pytest.approx(rate)
        torch.testing.assert_close(row, moved)


def test_pitfall_08_inverse_time_counts_updates_and_linear_counts_steps() -> None:
    clock = Clock(LANES)
    clock.steps, clock.updates = 500, 30
    inverse = SGD(lr=0.1, schedule="inverse-time", decay=0.1).build(make_spec(steps=1000))
    assert inverse.metrics(clock)["lr"] == pytest.approx(0.1 / (1 + 0.1 * 30))
    linear = SGD(lr=0.1, schedule="linear").build(make_spec(steps=1000))
    assert linear.metrics(clock)["lr"] == pytest.approx(0.05)


def test_a_linear_schedule_needs_a_run_counted_in_steps() -> None:
    with pytest.raises(OptionError, match=r"`optimizer\.schedule=linear`"):
        started(Adam(schedule="linear"), steps=None)


@pytest.mark.parametrize("options", RULES)
def test_state_leaves_and_returns(options: Any) -> None:
    optimizer, row = started(options)
    train(optimizer, row, range(5))
    state = optimizer.state()
    kept = {name: np.copy(value) for name, value in state.items()}
    restored, again = started(options)
    with torch.no_grad():
        again.copy_(row)
    restored.load_state(state)
    train(optimizer, row, range(5, 12))
    train(restored, again, range(5, 12))
    assert torch.equal(again, row)
    assert all(np.array_equal(state[name], value) for name, value in kept.items())  # a snapshot, not a view
