"""What each slot builds, and what it is built from: the contract between rlzoo and every component.

Shapes: `L` lanes (one per seed, always axis 0), `N` environments per lane, `B` batch, `A` actions, `K` numbers the
network gives per action. Acting is NumPy (environments are), learning is torch.

A stateful part returns what it needs to go on from `state()`, as plain arrays, numbers, strings and dictionaries of
them, and takes it back in `load_state()`. Random streams are the host's: it saves and restores them itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

if TYPE_CHECKING:
    import gymnasium
    import numpy as np
    import torch
    from torch import Tensor, nn

    from rlzoo.lanes.clock import Clock
    from rlzoo.lanes.rng import LaneRng

State = Mapping[str, Any]
Params = dict[str, "Tensor"]
"""Name of a parameter or buffer -> its values in every lane, `[L, ...]`."""
Predict = Callable[[Params, "Tensor"], "Tensor"]
"""The stacked network: parameters and observations `[L, B, ...]` -> outputs `[L, B, A]` or `[L, B, A, K]`."""


@dataclass(frozen=True)
class Transition:
    """One vector step of every lane, as NumPy arrays. `next_observation` is the true one, never that of a reset."""

    observation: np.ndarray  # [L, N, ...]
    action: np.ndarray  # [L, N] int64
    reward: np.ndarray  # [L, N] float32
    next_observation: np.ndarray  # [L, N, ...]
    terminated: np.ndarray  # [L, N] bool: nothing follows that counts
    truncated: np.ndarray  # [L, N] bool: the episode was cut, its value goes on
    next_action: np.ndarray | None = None  # [L, N] int64, if the objective asks for it


@dataclass(frozen=True)
class Batch:
    """Transitions to learn from, as tensors; `index` says where the buffer keeps them.

    One may span several steps (`train.n_step`): `reward` is then their discounted sum, `next_observation` where they
    led, and `discount` what the value of that counts for.
    """

    observation: Tensor  # [L, B, ...]
    action: Tensor  # [L, B] int64
    reward: Tensor  # [L, B] float32
    next_observation: Tensor  # [L, B, ...]
    discount: Tensor  # [L, B] float32, gamma to the number of steps spanned
    terminated: Tensor  # [L, B] bool: next_observation is terminal
    next_action: Tensor | None  # [L, B] int64, if the objective asks for it
    index: Tensor  # [L, B] int64
    weight: Tensor  # [L, B] float32, importance weights (ones where sampling is uniform)

    def to(self, device: torch.device) -> Batch:
        """The batch on `device`; itself where it is there already."""
        if self.action.device == device:
            return self
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        moved: dict[str, Any] = {name: None if it is None else it.to(device) for name, it in values.items()}
        return Batch(**moved)


@dataclass(frozen=True)
class BuildSpec:
    """What a component may know when it is built. Frozen; fields are only ever added."""

    observation_space: gymnasium.Space[Any]
    action_space: gymnasium.spaces.Discrete
    lanes: int
    envs: int
    device: torch.device
    rng: LaneRng
    """This slot's own random stream in every lane; the only source a component may draw from."""
    steps: int | None
    """Environment steps per lane in the whole run; None where the run is counted in episodes."""
    outputs: int = 1
    """`K`, the numbers the network gives per action. Given to networks and exploration."""
    batch_size: int | None = None
    """Transitions per lane and update; None where the buffer decides alone."""
    next_action: NextAction = None
    """Which next action the transitions carry (see `Objective.next_action`). Given to buffers and exploration."""
    gamma: float = 1.0
    """The objective's discount per step. Given to buffers, which sum rewards over `n_step` steps."""
    n_step: int = 1
    """Steps a sampled transition spans, fewer where the episode ends or the buffer does. Given to buffers."""
    policy: Callable[[np.ndarray], np.ndarray] | None = None
    """Probabilities of the exploration policy now: q `[L, B, A]` -> `[L, B, A]`. Given to objectives."""


NextAction = Literal["greedy", "behaviour"] | None


class Stateful(Protocol):
    """Default state: none. Parts that remember something override both methods."""

    def state(self) -> State:
        """What is needed to go on later: plain arrays, numbers, strings."""
        return {}

    def load_state(self, state: State) -> None:
        """Take back what `state` returned."""
        return


class Environment(Protocol):
    """`L x N` environments stepped together. A finished one waits until it is reset: nothing resets by itself."""

    observation_space: gymnasium.Space[Any]
    action_space: gymnasium.spaces.Discrete

    def foresee(self, upcoming: Callable[[int], np.ndarray]) -> None:
        """Hear, before the first reset, how later episodes will be seeded.

        `upcoming(k)` is `[L, N, k]`, the seeds of the next `k` episodes of each environment, whenever it is asked. An
        engine may prepare those. What counts is the seed that `reset` is given: it may be another one.
        """
        return

    def reset(self, mask: np.ndarray, seeds: np.ndarray) -> np.ndarray:
        """Begin a new episode, seeded by `seeds` `[L, N]`, where `mask` `[L, N]` is true.

        Returns the current observation of every environment, `[L, N, ...]`, a fresh array.
        """
        ...

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Take `actions` `[L, N]`; returns fresh `(observation, reward, terminated, truncated)`, each `[L, N, ...]`.

        Raises `rlzoo.errors.EnvironmentFailed` naming lane and environment when one of them fails.
        """
        ...

    def lesson(self, reward: np.ndarray, terminated: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What to learn from the last step, where that is not what happened: `(reward, terminated)`, both `[L, N]`.

        An environment whose rewards are clipped for learning, or where more counts as an end than ends an episode,
        says so here, so that recorded returns stay true. Only the buffer gets the result; by default it is the same.
        """
        return reward, terminated

    def close(self) -> None:
        """Release what the environments hold."""
        ...


class Buffer(Stateful, Protocol):
    """Transitions of `L` lanes, and which of them to learn from."""

    def add(self, transition: Transition) -> None:
        """Take one vector step: `N` transitions in each lane."""
        ...

    def sample(self, size: int | None) -> Batch:
        """Up to `size` transitions per lane, every lane from its own stream."""
        ...

    def feedback(self, index: Tensor, td_error: Tensor) -> None:
        """Hear how wrong the sampled predictions were: both `[L, B]`. Called after every update."""
        return

    def __len__(self) -> int:
        """Transitions held per lane."""
        ...


class ExplorationPolicy(Stateful, Protocol):
    """How actions are chosen from Q values while training."""

    sees: ClassVar[Literal["values", "heads"]] = "values"
    """What `act` and `probabilities` are given as `q`: the objective's Q values `[L, N, A]`, or with `"heads"` those of
    each of its heads, `[L, N, A, K]`; then an objective without heads is refused."""

    def see(self, observation: np.ndarray, begun: np.ndarray) -> None:
        """Hear where `act` is about to choose: observations `[L, N, ...]`, and which begin an episode, `[L, N]`."""
        return

    def act(self, q: np.ndarray, clock: Clock) -> np.ndarray:
        """Choose actions: q `[L, N, A]` -> `[L, N]` int64.

        Called once a vector step; twice where `next_action` is `"behaviour"`, and then not every choice is taken.
        """
        ...

    def probabilities(self, q: np.ndarray, clock: Clock) -> np.ndarray:
        """The chance of every action under this policy now: q `[L, B, A]` -> `[L, B, A]`."""
        ...

    def metrics(self, clock: Clock) -> Mapping[str, Any]:
        """Numbers worth a column in metrics.csv, each one for all lanes or `[L]`."""
        return {}


class TargetUpdater(Stateful, Protocol):
    """How the target parameters follow the online ones.

    Both come as leaves with lanes first: `"parameters"` `[L, P]`, all of a lane's parameters in one row, and the
    network's buffers by name.
    """

    syncs: int = 0
    """How often they did, for the run's record."""

    def start(self, online: Params) -> Params:
        """The target parameters at the start: equal to `online`, copied or the very same tensors."""
        ...

    def update(self, online: Params, target: Params, clock: Clock) -> None:
        """Called after every vector step and after every update; changes `target` in place when it is time."""
        ...


class Objective(Stateful, Protocol):
    """What the network learns: the loss of each transition."""

    outputs: int
    """`K`, how many numbers per action the network has to give."""
    gamma: float
    """The discount per step; a batch's `discount` has its powers."""
    next_action: ClassVar[NextAction] = None
    """The next action the transitions must carry: None; `"greedy"`, the online network's choice in the next
    observation when it was collected; `"behaviour"`, the action the exploration policy goes on with there."""

    heads: ClassVar[bool] = False
    """Whether each of the `K` numbers is a Q value of its own, as in an ensemble, so that a policy may act by one."""

    inputs: ClassVar[tuple[str, ...]] = ()
    """Buffers of the network that are inputs beside the observation. Whoever predicts may give other values,
    `predict(online | {"fractions": drawn}, x)`, than those the module holds; a network without them is refused."""

    def q_values(self, output: Tensor) -> Tensor:
        """Q values from the network's outputs: `[..., A]` or `[..., A, K]` -> `[..., A]`."""
        ...

    def __call__(self, predict: Predict, online: Params, target: Params, batch: Batch) -> tuple[Tensor, Tensor]:
        """`(loss, td_error)`, both `[L, B]`, unweighted; the host weights and reduces. `target` carries no gradient."""
        ...


class Optimizer(Stateful, Protocol):
    """How gradients change the parameters, elementwise."""

    def start(self, params: Params) -> None:
        """Take the parameters to change: one leaf `[L, P]`, all of a lane's parameters in a row."""
        ...

    def step(self, clock: Clock) -> None:
        """Change the parameters in place by their `.grad`."""
        ...

    def metrics(self, clock: Clock) -> Mapping[str, Any]:
        """Numbers worth a column in metrics.csv, each one for all lanes or `[L]`."""
        return {}


class QNetwork(Protocol):
    """A network component: builds an ordinary `torch.nn.Module` written for one lane."""

    def build(self, spec: BuildSpec) -> nn.Module:
        """A module from observations `[B, ...]` to `[B, A]`, or `[B, A, K]` where `spec.outputs` is more than 1."""
        ...
