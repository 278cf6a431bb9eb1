"""CartPole, Acrobot and MountainCar: all environments of all lanes in one compiled loop.

The arithmetic is Gymnasium's, operation by operation, so states, observations, rewards and ends are bit-identical to
stepping its environments one by one.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from functools import cache
from typing import Any, ClassVar

import gymnasium
import numpy as np

from rlzoo.contracts import Environment, EnvironmentKernel, Explanation
from rlzoo.lanes.compiled import STEP, Compiled, compiled
from rlzoo.lanes.jit import jit
from rlzoo.lanes.loops import step_all


@compiled(STEP)
def cart_pole(state: Any, action: Any, observation: Any) -> Any:
    """Barto, Sutton & Anderson (1983): position, velocity, angle, angular velocity."""
    x, x_dot, theta, theta_dot = state
    force = 10.0 if action == 1 else -10.0
    cos, sin = math.cos(theta), math.sin(theta)
    temp = (force + 0.1 * 0.5 * (theta_dot * theta_dot) * sin) / (0.1 + 1.0)
    theta_acc = (9.8 * sin - cos * temp) / (0.5 * (4.0 / 3.0 - 0.1 * (cos * cos) / (0.1 + 1.0)))
    x_acc = temp - 0.1 * 0.5 * theta_acc * cos / (0.1 + 1.0)
    state[0], state[1] = x + 0.02 * x_dot, x_dot + 0.02 * x_acc
    state[2], state[3] = theta + 0.02 * theta_dot, theta_dot + 0.02 * theta_acc
    observation[:] = state
    return 1.0, abs(state[0]) > 2.4 or abs(state[2]) > 12 * 2 * math.pi / 360


@compiled(STEP)
def mountain_car(state: Any, action: Any, observation: Any) -> Any:
    """Moore (1990): position and velocity."""
    position, velocity = state
    velocity += (action - 1) * 0.001 + math.cos(3 * position) * -0.0025
    velocity = min(max(velocity, -0.07), 0.07)
    position = min(max(position + velocity, -1.2), 0.6)
    if position == -1.2 and velocity < 0:
        velocity = 0.0
    state[0], state[1] = position, velocity
    observation[:] = state
    return -1.0, position >= 0.5 and velocity >= 0


@jit
def _acrobot_derivative(theta1: Any, theta2: Any, dtheta1: Any, dtheta2: Any, torque: Any, two: Any) -> Any:
    """The equations of motion of Gymnasium's book variant; both links have mass and length 1."""
    cos2, sin2 = math.cos(theta2), math.sin(theta2)
    d1 = 0.5**2 + (1.0 + 0.5**2 + 2 * 0.5 * cos2) + 1.0 + 1.0
    d2 = 0.5**2 + 0.5 * cos2 + 1.0
    phi2 = 0.5 * 9.8 * math.cos(theta1 + theta2 - math.pi / 2.0)
    phi1 = (
        -0.5 * dtheta2**two * sin2
        - 2 * 0.5 * dtheta2 * dtheta1 * sin2
        + (0.5 + 1.0) * 9.8 * math.cos(theta1 - math.pi / 2)
        + phi2
    )
    ddtheta2 = (torque + d2 / d1 * phi1 - 0.5 * dtheta1**two * sin2 - phi2) / (0.5**2 + 1.0 - d2**two / d1)
    return dtheta1, dtheta2, -(d2 * ddtheta2 + phi1) / d1, ddtheta2


@jit
def _wrapped(angle: Any) -> Any:
    """The angle in [-pi, pi], by adding or subtracting 2 pi as often as Gymnasium does."""
    while angle > math.pi:
        angle -= 2 * math.pi
    while angle < -math.pi:
        angle += 2 * math.pi
    return angle


@compiled(STEP)
def acrobot(state: Any, action: Any, observation: Any) -> Any:
    """Sutton (1996): two angles and their velocities, by one step of the Runge-Kutta method."""
    a, b, c, d = state
    torque, dt = action - 1.0, 0.2
    # Gymnasium squares by C's `pow`, which sometimes rounds otherwise than x * x. The compiler writes x ** 2 as that if
    # it knows the exponent, so it must not: it cannot know the length of an observation.
    two = len(observation) / 3.0
    k1 = _acrobot_derivative(a, b, c, d, torque, two)
    h = dt / 2.0
    k2 = _acrobot_derivative(a + h * k1[0], b + h * k1[1], c + h * k1[2], d + h * k1[3], torque, two)
    k3 = _acrobot_derivative(a + h * k2[0], b + h * k2[1], c + h * k2[2], d + h * k2[3], torque, two)
    k4 = _acrobot_derivative(a + dt * k3[0], b + dt * k3[1], c + dt * k3[2], d + dt * k3[3], torque, two)
    for i in range(4):
        state[i] += dt / 6.0 * (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i])
    state[0], state[1] = _wrapped(state[0]), _wrapped(state[1])
    state[2] = min(max(state[2], -4 * math.pi), 4 * math.pi)
    state[3] = min(max(state[3], -9 * math.pi), 9 * math.pi)
    observation[0], observation[1] = math.cos(state[0]), math.sin(state[0])
    observation[2], observation[3] = math.cos(state[1]), math.sin(state[1])
    observation[4], observation[5] = state[2], state[3]
    terminated = -math.cos(state[0]) - math.cos(state[1] + state[0]) > 1.0
    return 0.0 if terminated else -1.0, terminated


class ClassicControl(Environment, ABC):
    """`L x N` environments in one array of states, `[L * N, S]`; episodes are at most `max_steps` long."""

    advance: ClassVar[Compiled]
    """The step of one environment."""
    states: ClassVar[int]
    """`S`, numbers in a state."""
    names: ClassVar[tuple[str, ...]]
    """Of the numbers in an observation."""

    def __init__(self, id_: str, max_steps: int, lanes: int, envs: int) -> None:
        example = gymnasium.make(id_, disable_env_checker=True)
        self.observation_space, self.action_space = example.observation_space, example.action_space
        example.close()
        self.shape, count = (lanes, envs), lanes * envs
        self._kernel = EnvironmentKernel(
            step=self.advance,
            state=np.zeros((count, self.states)),
            observation=np.zeros((count, *(self.observation_space.shape or ())), np.float32),
            lengths=np.zeros(count, np.int64),
            max_steps=max_steps,
        )

    @property
    def kernel(self) -> EnvironmentKernel:
        """The compiled step, and the arrays it works on."""
        return self._kernel

    def reset(self, mask: np.ndarray, seeds: np.ndarray) -> np.ndarray:
        """Begin episodes where `mask` `[L, N]`, seeded as Gymnasium does; returns `[L, N, ...]`."""
        kernel = self._kernel
        for i in np.flatnonzero(mask):
            generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(int(seeds.flat[i]))))
            first = self.start(generator)
            kernel.state[i], kernel.observation[i], kernel.lengths[i] = first, self.observe(first), 0
        return self._by_lane(kernel.observation.copy())

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Step every environment with its action, `[L, N]`."""
        kernel, action = self._kernel, actions.astype(np.int64).ravel()
        reward, over, cut = np.empty(action.size), np.empty(action.size, np.bool_), np.empty(action.size, np.bool_)
        step_all(
            kernel.step.address,
            kernel.state,
            kernel.lengths,
            kernel.max_steps,
            action,
            kernel.observation,
            reward,
            over,
            cut,
        )
        observation = kernel.observation.copy()
        return self._by_lane(observation), self._by_lane(reward), self._by_lane(over), self._by_lane(cut)

    def explain(self, observation: np.ndarray) -> Explanation:
        """The names of the numbers."""
        return Explanation(numbers=dict(zip(self.names, observation.tolist(), strict=True)))

    def close(self) -> None:
        """There is nothing to release."""

    @staticmethod
    @abstractmethod
    def start(generator: np.random.Generator) -> np.ndarray:
        """The first state of an episode, `[S]`."""

    @staticmethod
    def observe(first: np.ndarray) -> np.ndarray:
        """The first observation of an episode, from its first state."""
        return first

    def _by_lane(self, flat: np.ndarray) -> np.ndarray:
        return flat.reshape(*self.shape, *flat.shape[1:])


class CartPole(ClassicControl):
    """A pole on a cart."""

    advance, states = cart_pole, 4
    names = ("cart position", "cart velocity", "pole angle", "pole angular velocity")

    @staticmethod
    def start(generator: np.random.Generator) -> np.ndarray:
        """The pole nearly upright, the cart nearly at rest."""
        return generator.uniform(-0.05, 0.05, (4,))


class MountainCar(ClassicControl):
    """A car in a valley."""

    advance, states = mountain_car, 2
    names = ("position", "velocity")

    @staticmethod
    def start(generator: np.random.Generator) -> np.ndarray:
        """At rest near the bottom."""
        return np.array([generator.uniform(-0.6, -0.4), 0.0])


class Acrobot(ClassicControl):
    """A double pendulum."""

    advance, states = acrobot, 4
    names = (
        "cosine of the first angle",
        "sine of the first angle",
        "cosine of the second angle",
        "sine of the second angle",
        "angular velocity of the first",
        "angular velocity of the second",
    )

    @staticmethod
    def start(generator: np.random.Generator) -> np.ndarray:
        """Hanging nearly still."""
        return generator.uniform(-0.1, 0.1, (4,)).astype(np.float32)

    @staticmethod
    def observe(first: np.ndarray) -> np.ndarray:
        """Gymnasium's first state is float32, and so are its cosines."""
        one, two, *velocities = first
        return np.array([np.cos(one), np.sin(one), np.cos(two), np.sin(two), *velocities], np.float32)


ENGINES: dict[str, type[ClassicControl]] = {
    "gymnasium.envs.classic_control.acrobot:AcrobotEnv": Acrobot,
    "gymnasium.envs.classic_control.cartpole:CartPoleEnv": CartPole,
    "gymnasium.envs.classic_control.mountain_car:MountainCarEnv": MountainCar,
}
"""Entry point in Gymnasium's registry to the class that steps many of these environments."""


def vectorized(id_: str, max_steps: int | None, lanes: int, envs: int) -> ClassicControl | None:
    """The environments of an unchanged id of Gymnasium's registry; None where no class steps them to the same bits.

    `max_steps` truncates episodes besides the registry's own limit.
    """
    spec = gymnasium.registry.get(id_)
    if spec is None or spec.kwargs or spec.additional_wrappers or spec.max_episode_steps is None:
        return None
    engine = ENGINES.get(str(spec.entry_point))
    if engine is None or not same_functions():
        return None
    limit = spec.max_episode_steps if max_steps is None else min(max_steps, spec.max_episode_steps)
    return engine(id_, limit, lanes, envs)


@jit
def _functions(x: Any, two: Any, out: Any) -> None:
    for i in range(len(x)):
        out[0, i], out[1, i], out[2, i] = math.cos(x[i]), math.sin(x[i]), x[i] ** two


@cache
def same_functions() -> bool:
    """Whether compiled cosines, sines and squares have the bits of NumPy's on this machine.

    On some processors NumPy uses other implementations, which may round differently.
    """
    x = np.random.default_rng(0).uniform(-10, 10, 20_000)
    out = np.empty((3, len(x)))
    _functions(x, 2.0, out)
    return bool((out == [np.cos(x), np.sin(x), [value**2 for value in x.tolist()]]).all())
