"""What is known about an explained step. Arrays are those of the run, without the axis of lanes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Line:
    """A chart's line: a name and its numbers."""

    name: str
    y: np.ndarray


@dataclass(frozen=True)
class Drawing:
    """A chart: lines over `x`."""

    title: str
    x: np.ndarray
    lines: Sequence[Line]
    x_label: str = ""


@dataclass(frozen=True)
class Said:
    """What a part says, or what is known of it where it says nothing."""

    slot: str
    name: str
    plugin: str
    summary: str
    """The first line of its docstring."""
    reference: str = ""
    sentence: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)
    samples: Mapping[str, np.ndarray] = field(default_factory=dict)
    """Name to numbers `[B]`."""
    formula: str = ""
    charts: Sequence[Drawing] = ()


@dataclass(frozen=True)
class Collected:
    """A vector step, in environment 0."""

    step: int
    """Environment steps of the run up to its end."""
    episode: int
    place: int
    """The number of the step in its episode, from 1."""
    observation: np.ndarray
    allowed: np.ndarray | None
    """Which actions are allowed, `[A]`; None if all are."""
    q: np.ndarray | None
    """The Q values that the policy chose by, `[A]`; None for continuous actions."""
    action: np.ndarray
    """A number for discrete actions."""
    reward: float
    signal: float
    """The reward to learn from."""
    next_observation: np.ndarray
    terminated: bool
    truncated: bool
    columns: Mapping[str, np.ndarray]
    observed: Said
    chosen: Said
    stored: Said
    picture: bytes | None = None
    """The observation, as a PNG."""

    @property
    def greedy(self) -> bool | None:
        """Whether the action has the highest Q value; None for continuous actions."""
        return None if self.q is None else bool(self.q[int(self.action)] >= np.fmax.reduce(self.q))


@dataclass(frozen=True)
class Layer:
    """The parameters of one module of the network, and what an update did to them, as Euclidean norms."""

    name: str
    shape: tuple[int, ...]
    """Of its first parameter."""
    weights: float
    """Before the update."""
    gradient: float
    """Before it is clipped."""
    change: float


@dataclass(frozen=True)
class Move:
    """What became of the target network, as Euclidean distances of all its parameters."""

    shared: bool
    """Whether the target network is the online network."""
    distance: float
    """By which it moved."""
    before: float
    """How far it was from the online network, after the update of the latter."""
    after: float
    """How far it is now."""


@dataclass(frozen=True)
class Update:
    """An update of the network."""

    number: int
    step: int
    loss: float
    td_error: float
    """The mean absolute TD error of the batch."""
    gradient: float
    """The Euclidean norm of the gradient of all parameters, before it is clipped."""
    change: float
    """That of the change of the parameters."""
    moved: float = 0.0
    """How far the target network moved in the same step."""


@dataclass(frozen=True)
class Learned:
    """An update in detail."""

    update: Update
    samples: Mapping[str, np.ndarray]
    """The batch: name to numbers `[B]`."""
    formula: str
    layers: Sequence[Layer]
    q_before: np.ndarray
    """Q values of the explained observation before the update, `[A]`."""
    q_after: np.ndarray
    move: Move
    sampled: Said
    judged: Said
    """By the objective."""
    optimized: Said
    moved: Said
    """By the target updater."""


@dataclass(frozen=True)
class Fixed:
    """A transition that stays the same while its Q value and its target change."""

    step: int
    """The step at which it was collected."""
    action: int
    q: np.ndarray
    """The Q value of its action after each of the updates, `[U]`."""
    target: np.ndarray | None
    """What the Q value should be, `[U]`; None where the objective does not say."""


@dataclass(frozen=True)
class Course:
    """How Q values and targets of fixed transitions went."""

    updates: np.ndarray
    """Numbers of updates, `[U]`."""
    fixed: Sequence[Fixed]


@dataclass(frozen=True)
class Walk:
    """A step of one run, and the steps after it."""

    title: str
    algorithm: str
    environment: str
    seed: int
    step: int
    """The explained step."""
    notes: Sequence[str]
    weights: int
    """The number of trained parameters."""
    collected: Sequence[Collected]
    """The explained step first; none where the run learns from a dataset."""
    learned: Learned | None
    """The first update from the explained step on; None if there was none."""
    updates: Sequence[Update]
    """Those of the collected steps."""
    course: Course
    parts: Sequence[Said]
    """All parts, in the order in which a step needs them."""
