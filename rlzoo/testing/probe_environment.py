"""A small environment with terminations, truncations, and short and long episodes."""

from __future__ import annotations

from typing import Any, Literal, get_args

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete, Text

Observations = Literal["vector", "states", "image", "frame", "text", "rows"]
OBSERVATIONS: tuple[Observations, ...] = get_args(Observations)
STATES = 12
FAILING = "rlzoo-probe/failing-v0"
"""An environment whose thirtieth step raises an exception."""


class Probe(gymnasium.Env[Any, Any]):
    """A random walk over twelve states: the first terminates with reward -1, the last with 1; other rewards are noise.

    Observations are the state itself (`states`), a vector that tells it with noise, or two channels of bytes: a small
    `image` of 12x12 pixels, or a `frame` of 36x36, which the networks of Atari games still take. Or they are sequences:
    a `text` of two to four letters, or three `rows` of two noisy numbers.
    Episodes are truncated at random, about every fortieth step.
    """

    def __init__(self, observations: Observations = "vector", render_mode: str | None = None) -> None:
        self.render_mode = render_mode
        self.observations = observations
        self.action_space = Discrete(3)
        self.observation_space = {
            "vector": Box(-np.inf, np.inf, (4,), np.float32),
            "states": Discrete(STATES),
            "image": Box(0, 255, (STATES, STATES, 2), np.uint8),
            "frame": Box(0, 255, (3 * STATES, 3 * STATES, 2), np.uint8),
            "text": Text(4, charset="abxy"),
            "rows": Box(-np.inf, np.inf, (3, 2), np.float32),
        }[observations]

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Start in one of the middle states."""
        super().reset(seed=seed, options=options)
        self.state = int(self.np_random.integers(4, 8))
        return self._observe(), {}

    def step(self, action: int) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Move by action - 1, or with probability 0.2 by a random amount."""
        move = action - 1 if self.np_random.random() > 0.2 else int(self.np_random.integers(-1, 2))
        self.state = int(np.clip(self.state + move, 0, STATES - 1))
        ends = {0: -1.0, STATES - 1: 1.0}
        reward = ends.get(self.state, 0.1 * float(self.np_random.random()))
        return self._observe(), reward, self.state in ends, bool(self.np_random.random() < 1 / 40), {}

    def _observe(self) -> Any:
        if self.observations == "states":
            return self.state
        if self.observations == "text":
            return "ab" + "xy"[self.state % 2] * (self.state % 3)
        if self.observations == "rows":
            return self.np_random.normal(self.state / STATES, 0.1, (3, 2)).astype(np.float32)
        if self.observations == "vector":
            angle = 2 * np.pi * self.state / STATES
            features = [np.sin(angle), np.cos(angle), self.state / STATES, self.np_random.normal()]
            return np.array(features, np.float32)
        side = STATES if self.observations == "image" else 3 * STATES
        image = np.zeros((side, side, 2), np.uint8)
        image[self.state * side // STATES, :, 0] = 255
        image[..., 1] = self.np_random.integers(0, 256, (side, side))
        return image


class Masked(Probe):
    """A probe in whose odd states the move to the left is forbidden."""

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Start in one of the middle states."""
        observation, _ = super().reset(seed=seed, options=options)
        return observation, self._info()

    def step(self, action: int) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Move by action - 1, or with probability 0.2 by a random amount."""
        observation, reward, terminated, truncated, _ = super().step(action)
        return observation, reward, terminated, truncated, self._info()

    def _info(self) -> dict[str, Any]:
        return {"action_mask": np.array([self.state % 2 == 0, True, True], np.int8)}


class Steered(Probe):
    """A probe with two continuous actions: it moves by the first one, rounded, and the second one costs its square."""

    def __init__(self, render_mode: str | None = None) -> None:
        super().__init__(render_mode=render_mode)
        self.action_space = Box(np.array([-1, -2], np.float32), np.array([1, 3], np.float32))

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Move by the first action, or with probability 0.2 by a random amount."""
        observation, reward, terminated, truncated, info = super().step(round(float(action[0])) + 1)
        return observation, reward - 0.1 * float(action[1]) ** 2, terminated, truncated, info


class Failing(Probe):
    """A probe whose thirtieth step fails."""

    steps = 0

    def step(self, action: int) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Move, or raise RuntimeError."""
        self.steps += 1
        if self.steps == 30:
            raise RuntimeError("this environment fails on purpose")
        return super().step(action)


gymnasium.register("rlzoo-probe/masked-v0", entry_point="rlzoo.testing.probe_environment:Masked")
gymnasium.register("rlzoo-probe/continuous-v0", entry_point="rlzoo.testing.probe_environment:Steered")
gymnasium.register(FAILING, entry_point="rlzoo.testing.probe_environment:Failing")
for kind in OBSERVATIONS:
    gymnasium.register(
        f"rlzoo-probe/{kind}-v0", entry_point="rlzoo.testing.probe_environment:Probe", kwargs={"observations": kind}
    )
