"""CartPole, Acrobot and MountainCar: all environments of all lanes in a few NumPy operations.

The arithmetic is Gymnasium's, operation by operation, so states, observations, rewards and ends are bit-identical to
stepping its environments one by one.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import ClassVar

import gymnasium
import numpy as np

from rlzoo.contracts import Environment


class ClassicControl(Environment, ABC):
    """`L x N` environments in one array of states, `[S, L * N]`; episodes are at most `max_steps` long."""

    states: ClassVar[int]
    """`S`, numbers in a state."""
    faster_from: ClassVar[int]
    """The number of environments from which this is faster than stepping Gymnasium's one by one."""

    def __init__(self, id_: str, max_steps: int, lanes: int, envs: int) -> None:
        example = gymnasium.make(id_, disable_env_checker=True)
        self.observation_space, self.action_space = example.observation_space, example.action_space
        example.close()
        self.max_steps, self.shape = max_steps, (lanes, envs)
        self._state = np.zeros((self.states, lanes * envs))
        self.lengths = np.zeros(lanes * envs, np.int64)

    def reset(self, mask: np.ndarray, seeds: np.ndarray) -> np.ndarray:
        """Begin episodes where `mask` `[L, N]`, seeded as Gymnasium does; returns `[L, N, ...]`."""
        for i in np.flatnonzero(mask):
            generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(int(seeds.flat[i]))))
            self._state[:, i] = self._start(generator)
            self.lengths[i] = 0
        return self._by_lane(self._observe())

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Step every environment with its action, `[L, N]`."""
        reward, terminated = self._advance(actions.ravel())
        self.lengths += 1
        truncated = self.lengths >= self.max_steps
        parts = self._observe(), reward, terminated, truncated
        observation, reward, terminated, truncated = map(self._by_lane, parts)
        return observation, reward, terminated, truncated

    def close(self) -> None:
        """There is nothing to release."""

    @abstractmethod
    def _start(self, generator: np.random.Generator) -> np.ndarray:
        """The first state of an episode, `[S]`."""

    @abstractmethod
    def _advance(self, action: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Replace the states by the next ones; returns rewards and terminations, `[L * N]` each."""

    @abstractmethod
    def _observe(self) -> np.ndarray:
        """Observations of all states, float32 `[L * N, ...]`, a fresh array."""

    def _by_lane(self, flat: np.ndarray) -> np.ndarray:
        return flat.reshape(*self.shape, *flat.shape[1:])


class CartPole(ClassicControl):
    """Barto, Sutton & Anderson (1983), as Gymnasium has it: position, velocity, angle, angular velocity."""

    states, faster_from = 4, 3

    def _start(self, generator: np.random.Generator) -> np.ndarray:
        return generator.uniform(-0.05, 0.05, (4,))

    def _advance(self, action: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x, x_dot, theta, theta_dot = self._state
        pole_mass_length, total_mass, tau = 0.1 * 0.5, 0.1 + 1.0, 0.02
        force = np.where(action == 1, 10.0, -10.0)
        cos, sin = np.cos(theta), np.sin(theta)
        temp = (force + pole_mass_length * np.square(theta_dot) * sin) / total_mass
        theta_acc = (9.8 * sin - cos * temp) / (0.5 * (4.0 / 3.0 - 0.1 * np.square(cos) / total_mass))
        x_acc = temp - pole_mass_length * theta_acc * cos / total_mass
        self._state = np.stack(
            [x + tau * x_dot, x_dot + tau * x_acc, theta + tau * theta_dot, theta_dot + tau * theta_acc]
        )
        x, _, theta, _ = self._state
        return np.ones(len(x)), (np.abs(x) > 2.4) | (np.abs(theta) > 12 * 2 * math.pi / 360)

    def _observe(self) -> np.ndarray:
        return self._state.T.astype(np.float32)


class MountainCar(ClassicControl):
    """Moore (1990), as Gymnasium has it: position and velocity."""

    states, faster_from = 2, 2

    def _start(self, generator: np.random.Generator) -> np.ndarray:
        return np.array([generator.uniform(-0.6, -0.4), 0.0])

    def _advance(self, action: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        position, velocity = self._state
        slope = np.array([math.cos(x) for x in (3 * position).tolist()])  # Gymnasium uses math, which rounds otherwise
        velocity = np.clip(velocity + ((action - 1) * 0.001 + slope * -0.0025), -0.07, 0.07)
        position = np.clip(position + velocity, -1.2, 0.6)
        velocity = np.where((position == -1.2) & (velocity < 0), 0.0, velocity)
        self._state = np.stack([position, velocity])
        return np.full(len(position), -1.0), (position >= 0.5) & (velocity >= 0)

    def _observe(self) -> np.ndarray:
        return self._state.T.astype(np.float32)


class Acrobot(ClassicControl):
    """Sutton (1996), as Gymnasium has it: two angles and their velocities."""

    states, faster_from = 4, 4

    def _start(self, generator: np.random.Generator) -> np.ndarray:
        return generator.uniform(-0.1, 0.1, (4,)).astype(np.float32)

    def _advance(self, action: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        y, torque, dt = self._state, action - 1.0, 0.2
        k1 = _acrobot_derivative(y, torque)
        k2 = _acrobot_derivative(y + dt / 2.0 * k1, torque)
        k3 = _acrobot_derivative(y + dt / 2.0 * k2, torque)
        k4 = _acrobot_derivative(y + dt * k3, torque)
        self._state = y + dt / 6.0 * (k1 + 2 * k2 + 2 * k3 + k4)
        _wrap(self._state[:2])
        limits = np.array([[4 * np.pi], [9 * np.pi]])
        self._state[2:] = np.clip(self._state[2:], -limits, limits)
        terminated = -np.cos(self._state[0]) - np.cos(self._state[1] + self._state[0]) > 1.0
        return np.where(terminated, 0.0, -1.0), terminated

    def _observe(self) -> np.ndarray:
        observation = _acrobot_view(self._state)
        fresh = self.lengths == 0
        if fresh.any():  # Gymnasium's first state of an episode is float32, and so are its cosines
            observation[fresh] = _acrobot_view(self._state[:, fresh].astype(np.float32))
        return observation


def _acrobot_view(state: np.ndarray) -> np.ndarray:
    """Cosines and sines of both angles, and the velocities: `[4, n]` -> float32 `[n, 6]`."""
    one, two, *velocities = state
    return np.stack([np.cos(one), np.sin(one), np.cos(two), np.sin(two), *velocities], -1).astype(np.float32)


def _acrobot_derivative(state: np.ndarray, torque: np.ndarray) -> np.ndarray:
    """The equations of motion of Gymnasium's book variant; both links have mass and length 1: `[4, n]` -> `[4, n]`."""
    theta1, theta2, dtheta1, dtheta2 = state
    g = 9.8
    cos2, sin2 = np.cos(theta2), np.sin(theta2)
    d1 = 0.5**2 + (1.0 + 0.5**2 + 2 * 0.5 * cos2) + 1.0 + 1.0
    d2 = 0.5**2 + 0.5 * cos2 + 1.0
    phi2 = 0.5 * g * np.cos(theta1 + theta2 - np.pi / 2.0)
    phi1 = (
        -0.5 * _squared(dtheta2) * sin2
        - 2 * 0.5 * dtheta2 * dtheta1 * sin2
        + (0.5 + 1.0) * g * np.cos(theta1 - np.pi / 2)
        + phi2
    )
    ddtheta2 = (torque + d2 / d1 * phi1 - 0.5 * _squared(dtheta1) * sin2 - phi2) / (0.5**2 + 1.0 - _squared(d2) / d1)
    ddtheta1 = -(d2 * ddtheta2 + phi1) / d1
    return np.stack([dtheta1, dtheta2, ddtheta1, ddtheta2])


def _squared(x: np.ndarray) -> np.ndarray:
    """As C's `pow` rounds it, which Gymnasium's scalars use; any power of an array may differ in the last bit."""
    return np.array([value**2 for value in x.tolist()])


def _wrap(angles: np.ndarray) -> None:
    """Bring angles into [-pi, pi], in place, by adding or subtracting 2 pi as often as Gymnasium does."""
    while (beyond := angles > np.pi).any():
        angles[beyond] -= 2 * np.pi
    while (beyond := angles < -np.pi).any():
        angles[beyond] += 2 * np.pi


ENGINES: dict[str, type[ClassicControl]] = {
    "gymnasium.envs.classic_control.acrobot:AcrobotEnv": Acrobot,
    "gymnasium.envs.classic_control.cartpole:CartPoleEnv": CartPole,
    "gymnasium.envs.classic_control.mountain_car:MountainCarEnv": MountainCar,
}
"""Entry point in Gymnasium's registry to the class that steps many of these environments."""


def vectorized(id_: str, max_steps: int | None, lanes: int, envs: int) -> ClassicControl | None:
    """The environments of an unchanged id of Gymnasium's registry; None where no class for it is faster.

    `max_steps` truncates episodes besides the registry's own limit.
    """
    spec = gymnasium.registry.get(id_)
    if spec is None or spec.kwargs or spec.additional_wrappers or spec.max_episode_steps is None:
        return None
    engine = ENGINES.get(str(spec.entry_point))
    limit = spec.max_episode_steps if max_steps is None else min(max_steps, spec.max_episode_steps)
    return engine(id_, limit, lanes, envs) if engine is not None and lanes * envs >= engine.faster_from else None
