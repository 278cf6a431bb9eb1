"""Environments that break Gymnasium's contract fail loudly, and name the environment, the seed and the step."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Space, Tuple

import rlzoo
from rlzoo.cli import main
from rlzoo.components.environments.gymnasium import Gymnasium
from rlzoo.components.environments.stepped import SteppedEnvironments
from rlzoo.contracts.errors import BadInput, EnvironmentFailed

from support.tiny import CATALOG

ALL, STILL, SEEDS = np.ones((1, 3), np.bool_), np.zeros((1, 3), np.int64), np.arange(3).reshape(1, 3)
Step = tuple[Any, Any, Any, Any, Any]
Make = Callable[[], gymnasium.Env[Any, Any]]


class Scripted(gymnasium.Env[Any, Any]):
    """Returns `good` until step `at`, and from then on `bad`; step 0 is the reset."""

    action_space: Space[Any] = Discrete(2)

    def __init__(
        self, space: Space[Any], good: Any, bad: Any, at: int = 2, change: Callable[[Step], Any] = list
    ) -> None:
        self.observation_space, self.good, self.bad, self.at, self.change = space, good, bad, at, change

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        self.time = 0
        return self._observe(), {}

    def step(self, action: Any) -> Any:
        self.time += 1
        result = self._observe(), 0.0, False, False, {}
        return self.change(result) if self.time >= self.at else result

    def _observe(self) -> Any:
        return self.bad if self.time >= self.at else self.good


BYTES, INTS, FLOATS = Box(0, 255, (2,), np.uint8), Box(-9, 9, (2,), np.int32), Box(-1, 1, (2,))
WRONG: dict[str, tuple[Space[Any], Any, Any, str]] = {
    "floats in 0..1 as bytes": (
        BYTES,
        np.zeros(2, np.uint8),
        np.array([0.0, 0.5]),
        "value 0.5, which its space, uint8",
    ),
    "300 as a byte": (BYTES, np.zeros(2, np.uint8), np.array([0, 300]), "value 300, which its space, uint8"),
    "-1 as a byte": (BYTES, np.zeros(2, np.uint8), [0, -1], "value -1, which its space, uint8"),
    "nan as int32": (INTS, np.zeros(2, np.int32), np.array([np.nan, 0]), "value nan, which its space, int32"),
    "0.7 as int32": (INTS, np.zeros(2, np.int32), np.array([0.7, 0]), "value 0.7, which its space, int32"),
    "state 2.5": (Discrete(3), 0, 2.5, "value 2.5, which its space, int64"),
    "state 7 of 3": (Discrete(3), 0, 7, r"the observation 7 is not in Discrete\(3\)"),
    "state below the start": (Discrete(3, start=5), np.int64(5), 4, "the observation 4 is not in Discrete"),
    "a huge state": (Discrete(3), 0, 10**30, "the observation has the type object"),
    "component too high": (MultiDiscrete([2, 3]), np.zeros(2, np.int64), np.array([2, 0]), "is not in MultiDiscrete"),
    "two of a switch": (MultiBinary(2), np.zeros(2, np.int8), np.array([2, 0], np.int8), "is not in MultiBinary"),
    "numbers as text": (FLOATS, np.zeros(2, np.float32), ["0.5", "0.5"], "the observation has the type <U3"),
    "complex": (FLOATS, np.zeros(2, np.float32), np.array([1j, 0]), "the observation has the type complex128"),
    "none": (FLOATS, np.zeros(2, np.float32), None, "the observation has the type object"),
    "too large for float32": (FLOATS, np.zeros(2, np.float32), np.array([1e300, 0]), "not finite"),
    "part of a dict": (
        Dict(a=Discrete(2), b=BYTES),
        {"a": 0, "b": [0, 0]},
        {"a": -1, "b": [0, 0]},
        "-1 is not in Disc",
    ),
    "part of a tuple": (Tuple((Discrete(2), BYTES)), (0, [0, 0]), (0, [0, 0.5]), "value 0.5, which its space, uint8"),
}


def build(
    make: Callable[[], gymnasium.Env[Any, Any]], bad: Callable[[], gymnasium.Env[Any, Any]]
) -> SteppedEnvironments:
    """Three environments in one lane, of which the second is bad."""
    number = iter(range(-1, 3))  # the first one is looked at and closed
    return SteppedEnvironments("Bad-v0", lambda: bad() if next(number) == 1 else make(), 1, 3)


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("at", [0, 2])
def test_observations_are_never_changed_silently(name: str, at: int) -> None:
    space, good, bad, message = WRONG[name]
    environments = build(lambda: Scripted(space, good, good), lambda: Scripted(space, good, bad, at))
    doing = "step" if at else "reset"
    where = rf"`Bad-v0` \(lane 0, environment 1 .* failed in {doing}: .*{message}"
    with pytest.raises(EnvironmentFailed, match=where):
        play(environments)


def play(environments: SteppedEnvironments) -> None:
    environments.reset(ALL, SEEDS)
    for _ in range(3):
        environments.step(STILL)


@pytest.mark.parametrize(
    ("space", "observation"),
    [
        (BYTES, np.array([3.0, 255.0])),  # no value changes
        (BYTES, [3, 255]),
        (FLOATS, [0.5, 1]),
        (FLOATS, np.array([5.0, -7.0])),  # beyond the bounds, as in many environments
        (Discrete(9), 3.0),
        (Discrete(9), np.array(3)),
        (Box(0, 1, (2,), np.bool_), [0, 1]),
    ],
)
def test_observations_of_another_type_are_accepted_where_no_value_changes(space: Space[Any], observation: Any) -> None:
    environments = build(*[lambda: Scripted(space, observation, observation)] * 2)
    environments.reset(ALL, SEEDS)
    assert (environments.step(STILL)[0][0, 1] == observation).all()


FLAGS = {"text": "False", "none": None, "two": 2, "several": [True, False], "nan": float("nan")}


@pytest.mark.parametrize("flag", FLAGS)
@pytest.mark.parametrize("place", [2, 3])
def test_flags_are_bools(flag: str, place: int) -> None:
    def change(result: Step) -> Any:
        return (*result[:place], FLAGS[flag], *result[place + 1 :])

    zeros = np.zeros(2, np.float32)
    environments = build(lambda: Scripted(FLOATS, zeros, zeros), lambda: Scripted(FLOATS, zeros, zeros, 1, change))
    environments.reset(ALL, SEEDS)
    name = ["terminated", "truncated"][place - 2]
    with pytest.raises(EnvironmentFailed, match=rf"environment 1 .* returned {name}=.*, which is not a bool"):
        environments.step(STILL)


@pytest.mark.parametrize("flag", [1, np.True_, np.array([True]), np.array(1)])
def test_flags_may_be_zero_and_one(flag: Any) -> None:
    zeros = np.zeros(2, np.float32)
    ended = lambda result: (*result[:2], flag, *result[3:])  # noqa: E731
    environments = build(*[lambda: Scripted(FLOATS, zeros, zeros, 1, ended)] * 2)
    environments.reset(ALL, SEEDS)
    terminated = environments.step(STILL)[2]
    assert terminated.dtype == np.bool_
    assert terminated.all()


class Sharing(gymnasium.Env[np.ndarray, np.ndarray]):
    """All instances write their observation, mask and actions to the same arrays."""

    observation_space, action_space = Box(0, 9, (1,)), Discrete(3)
    shared, mask = np.zeros(1, np.float32), np.ones(3, np.bool_)
    made = 0

    def __init__(self) -> None:
        self.number = Sharing.made
        Sharing.made += 1

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[np.ndarray, dict[str, Any]]:
        return self._observe()

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        observation, info = self._observe()
        return observation, 0.0, False, False, info

    def _observe(self) -> tuple[np.ndarray, dict[str, Any]]:
        self.shared[:] = self.number
        self.mask[:] = np.arange(3) == self.number % 3
        return self.shared, {"action_mask": self.mask}


def test_an_array_shared_by_instances_is_copied_as_it_arrives() -> None:
    Sharing.made = -1  # the first one is looked at and closed
    environments = SteppedEnvironments("Sharing-v0", Sharing, 1, 3)
    for observed in (environments.reset(ALL, SEEDS), environments.step(STILL)[0]):
        assert observed.ravel().tolist() == [0, 1, 2]
        assert environments.action_mask is not None
        assert np.array_equal(environments.action_mask[0], np.eye(3))


class Pushing(gymnasium.Env[Any, Any]):
    """Changes the action that it is given."""

    observation_space, action_space = FLOATS, Box(-1, 1, (2,))

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        return np.zeros(2, np.float32), {}

    def step(self, action: Any) -> Any:
        action[:] = 77
        return np.zeros(2, np.float32), 0.0, False, False, {}


def test_an_environment_cannot_change_the_recorded_action() -> None:
    environments = SteppedEnvironments("Pushing-v0", Pushing, 1, 3)
    environments.reset(ALL, SEEDS)
    actions = np.zeros((1, 3, 2), np.float32)
    environments.step(actions)
    assert not actions.any()


class Exits(Scripted):
    """Calls sys.exit(0) in one of its methods."""

    def __init__(self, where: str = "step") -> None:
        super().__init__(FLOATS, np.zeros(2, np.float32), np.zeros(2, np.float32))
        self.where, self.resets = where, 0
        if where == "make":
            raise SystemExit(0)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        self.resets += 1
        if self.where == "reset":
            raise SystemExit(0)
        return super().reset(seed=seed)

    def step(self, action: Any) -> Any:
        if self.where == "step":
            raise SystemExit(0)
        return super().step(action)

    def close(self) -> None:
        if self.where == "close":
            raise SystemExit(0)


gymnasium.register("rlzoo-tests/Exits-v0", Exits)


@pytest.mark.parametrize("where", ["reset", "step"])
def test_an_environment_that_exits_has_failed(where: str, tmp_path: Path) -> None:
    more = {"set": {"environment.kwargs.where": where}, "catalog": CATALOG, "out": tmp_path / "r"}
    message = rf"seed 4, after 0 steps: .*Exits-v0.* failed in {where}: SystemExit\(0"
    with pytest.raises(EnvironmentFailed, match=message):
        rlzoo.train("dqn", "rlzoo-tests/Exits-v0", steps=9, seeds=[4], **more)


def test_an_environment_that_exits_as_it_is_made_is_bad_input() -> None:
    with pytest.raises(BadInput, match=r"Exits-v0` .*SystemExit\(0\)"):
        Gymnasium("rlzoo-tests/Exits-v0", kwargs={"where": "make"}).build(1, 1)


def test_a_quiet_run_does_not_exit_with_0_for_its_environment(tmp_path: Path, capsys: Any) -> None:
    arguments = ["--env", "rlzoo-tests/Exits-v0", "--steps", "9", "--workers", "1", "--out", str(tmp_path / "r"), "-q"]
    assert main(["run", "dqn", *arguments]) == 1
    assert "failed in step: SystemExit(0)" in capsys.readouterr().err


def test_failing_to_close_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("rlzoo").propagate = True
    environments = Gymnasium("rlzoo-tests/Exits-v0", kwargs={"where": "close"}).build(1, 2)
    environments.close()
    assert "environment `rlzoo-tests/Exits-v0` failed in close: SystemExit(0)" in caplog.text


class Spaceless(gymnasium.Env[Any, Any]):
    """Has no spaces."""


class Odd(Scripted):
    """Has something else in place of a space."""

    def __init__(self) -> None:
        super().__init__("Box", 0, 0)  # type: ignore[arg-type]


@pytest.mark.parametrize("env", [Spaceless, Odd])
def test_environments_without_spaces_are_bad_input(env: type[gymnasium.Env[Any, Any]]) -> None:
    with pytest.raises(BadInput, match="`None-v0` has"):
        SteppedEnvironments("None-v0", env, 1, 1)


@pytest.mark.parametrize("mask", [np.array([1, 2, 0]), np.array(["0", "1", "1"]), np.array([np.nan, 1, 1])])
def test_masks_are_zeros_and_ones(mask: np.ndarray) -> None:
    class Masked(Sharing):
        def _observe(self) -> tuple[np.ndarray, dict[str, Any]]:
            return self.shared, {"action_mask": mask}

    with pytest.raises(EnvironmentFailed, match="its values are 0 and 1"):
        SteppedEnvironments("Masked-v0", Masked, 1, 1).reset(ALL[:, :1], SEEDS)
