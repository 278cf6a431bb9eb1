"""Action masks as environments offer them."""

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Discrete, MultiDiscrete, Space

from rlzoo.components.environments.gymnasium import Gymnasium
from rlzoo.components.environments.stepped import SteppedEnvironments
from rlzoo.contracts.errors import EnvironmentFailed

ALL, SEEDS = np.ones((2, 3), np.bool_), np.arange(6).reshape(2, 3)
ACTIONS = np.array([[0, 1, 2], [0, 1, 2]])


class Once(gymnasium.Env[int, Any]):
    """No action may follow itself; after a reset, action `seed % 3` is forbidden. Ends after three steps."""

    observation_space: Space[Any] = Discrete(2)
    action_space: Space[Any] = Discrete(3, start=5)

    def __init__(self, ends: str = "terminated", broken: Any = None) -> None:
        self.ends, self.broken = ends, broken

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[int, dict[str, Any]]:
        self.time, self.last = 0, (seed or 0) % 3
        return 0, self._info()

    def step(self, action: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        assert self.mask()[action - 5], "forbidden"
        self.time, self.last = self.time + 1, action - 5
        over = self.time == 3
        info = {} if over and self.ends == "terminated" else self._info()
        return 0, 1.0, over and self.ends == "terminated", over and self.ends == "truncated", info

    def mask(self) -> np.ndarray:
        return np.arange(3) != self.last

    def _info(self) -> dict[str, Any]:
        if self.broken is not None and self.time == 1:
            return dict(self.broken)
        return {"action_mask": self.mask().astype(np.int8)}


class ByMethod(Once):
    """The same by the method of sb3-contrib."""

    def action_masks(self) -> list[bool]:
        return self.mask().tolist()

    def _info(self) -> dict[str, Any]:
        return {}


def forbidden(environment: Any) -> list[int]:
    """The only action that is not allowed, in each environment."""
    return (~environment.action_mask).argmax(-1).ravel().tolist()


@pytest.mark.parametrize("env", [Once, ByMethod])
def test_masks_are_those_of_every_environment_now(env: type) -> None:
    environment = SteppedEnvironments("Once-v0", env, 2, 3)
    assert environment.action_mask is not None
    assert environment.action_mask.shape == (2, 3, 3)
    environment.reset(ALL, SEEDS)
    assert environment.action_mask.dtype == np.bool_
    assert environment.action_mask.sum(-1).tolist() == [[2] * 3] * 2
    assert forbidden(environment) == [0, 1, 2, 0, 1, 2]
    before = environment.action_mask
    environment.step((ACTIONS + 1) % 3)
    assert forbidden(environment) == [1, 2, 0, 1, 2, 0]
    assert (~before).argmax(-1).ravel().tolist() == [0, 1, 2, 0, 1, 2]  # what was handed out before stays


@pytest.mark.parametrize("env", [Once, ByMethod])
@pytest.mark.parametrize("ends", ["terminated", "truncated"])
def test_all_is_allowed_after_a_termination_only(env: type, ends: str) -> None:
    environment = SteppedEnvironments("Once-v0", lambda: env(ends), 2, 3)
    environment.reset(ALL, SEEDS)
    for shift in (1, 2, 3):
        environment.step((ACTIONS + shift) % 3)
    mask = environment.action_mask
    assert mask is not None
    assert mask.all() == (ends == "terminated")
    some = np.zeros((2, 3), np.bool_)
    some[0, 1] = True
    environment.reset(some, SEEDS)
    assert environment.action_mask is not None
    assert environment.action_mask[0, 1].tolist() == [True, False, True]
    assert np.array_equal(environment.action_mask[~some], mask[~some])


def test_taxi_offers_its_mask_and_it_can_be_ignored() -> None:
    environment = Gymnasium("Taxi-v4").build(2, 3)
    environment.reset(ALL, SEEDS)
    env = gymnasium.make("Taxi-v4")
    expected = [env.reset(seed=seed)[1]["action_mask"] for seed in range(6)]
    assert environment.action_mask is not None
    assert np.array_equal(environment.action_mask.reshape(6, -1), expected)
    assert Gymnasium("Taxi-v4", masks=False).build(1, 1).action_mask is None
    assert Gymnasium("CartPole-v1").build(1, 1).action_mask is None


BROKEN = {
    "shape": ({"action_mask": np.ones(4)}, r"returned an action mask of shape \(4,\), not \(3,\)"),
    "empty": ({"action_mask": np.zeros(3)}, "allows no action, though the episode is not over"),
    "missing": ({"other": 1}, r"returned no `action_mask` in info.*`environment\.masks=false`"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_wrong_masks_are_failures_of_their_environment(fault: str) -> None:
    info, message = BROKEN[fault]
    number = iter(range(-1, 6))
    environment = SteppedEnvironments("Once-v0", lambda: Once(broken=info if next(number) == 4 else None), 2, 3)
    environment.reset(ALL, SEEDS)
    with pytest.raises(EnvironmentFailed, match=rf"lane 1, environment 1 of the lane\) failed in step: .*{message}"):
        environment.step((ACTIONS + 1) % 3)


class Combined(gymnasium.Env[int, Any]):
    """Two components: the first may not be 0, the second not 2."""

    observation_space: Space[Any] = Discrete(2)
    action_space: Space[Any] = MultiDiscrete([2, 3])

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[int, dict[str, Any]]:
        return 0, {"action_mask": (np.array([0, 1], np.int8), np.array([1, 1, 0], np.int8))}

    def step(self, action: Any) -> tuple[int, float, bool, bool, dict[str, Any]]:
        return 0, 0.0, False, False, self.reset()[1]


def test_masks_of_components_are_combined() -> None:
    environment = SteppedEnvironments("Combined-v0", Combined, 1, 1)
    environment.reset(np.ones((1, 1), np.bool_), np.zeros((1, 1), np.int64))
    assert environment.action_mask is not None
    assert environment.action_mask.ravel().tolist() == [False, False, False, True, True, False]


class Resets(Once):
    """Counts resets without a mask, over all instances."""

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[int, dict[str, Any]]:
        self.count = getattr(self, "count", 0) + 1
        return super().reset(seed=seed)[0], {"count": self.count}


def test_looking_for_masks_does_not_touch_the_environments_of_the_run() -> None:
    environment = SteppedEnvironments("Resets-v0", Resets, 2, 3)
    environment.reset(ALL, SEEDS)
    assert {env.count for env in environment._all} == {1}  # type: ignore[attr-defined]
