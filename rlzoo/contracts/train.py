"""The settings of a run that belong to no component: `train.*`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from rlzoo.contracts.options import Meta


@dataclass(frozen=True)
class Train:
    """How long a lane trains, when it updates, and how often it logs.

    Raises `ValueError` unless exactly one of `steps` and `episodes` is given.
    """

    alternatives: ClassVar[tuple[tuple[str, ...], ...]] = (("steps", "episodes"),)
    needs: ClassVar[Mapping[str, str]] = {"eval_episodes": "eval_every", "eval_max_steps": "eval_every"}

    steps: Annotated[int, Meta(ge=1, description="environment steps to train for, per seed")] | None = None
    episodes: Annotated[int, Meta(ge=1, description="episodes to train for, per seed, instead of steps")] | None = None
    envs: Annotated[int, Meta(ge=1, description="environments each seed steps side by side")] = 1
    batch_size: Annotated[int, Meta(ge=1, description="transitions in an update")] | None = 32
    n_step: Annotated[int, Meta(ge=1, description="steps whose rewards a sampled transition sums up")] = 1
    learning_starts: Annotated[int, Meta(ge=0, description="steps before the first update, which may fall on it")] = 0
    update_every: Annotated[int, Meta(ge=1, description="`update_unit`s between updates")] = 1
    update_unit: Annotated[Literal["steps", "episodes"], Meta(description="what `update_every` counts")] = "steps"
    updates: Annotated[int, Meta(ge=1, description="optimizer steps each time an update is due")] = 1
    prime: Annotated[
        int, Meta(ge=0, description="transitions, each the first after a reset by a random action, stored beforehand")
    ] = 0
    log_every: Annotated[int, Meta(ge=1, description="steps between rows of metrics.csv")] = 1_000
    eval_every: Annotated[int, Meta(ge=1, description="steps between evaluations; none for no evaluation")] | None = (
        None
    )
    eval_episodes: Annotated[int, Meta(ge=1, description="greedy episodes in an evaluation")] = 10
    eval_max_steps: Annotated[int, Meta(ge=1, description="an evaluation episode is cut off here")] = 10_000

    def __post_init__(self) -> None:
        if (self.steps is None) == (self.episodes is None):
            raise ValueError("give exactly one of `train.steps` and `train.episodes`")
