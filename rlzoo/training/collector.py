"""Collecting: act, step the environments, store, reset what has ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol

import numpy as np

from rlzoo.contracts import Environment, State, StoppingRule, Train, Transition
from rlzoo.contracts.errors import NotRepeatable
from rlzoo.contracts.spaces import observation_layout
from rlzoo.lanes.clock import Clock
from rlzoo.lanes.seeding import EpisodeSeeds
from rlzoo.training.assembly import Parts
from rlzoo.training.columns import with_columns
from rlzoo.training.episodes import EpisodeTracker
from rlzoo.training.learner import Learner
from rlzoo.training.replay import ActionHistory, restore


class Watch(Protocol):
    """Sees what was stored, and must not change it."""

    @property
    def wants_steps(self) -> bool:
        """Whether it needs to see the next steps."""

    def see_steps(
        self,
        observation: np.ndarray,
        action: np.ndarray,
        reward: np.ndarray,
        terminated: np.ndarray,
        truncated: np.ndarray,
    ) -> None:
        """See some vector steps, of which only the last may end an episode.

        The observation and the action are those of the first step, `[L, N, ...]`, the rewards those of all steps,
        `[L, T, N]`, and the last two say how the last step ended the episode, `[L, N]`.
        """


class Collector:
    """Gathers experience in `L x N` environments and adds it to the buffer, one vector step at a time."""

    engine: ClassVar[str] = "step by step"

    def __init__(
        self,
        environment: Environment,
        parts: Parts,
        learner: Learner,
        seeds: Sequence[int],
        train: Train,
        clock: Clock,
        rules: Sequence[StoppingRule] = (),
    ) -> None:
        self.environment, self.parts, self.learner, self.clock = environment, parts, learner, clock
        self.seeds = seeds
        self.episode_seeds = EpisodeSeeds(seeds, train.envs, "env")
        self.episodes = EpisodeTracker(seeds, train.envs, clock, rules)
        lanes = self.episodes.lengths.shape
        shape, dtype = observation_layout(environment.observation_space)
        self._observation = np.zeros((*lanes, *shape), dtype)  # [L, N, ...]
        self._to_reset = np.ones(lanes, np.bool_)  # [L, N] begin an episode at the next step
        self._action: np.ndarray | None = None  # [L, N, ...] chosen, but not taken yet
        self._actions = None if environment.state() else ActionHistory(environment.action_space, lanes)
        self.watch: Watch | None = None
        self._views = {"values": learner.q, "heads": learner.heads, "actions": learner.greedy}

    def begin(self) -> None:
        """Let the buffer fill itself, and draw the seeds of the first episodes."""
        self.parts.buffer.prefill(self.environment, self.seeds)
        self.environment.expect_seeds(self.episode_seeds.upcoming)
        self.episode_seeds.draw(self._to_reset)

    def collect(self, limit: int) -> None:
        """One vector step of every lane; a faster collector may do up to `limit`, until an episode ends.

        An environment that fails leaves everything as it was before the step, but for the action chosen.
        """
        self.collect_one()

    def collect_one(self) -> None:
        """One vector step by the methods of the parts, also where they offer kernels."""
        self.reset()
        observation, mask, action = self._observation, self.environment.action_mask, self._choose()
        next_observation, reward, terminated, truncated = self.environment.step(action)
        if self._actions is not None:
            self._actions.append(action, self.episodes.lengths)
        self._action = None
        signal, final = self.environment.learning_signal(reward, terminated)
        self._store(Transition(observation, action, signal, next_observation, final, truncated), mask)
        if self.watch is not None and self.watch.wants_steps:
            self.watch.see_steps(observation, action, signal[:, None], final, truncated)
        self._observation = next_observation
        self.episodes.add(reward)
        self._end(terminated, truncated)

    def reset(self) -> None:
        """Begin the episodes that follow those that have ended."""
        if self._to_reset.any():
            self._observation = self.environment.reset(self._to_reset, self.episode_seeds.current)
            self._to_reset = np.zeros_like(self._to_reset)

    def _choose(self) -> np.ndarray:
        if self._action is None:
            self._action = self._act()
        return self._action

    def _act(self) -> np.ndarray:
        policy, begins = self.parts.exploration, self.episodes.lengths == 0
        if self.learner.memory is not None:
            self.learner.memory.begin_step(begins)
        policy.observe(self._observation, begins)
        view = self._views[policy.sees]
        return policy.act(view(self._observation, self.environment.action_mask), self.clock)

    def _store(self, transition: Transition, mask: np.ndarray | None) -> None:
        recorders = [part for part in (self.parts.exploration, self.parts.objective) if part.columns]
        memory = None if self.learner.memory is None else self.learner.memory.before
        if recorders or mask is not None or memory is not None:
            masks = mask, self.environment.action_mask
            transition = with_columns(transition, masks, recorders, lambda x: self.learner.q_ahead(x, masks[1]), memory)
        self.parts.buffer.add(transition)

    def _end(self, terminated: np.ndarray, truncated: np.ndarray) -> None:
        """Draw the seeds of new episodes where one has ended, `[L, N]` each."""
        ended = self.episodes.end(terminated, truncated, self.learner.frozen)
        if ended.any():
            self.learner.stop(self.episodes.stopped)
            self.episode_seeds.draw(ended)
            self._to_reset = ended

    def taken(self) -> list[list[np.ndarray]] | None:
        """The actions of the running episodes, `[length, ...]` each by lane and environment; None if unknown."""
        return None if self._actions is None else self._actions.of(self.episodes.lengths)

    def state(self) -> State:
        """The running episodes. Environments that cannot save their state are restored by repeating their actions."""
        return {
            "episode_seeds": self.episode_seeds.state(),
            "episodes": self.episodes.state(),
            "to_reset": self._to_reset.copy(),
            "action": None if self._action is None else self._action.copy(),
            "observation": self._observation.copy(),
            "environment": self._environment_state(),
        }

    def load_state(self, state: State, *, exact: bool = True) -> None:
        """Continue in the middle of the episodes.

        Raises NotRepeatable where an environment does not come to the same point again; unless `exact`, such episodes
        are abandoned and the next ones begin.
        """
        self.episode_seeds.load_state(state["episode_seeds"])
        self.episodes.load_state(state["episodes"])
        self.environment.expect_seeds(self.episode_seeds.upcoming)
        self._observation, self._to_reset = state["observation"].copy(), state["to_reset"].copy()
        self._action = None if state["action"] is None else state["action"].copy()
        differs = self._restore_environment(state["environment"])
        if differs.any():
            lane, env = np.argwhere(differs)[0].tolist()
            if exact:
                raise NotRepeatable(self.seeds[lane], env, int(self.episodes.lengths[lane, env]))
            self._abandon(differs)

    def _environment_state(self) -> State:
        if self._actions is None:
            return self.environment.state()
        return {"actions": self._actions.of(self.episodes.lengths)}

    def _restore_environment(self, state: State) -> np.ndarray:
        """Restore the environments; returns which of them are not where they were, `[L, N]`."""
        seeds, everywhere = self.episode_seeds.current, np.ones(self._to_reset.shape, np.bool_)
        if self._actions is None:
            self.environment.reset(everywhere, seeds)
            self.environment.load_state(state)
            return ~everywhere
        self._actions.load(state["actions"])
        fresh, self._to_reset = self._to_reset, ~everywhere
        self._observation, differs = restore(
            self.environment, seeds, state["actions"], self._observation, self.episodes.returns
        )
        return differs & ~fresh  # episodes that were about to begin have begun

    def _abandon(self, which: np.ndarray) -> None:
        """Begin new episodes where `which`, `[L, N]`."""
        self.episodes.abandon(which)
        self.episode_seeds.draw(which)
        self._to_reset, self._action = self._to_reset | which, None
