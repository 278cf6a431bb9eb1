from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from rlzoo.errors import OptionError
from rlzoo.interfaces import Optimizer, Params
from rlzoo.lanes.clock import Clock
from rlzoo.optimizers.adam import Adam
from rlzoo.optimizers.rmsprop import RMSProp
from rlzoo.optimizers.sgd import SGD
from rlzoo.optimizers.stepper import limit_norm

from tiny import make_spec

LANES, STEPS = 3, 20


def leaves(seed: int = 0) -> Params:
    generator = torch.Generator().manual_seed(seed)
    return {
        name: torch.randn(LANES, *shape, generator=generator)
        for name, shape in {"w": (5, 4), "b": (5,), "s": ()}.items()
    }


def started(options: Any, steps: int | None = 1000) -> tuple[Optimizer, Params]:
    params = {name: leaf.requires_grad_() for name, leaf in leaves().items()}
    optimizer = options.build(make_spec(steps=steps))
    optimizer.start(params)
    return optimizer, params


def give_gradients(params: Params, step: int) -> None:
    for name, gradient in leaves(1 + step).items():
        params[name].grad = gradient


def train(optimizer: Optimizer, params: Params, steps: range = range(STEPS)) -> None:
    clock = Clock(LANES)
    for clock.updates in steps:
        give_gradients(params, clock.updates)
        optimizer.step(clock)


TORCH: dict[str, tuple[Any, Callable[[list[Tensor]], torch.optim.Optimizer]]] = {
    "adam": (Adam(), lambda own: torch.optim.Adam(own, 1e-3)),
    "adam, all options": (
        Adam(lr=0.1, betas=(0.5, 0.9), eps=0.01),
        lambda own: torch.optim.Adam(own, 0.1, (0.5, 0.9), 0.01),
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
    optimizer, params = started(options)
    train(optimizer, params)
    for lane in range(LANES):
        own = {key: leaf[lane].clone().requires_grad_() for key, leaf in leaves().items()}
        single = make(list(own.values()))
        for step in range(STEPS):
            for key, gradient in leaves(1 + step).items():
                own[key].grad = gradient[lane].clone()
            single.step()
        for key, leaf in own.items():
            torch.testing.assert_close(params[key][lane], leaf, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("place", ["inside", "outside"])
@pytest.mark.parametrize("centered", [True, False])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_pitfall_13_rmsprop_as_the_papers_write_it(place: Any, centered: bool, momentum: float) -> None:
    optimizer, params = started(
        RMSProp(0.1, decay_rate=0.9, eps=0.04, eps_place=place, centered=centered, momentum=momentum)
    )
    train(optimizer, params)
    x = leaves()["w"].double().numpy()
    square, mean, velocity = np.zeros_like(x), np.zeros_like(x), np.zeros_like(x)
    for step in range(STEPS):
        g = leaves(1 + step)["w"].double().numpy()
        square = 0.9 * square + 0.1 * g**2
        mean = 0.9 * mean + 0.1 * g
        variance = square - mean**2 if centered else square
        divisor = np.sqrt(variance + 0.04) if place == "inside" else np.sqrt(variance) + 0.04
        velocity = momentum * velocity + g / divisor
        x = x - 0.1 * velocity
    np.testing.assert_allclose(params["w"].detach(), x, rtol=1e-3, atol=1e-4)


def test_pitfall_13_rmsprop_defaults_are_those_of_the_nature_agent() -> None:
    options = RMSProp()
    assert (options.decay_rate, options.eps, options.eps_place, options.centered) == (0.95, 0.01, "inside", True)


@pytest.mark.parametrize("place", ["inside", "outside"])
def test_a_centered_variance_that_rounds_below_zero_does_no_harm(place: Any) -> None:
    optimizer, params = started(RMSProp(eps=1e-12, eps_place=place, lr=1e-3))
    clock = Clock(LANES)
    for _ in range(300):
        for leaf in params.values():
            leaf.grad = torch.full_like(leaf, 0.1)
        optimizer.step(clock)
    assert not any(leaf.isnan().any() for leaf in params.values())


@pytest.mark.parametrize("longest", [0.5, 5.0, 100.0])
def test_gradients_are_limited_lane_by_lane(longest: float) -> None:
    gradients = [
        gradient * torch.tensor([0.01, 1.0, 100.0]).view(-1, *[1] * (gradient.dim() - 1))
        for gradient in leaves().values()
    ]
    expected = []
    for lane in range(LANES):
        own = [torch.zeros_like(gradient[lane]) for gradient in gradients]
        for leaf, gradient in zip(own, gradients, strict=True):
            leaf.grad = gradient[lane].clone()
        torch.nn.utils.clip_grad_norm_(own, longest)
        expected.append([leaf.grad for leaf in own])
    limit_norm(gradients, longest)
    for lane, own in enumerate(expected):
        for gradient, alone in zip(gradients, own, strict=True):
            torch.testing.assert_close(gradient[lane], alone)


def test_the_limit_is_applied_before_the_step() -> None:
    optimizer, params = started(SGD(lr=1.0, max_grad_norm=0.5))
    before = {name: leaf.detach().clone() for name, leaf in params.items()}
    train(optimizer, params, range(1))
    moved = sum((params[name] - leaf).reshape(LANES, -1).square().sum(1) for name, leaf in before.items())
    torch.testing.assert_close(moved.sqrt(), torch.full((LANES,), 0.5), rtol=1e-4, atol=0)


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
        optimizer, params = started(component(**options))
        give_gradients(params, 0)
        optimizer.step(clock)
        reference, moved = started(component(lr=rate or 1e-9))
        give_gradients(moved, 0)
        reference.step(clock)
        assert optimizer.metrics(clock)["lr"] == pytest.approx(rate)
        torch.testing.assert_close(params["w"], moved["w"])


def test_a_linear_schedule_needs_a_run_counted_in_steps() -> None:
    with pytest.raises(OptionError, match=r"`optimizer\.schedule=linear`"):
        started(Adam(schedule="linear"), steps=None)


@pytest.mark.parametrize("options", [Adam(), SGD(), SGD(momentum=0.9), RMSProp(), RMSProp(eps_place="outside")])
def test_state_leaves_and_returns(options: Any) -> None:
    optimizer, params = started(options)
    train(optimizer, params, range(5))
    state = optimizer.state()
    kept = {name: np.copy(value) for name, value in state.items() if value is not None}
    restored, again = started(options)
    with torch.no_grad():
        for name, leaf in params.items():
            again[name].copy_(leaf)
    restored.load_state(state)
    train(optimizer, params, range(5, 12))
    train(restored, again, range(5, 12))
    assert all(torch.equal(again[name], leaf) for name, leaf in params.items())
    assert all(np.array_equal(state[name], value) for name, value in kept.items())  # a snapshot, not a view
