"""Exploration with continuous actions: the greedy action plus noise, within the bounds."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np

from rlzoo.contracts import PER_LANE, BuildSpec, Component, Explanation, ExplorationPolicy, Meta, State
from rlzoo.contracts.errors import OptionError
from rlzoo.contracts.explanation import digits
from rlzoo.lanes.clock import Clock
from rlzoo.lanes.settings import Setting, beside
from rlzoo_continuous import papers
from rlzoo_continuous.bounds import Bounds, bounds_of

TRIAL = {"env": "rlzoo-probe/continuous-v0", "objective": "naf", "train.learning_starts": 8}


@dataclass(frozen=True)
class Gaussian(Component):
    """The greedy action plus independent normal noise at every step."""

    reference: ClassVar[str] = papers.LILLICRAP_2016
    trials: ClassVar[tuple[dict[str, object], ...]] = (TRIAL,)

    sigma: Annotated[
        float, Meta(ge=0, description="standard deviation of the noise, in the unit of the actions"), PER_LANE
    ] = 0.1

    def build(self, spec: BuildSpec) -> ExplorationPolicy:
        """Build the policy. Raises BadInput for actions that are not a bounded Box."""
        return GaussianPolicy(self.sigma, spec, bounds_of(spec, "exploration=gaussian"))


@dataclass(frozen=True)
class OrnsteinUhlenbeck(Component):
    """The greedy action plus noise that drifts around 0, `dx = -theta x dt + sigma dW` (Lillicrap et al., 2016).

    It is 0 where an episode begins.
    """

    reference: ClassVar[str] = f"{papers.UHLENBECK_1930}; {papers.LILLICRAP_2016}"
    trials: ClassVar[tuple[dict[str, object], ...]] = (TRIAL,)

    theta: Annotated[float, Meta(ge=0, description="rate at which the noise returns to 0"), PER_LANE] = 0.15
    sigma: Annotated[
        float, Meta(ge=0, description="volatility: standard deviation per square root of time"), PER_LANE
    ] = 0.2
    dt: Annotated[float, Meta(gt=0, description="time that a step takes"), PER_LANE] = 1.0

    def build(self, spec: BuildSpec) -> ExplorationPolicy:
        """Build the policy.

        Raises BadInput for actions that are not a bounded Box, OptionError for noise that would grow without limit.
        """
        if np.any(np.asarray(self.theta) * self.dt >= 2):
            raise OptionError(
                "`exploration.theta` times `exploration.dt` must be below 2, or the noise grows without limit; "
                "set a lower one of the two"
            )
        return OrnsteinUhlenbeckPolicy(self, spec, bounds_of(spec, "exploration=ornstein-uhlenbeck"))


class NoisePolicy(ExplorationPolicy):
    """Adds noise to the greedy action, and clips the sum to the bounds."""

    sees: ClassVar[Literal["values", "heads", "actions"]] = "actions"

    def __init__(self, spec: BuildSpec, bounds: Bounds) -> None:
        self.rng, self.bounds = spec.rng, bounds
        self.low, self.high = bounds.low.reshape(bounds.shape), bounds.high.reshape(bounds.shape)

    @abstractmethod
    def noise(self, shape: tuple[int, ...]) -> np.ndarray:
        """The noise of a step, float64 `[L, *shape]`."""

    def act(self, q: np.ndarray, clock: Clock) -> np.ndarray:
        """Greedy actions `[L, N, *shape]` -> float32 actions of the same shape."""
        return np.clip((q + self.noise(q.shape[1:])).astype(np.float32), self.low, self.high)

    def probabilities(self, q: np.ndarray, clock: Clock) -> np.ndarray:
        """Continuous actions have a density instead of probabilities: raises TypeError."""
        raise TypeError("continuous actions have no probabilities")

    def explain(self, q: np.ndarray, action: np.ndarray, draws: np.ndarray, clock: Clock) -> Explanation:
        """The greedy action, and by how much the noise has changed it."""
        greedy, taken = ([digits(number) for number in np.ravel(it[0, 0])] for it in (q, action))
        return Explanation(f"The greedy action is {', '.join(greedy)}; with noise, {', '.join(taken)} is taken.")


class GaussianPolicy(NoisePolicy):
    """Independent normal numbers."""

    def __init__(self, sigma: Setting, spec: BuildSpec, bounds: Bounds) -> None:
        super().__init__(spec, bounds)
        self.sigma = sigma

    def noise(self, shape: tuple[int, ...]) -> np.ndarray:
        """Normal numbers with standard deviation `sigma`, `[L, *shape]`."""
        drawn = self.rng.normal(shape)
        return beside(self.sigma, drawn) * drawn


class OrnsteinUhlenbeckPolicy(NoisePolicy):
    """A process for each number of the action in each environment, simulated by Euler-Maruyama steps of `dt`."""

    def __init__(self, options: OrnsteinUhlenbeck, spec: BuildSpec, bounds: Bounds) -> None:
        super().__init__(spec, bounds)
        self.options = options
        self.x = np.zeros((spec.lanes, spec.envs, *bounds.shape))

    def observe(self, observation: np.ndarray, begun: np.ndarray) -> None:
        """Set the noise to 0 where an episode begins."""
        self.x[begun] = 0.0

    def noise(self, shape: tuple[int, ...]) -> np.ndarray:
        """The next values of the processes, `[L, *shape]`."""
        theta, sigma, dt = (beside(it, self.x) for it in (self.options.theta, self.options.sigma, self.options.dt))
        self.x = self.x - theta * self.x * dt + sigma * np.sqrt(dt) * self.rng.normal(shape)
        return self.x

    def state(self) -> State:
        """The noise of the running episodes."""
        return {"x": self.x.copy()}

    def load_state(self, state: State) -> None:
        """Restore it."""
        self.x = state["x"].copy()
