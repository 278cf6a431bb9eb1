"""All games of all lanes in compiled loops, bit-identical to MinAtar's."""

from __future__ import annotations

from importlib import import_module

import numpy as np
from gymnasium.spaces import Box, Discrete

from rlzoo.contracts import Environment, State
from rlzoo_minatar.kernels import random


class CompiledGames(Environment):
    """`L x N` games in one array of states; observations are `[10, 10, C]` of bool."""

    def __init__(
        self, game: str, lanes: int, envs: int, *, sticky: float, ramping: bool, minimal_actions: bool
    ) -> None:
        self._kernels = import_module(f"rlzoo_minatar.kernels.{game}")
        actions = self._kernels.ACTIONS if minimal_actions else range(6)
        self.observation_space = Box(0, 1, (10, 10, self._kernels.CHANNELS), np.bool_)
        self.action_space = Discrete(len(actions))
        self.shape, self.ends_by_time = (lanes, envs), game == "freeway"
        self._actions, self._sticky, self._ramping = np.array(actions, np.int64), sticky, ramping
        self._states = np.zeros((lanes * envs, self._kernels.SIZE), np.int64)
        self._generators = np.zeros((lanes * envs, random.LENGTH), np.uint32)

    def reset(self, mask: np.ndarray, seeds: np.ndarray) -> np.ndarray:
        """Begin episodes where `mask` `[L, N]`, seeded; returns all current observations `[L, N, 10, 10, C]`."""
        which = np.flatnonzero(mask)
        for i in which:
            random.seed(self._generators[i], int(seeds.flat[i]))
        self._kernels.reset(self._states, self._generators, which)
        return self._observe()

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Play one frame of every game with its action, `[L, N]`. Freeway's time limit truncates its episodes."""
        rewards = np.empty(len(self._states))
        played = self._actions[actions.ravel()]
        self._kernels.step(self._states, self._generators, played, self._sticky, self._ramping, rewards)
        over = self._states[:, self._kernels.OVER].reshape(self.shape) == 1
        never = np.zeros(self.shape, np.bool_)
        terminated, truncated = (never, over) if self.ends_by_time else (over, never)
        return self._observe(), rewards.reshape(self.shape), terminated, truncated

    def state(self) -> State:
        """The games and their random generators, so that a run is resumed without playing again."""
        states, generators = (array.reshape(*self.shape, -1) for array in (self._states, self._generators))
        return {"states": states.copy(), "generators": generators.copy()}

    def load_state(self, state: State) -> None:
        """Restore them."""
        self._states[:] = state["states"].reshape(self._states.shape)
        self._generators[:] = state["generators"].reshape(self._generators.shape)

    def close(self) -> None:
        """There is nothing to release."""

    def _observe(self) -> np.ndarray:
        observations = np.zeros((len(self._states), 10, 10, self._kernels.CHANNELS), np.bool_)
        self._kernels.draw(self._states, observations)
        return observations.reshape(*self.shape, *observations.shape[1:])
