"""Restoring environments in the middle of their episodes: seed them again and repeat the actions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.spaces import Discrete, Space

from rlzoo.contracts import Environment


class ActionHistory:
    """The actions since the beginning of each of `L x N` running episodes."""

    def __init__(self, space: Space[Any], shape: tuple[int, ...]) -> None:
        # An episode may be long, so discrete actions are kept as small as they fit.
        self._dtype = np.min_scalar_type(int(space.n)) if isinstance(space, Discrete) else None
        self._kept = np.empty((0, *shape))  # [places, L, N, ...], with the shape of actions from the first one on
        self._count = 0

    def append(self, action: np.ndarray, lengths: np.ndarray) -> None:
        """Add the actions of a vector step, `[L, N, ...]`, before which the episodes were `lengths` long, `[L, N]`."""
        if self._count >= len(self._kept):
            self._make_room(action, int(lengths.max()))
        self._kept[self._count] = action
        self._count += 1

    def _make_room(self, action: np.ndarray, needed: int) -> None:
        """Drop what no running episode needs; keep as much room again."""
        before = self._kept[self._count - needed : self._count]
        self._kept = np.empty((2 * needed + 64, *action.shape), self._dtype or action.dtype)
        if needed:
            self._kept[:needed] = before
        self._count = needed

    def of(self, lengths: np.ndarray) -> list[list[np.ndarray]]:
        """The actions of each running episode, `[its length, ...]`, by lane and environment."""
        return [
            [self._kept[self._count - length : self._count, lane, env].copy() for env, length in enumerate(row)]
            for lane, row in enumerate(lengths.tolist())
        ]

    def load(self, actions: Sequence[Sequence[np.ndarray]]) -> None:
        """Hold these actions, as `of` returned them."""
        longest = max(len(env) for lane in actions for env in lane)
        shape, dtype = actions[0][0].shape[1:], actions[0][0].dtype
        self._kept = np.zeros((longest, len(actions), len(actions[0]), *shape), dtype)
        for lane, row in enumerate(actions):
            for env, taken in enumerate(row):
                self._kept[longest - len(taken) :, lane, env] = taken
        self._count = longest


def replay(
    environment: Environment, seeds: np.ndarray, actions: Sequence[Sequence[np.ndarray]]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Repeat episodes from their `seeds` `[L, N]` by their actions, `[length, ...]` each.

    All environments are stepped together, so those with a shorter episode begin it later, and take any allowed action
    until then. Returns the last observations `[L, N, ...]`, the returns of the episodes, and which of these ended
    early, `[L, N]`.
    """
    lengths = np.array([[len(env) for env in lane] for lane in actions])
    longest = int(lengths.max())
    returns, early = np.zeros(lengths.shape), np.zeros(lengths.shape, np.bool_)
    observation = environment.reset(np.ones(lengths.shape, np.bool_), seeds)
    for step in range(longest):
        begins = lengths == longest - step
        if begins.any() and step:
            observation = environment.reset(begins, seeds)
        running = lengths >= longest - step
        observation, reward, terminated, truncated = environment.step(_actions_at(environment, actions, longest - step))
        returns += np.where(running, reward, 0.0)
        ended = terminated | truncated
        early |= ended & running
        if ended.any():  # no environment may be stepped once its episode is over
            observation = environment.reset(ended, seeds)
    waiting = lengths == 0
    if waiting.any() and longest:
        observation = environment.reset(waiting, seeds)
    return observation, returns, early


def restore(
    environment: Environment,
    seeds: np.ndarray,
    actions: Sequence[Sequence[np.ndarray]],
    observation: np.ndarray,
    returns: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Replay, and compare with the last `observation` `[L, N, ...]` and the `returns` `[L, N]` there were.

    Returns the observations, and which episodes are not where they were, `[L, N]`.
    """
    reached, sums, early = replay(environment, seeds, actions)
    same = (reached == observation).reshape(*early.shape, -1).all(-1) & (sums == returns)
    return reached, early | ~same


def _actions_at(environment: Environment, actions: Sequence[Sequence[np.ndarray]], left: int) -> np.ndarray:
    """The actions with which `left` actions of the episodes are left, `[L, N, ...]`."""
    mask = environment.action_mask

    def choose(lane: int, env: int, taken: np.ndarray) -> Any:
        if len(taken) >= left:
            return taken[len(taken) - left]
        return np.zeros(taken.shape[1:], taken.dtype) if mask is None else mask[lane, env].argmax()

    chosen = [[choose(lane, env, taken) for env, taken in enumerate(row)] for lane, row in enumerate(actions)]
    array = np.array(chosen)
    return array.astype(np.int64) if array.dtype.kind in "iu" else array
