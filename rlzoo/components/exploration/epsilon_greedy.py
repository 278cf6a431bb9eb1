"""Epsilon-greedy exploration: mostly the best action, sometimes a random one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np

from rlzoo.components.exploration.compiled_policy import CompiledPolicy, best, random
from rlzoo.components.exploration.greedy import greedy_probabilities
from rlzoo.components.exploration.random_action import random_probabilities
from rlzoo.contracts import PER_LANE, BuildSpec, Component, Explanation, ExplorationPolicy, Meta
from rlzoo.contracts.errors import OptionError
from rlzoo.contracts.explanation import digits
from rlzoo.lanes import schedules
from rlzoo.lanes.clock import Clock
from rlzoo.lanes.compiled import ACT, compiled
from rlzoo.lanes.settings import Setting
from rlzoo.registry import papers

Probability = Annotated[float, Meta(ge=0, le=1)]
Epsilon = Callable[[Clock], Any]
"""Epsilon now: one number for all lanes, or `[L, 1]`."""


@dataclass(frozen=True)
class EpsilonGreedy(Component):
    """A random action with probability epsilon, annealed by a schedule, else the best (Sutton & Barto, 2018, 2.2)."""

    reference: ClassVar[str] = papers.SUTTON_2018

    schedule: Annotated[
        Literal["linear", "exponential", "inverse", "constant"],
        Meta(
            description="how epsilon is annealed: linear over steps, exponential or inverse over episodes, or constant"
        ),
    ] = "linear"
    start: Annotated[Probability, Meta(description="initial epsilon"), PER_LANE] = 1.0
    end: (
        Annotated[Probability, Meta(description="final epsilon; none means 0.05 (linear), 0 (exponential)"), PER_LANE]
        | None
    ) = None
    steps: (
        Annotated[int, Meta(ge=1, description="linear: environment steps until the final epsilon"), PER_LANE] | None
    ) = None
    fraction: (
        Annotated[
            float,
            Meta(gt=0, le=1, description="linear: fraction of the run's steps until the final epsilon; none means 0.5"),
            PER_LANE,
        ]
        | None
    ) = None
    decay: (
        Annotated[float, Meta(gt=0, le=1, description="exponential: factor per episode; none means 0.995"), PER_LANE]
        | None
    ) = None

    variants: ClassVar[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
        "schedule": {
            "linear": ("start", "end", "steps", "fraction"),
            "exponential": ("start", "end", "decay"),
            "inverse": ("start",),
            "constant": ("start",),
        }
    }
    alternatives: ClassVar[tuple[tuple[str, ...], ...]] = (("steps", "fraction"),)

    def build(self, spec: BuildSpec) -> ExplorationPolicy:
        """The policy for `spec.lanes` lanes. Raises OptionError for a fraction of a run counted in episodes."""
        return EpsilonGreedyPolicy(self.epsilon(spec), spec)

    def epsilon(self, spec: BuildSpec) -> Epsilon:
        """Epsilon as a function of the clock. Raises OptionError as `build` does."""
        if self.schedule == "constant":
            return lambda _: self.start
        if self.schedule == "inverse":
            return lambda clock: schedules.inverse(self.start, clock.episodes[:, None])
        if self.schedule == "exponential":
            end, decay = 0.0 if self.end is None else self.end, 0.995 if self.decay is None else self.decay
            return lambda clock: schedules.exponential(self.start, end, decay, clock.episodes[:, None])
        final, duration = 0.05 if self.end is None else self.end, self._duration(spec)
        return lambda clock: schedules.linear(self.start, final, duration, clock.steps)

    def _duration(self, spec: BuildSpec) -> Setting:
        if self.steps is not None:
            return self.steps
        if spec.steps is None:
            raise OptionError(
                "`exploration.fraction` is a fraction of the run's steps, but this run counts episodes; give "
                "`exploration.steps`"
            )
        return spec.steps * (0.5 if self.fraction is None else self.fraction)


@compiled(ACT)
def explore_or_exploit(q: Any, draws: Any, numbers: Any) -> Any:
    """A random action where the first draw is below epsilon, else the best."""
    return random(draws[1], q) if draws[0] < numbers[0] else best(q)


class EpsilonGreedyPolicy(CompiledPolicy):
    """Every environment flips its own coin, from its lane's stream."""

    choose, draws = explore_or_exploit, 2

    def __init__(self, epsilon: Epsilon, spec: BuildSpec) -> None:
        super().__init__(spec)
        self.epsilon = epsilon

    def numbers(self, clock: Clock) -> Any:
        """Epsilon."""
        return self.epsilon(clock)

    def probabilities(self, q: np.ndarray, clock: Clock) -> np.ndarray:
        """q `[L, B, A]` -> the probability of each action, `[L, B, A]`."""
        epsilon = np.asarray(self.epsilon(clock))[..., None]
        return (1 - epsilon) * greedy_probabilities(q) + random_probabilities(q, epsilon)

    def metrics(self, clock: Clock) -> Mapping[str, Any]:
        """The epsilon of each lane."""
        return {"epsilon": np.ravel(self.epsilon(clock))}

    def explain(self, q: np.ndarray, action: np.ndarray, draws: np.ndarray, clock: Clock) -> Explanation:
        """Epsilon, and the draws that decided."""
        epsilon, (coin, anything) = float(np.ravel(self.epsilon(clock))[0]), draws[0, :2].tolist()
        numbers = {"epsilon": epsilon, "first draw": coin, "second draw": anything}
        known = f"Epsilon is {digits(epsilon)}, and the first draw is {digits(coin)}"
        if coin < epsilon:
            return Explanation(
                f"{known}, which is below it: the action is random. The second draw, {digits(anything)}, picks action "
                f"{int(action[0, 0])}.",
                numbers,
            )
        return Explanation(f"{known}, which is not below it: the best action is taken.", numbers)
