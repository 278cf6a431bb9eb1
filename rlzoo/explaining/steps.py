"""Seeing vector steps while a run takes them: environment 0 of its only lane."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from rlzoo.contracts import Transition
from rlzoo.explaining.drawing import Mirror
from rlzoo.explaining.said import said
from rlzoo.explaining.walk import Collected, Said
from rlzoo.explaining.watching import drawn
from rlzoo.lanes.clock import Clock
from rlzoo.training.runner import Runner

Stepped = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


class StepWatcher:
    """Sees what is collected, one vector step after another."""

    def __init__(self, runner: Runner, mirror: Mirror) -> None:
        self.runner, self.mirror = runner, mirror
        self.collected: list[Collected] = []
        self._now: dict[str, Any] = {}

    def observe(self, call: Callable[..., None], observation: np.ndarray, begun: np.ndarray) -> None:
        """See the observations before actions are chosen."""
        environment, episodes = self.runner.collector.environment, self.runner.collector.episodes
        picture = self.mirror.picture(observation[0, 0], int(self.runner.collector.episode_seeds.current[0, 0]))
        with drawn(self.runner.parts.rngs["exploration"]) as draws:
            call(observation, begun)
        mask = environment.action_mask
        self._now = {
            "observation": observation[0, 0].copy(),
            "allowed": None if mask is None else mask[0, 0].copy(),
            "episode": int(self.runner.clock.episodes[0]) + 1,
            "place": int(episodes.lengths[0, 0]) + 1,
            "observed": said(self._chosen("environment"), environment.explain(observation[0, 0])),
            "picture": picture,
            "draws": draws,
        }

    def act(self, call: Callable[..., np.ndarray], q: np.ndarray, clock: Clock) -> np.ndarray:
        """See the choice."""
        policy = self.runner.parts.exploration
        with drawn(self.runner.parts.rngs["exploration"]) as draws:
            action = call(q, clock)
        numbers = [*self._now.pop("draws"), *draws]
        joined = np.concatenate(numbers, -1) if numbers else np.zeros((len(q), 0))
        words = policy.explain(q, action, joined, clock)
        self._now |= {
            "q": self._values(q),
            "action": action[0, 0].copy(),
            "chosen": said(self._chosen("exploration"), words, policy.metrics(clock), policy.columns),
        }
        return action

    def _values(self, q: np.ndarray) -> np.ndarray | None:
        """Q values by which environment 0 acts, `[A]`; of several heads, what the objective makes of them."""
        sees, objective = self.runner.parts.exploration.sees, self.runner.parts.objective
        if sees == "actions":
            return None
        return objective.q_values(torch.from_numpy(q))[0, 0].numpy() if sees == "heads" else q[0, 0].copy()

    def step(self, call: Callable[..., Stepped], action: np.ndarray) -> Stepped:
        """See what the environment returns."""
        stepped = call(action)
        after, reward, terminated, truncated = stepped
        self._now |= {
            "next_observation": after[0, 0].copy(),
            "reward": float(reward[0, 0]),
            "terminated": bool(terminated[0, 0]),
            "truncated": bool(truncated[0, 0]),
        }
        self.mirror.step(action)
        return stepped

    def add(self, call: Callable[[Transition], None], transition: Transition) -> None:
        """See what is stored."""
        call(transition)
        buffer = self.runner.collector.parts.buffer
        self._now |= {
            "signal": float(transition.reward[0, 0]),
            "columns": {name: values[0, 0].copy() for name, values in transition.columns.items()},
            "stored": said(self._chosen("buffer"), buffer.explain(None), buffer.metrics(self.runner.clock)),
        }

    def conclude(self) -> None:
        """The vector step is over."""
        if self._now:
            self.collected.append(Collected(step=self.runner.clock.steps, **self._now))
            self._now = {}

    def _chosen(self, slot: str) -> Any:
        return self.runner.composition.components[slot]


def part_words(runner: Runner) -> list[Said]:
    """All parts in the order of a step, as their docstrings describe them."""
    order = ("environment", "network", "exploration", "buffer", "objective", "optimizer", "target", "intervention")
    return [said(runner.composition.components[slot]) for slot in order]
