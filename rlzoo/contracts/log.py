"""The log of a group of lanes: what happened since the last one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rlzoo.contracts.checkpoint import Checkpoint
from rlzoo.contracts.transition import Transition

if TYPE_CHECKING:
    import numpy as np

WINDOW = 100
"""Episodes in the mean return of a seed, everywhere; most published results use the same number."""


@dataclass(frozen=True)
class Episode:
    """A finished training episode. `step` counts the lane's environment steps up to its end."""

    seed: int
    episode: int
    step: int
    episode_return: float
    length: int
    terminated: bool
    truncated: bool


@dataclass(frozen=True)
class Evaluation:
    """A finished greedy episode of the evaluation that took place at `step`."""

    seed: int
    step: int
    episode: int
    episode_return: float
    length: int
    terminated: bool
    truncated: bool


@dataclass(frozen=True)
class Log:
    """What happened in a group of lanes since its last log."""

    seeds: Sequence[int]
    step: int
    update: int
    episodes: Sequence[Episode]
    metrics: Mapping[int, Mapping[str, float]] = field(default_factory=dict)
    """Seed to name to number, when rows of metrics are due; NaN where a value is unknown. Without diverged lanes."""
    evaluations: Sequence[Evaluation] = ()
    counts: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    """Seed to its counts: steps, updates, episodes, ..."""
    engine: Mapping[str, str] = field(default_factory=dict)
    """How steps are collected and gradients computed, for the manifest."""
    weights: Mapping[int, Mapping[str, np.ndarray]] = field(default_factory=dict)
    """Seed to name to values, every half minute, at the end, and with `train.keep=best` at each evaluation."""
    transitions: Mapping[int, Transition] = field(default_factory=dict)
    """Seed to its transitions since the last log, `[T, N, ...]` each, if an observer needs them."""
    checkpoints: Mapping[int, Checkpoint] = field(default_factory=dict)
    """Seed to its checkpoint, when one is due and at the end."""
    last: bool = False
    """Whether this is the lanes' last log."""
    stopped: bool = False
    """Whether they were stopped before everything was done, including the last evaluation."""
    variant: int = 0
    """The number of the variant that trained, where several trained side by side (`rlzoo.training.groups.join`)."""
