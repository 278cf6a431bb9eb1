"""The settings of a run that belong to no component: `train.*`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from rlzoo.contracts.options import Meta, Options

Kept = Literal["last", "best"]
"""Which weights of a seed: the last ones, or those of its best evaluation."""


FEW_UPDATES = 5
"""Below this many updates, an agent hardly learns."""


@dataclass(frozen=True)
class Train(Options):
    """How long a lane trains, when it updates, and how often it logs.

    Raises `ValueError` unless exactly one of `steps` and `episodes` is given.
    """

    alternatives: ClassVar[tuple[tuple[str, ...], ...]] = (("steps", "episodes"),)
    needs: ClassVar[Mapping[str, str]] = {
        "eval_episodes": "eval_every",
        "eval_max_steps": "eval_every",
        "keep": "eval_every",
        "schedule_steps": "steps",
    }

    steps: Annotated[int, Meta(ge=1, description="environment steps to train for, per seed")] | None = None
    episodes: Annotated[int, Meta(ge=1, description="episodes to train for, per seed, instead of steps")] | None = None
    schedule_steps: (
        Annotated[int, Meta(ge=1, description="steps over which schedules of the whole run extend; none means `steps`")]
        | None
    ) = None
    envs: Annotated[int, Meta(ge=1, description="parallel environments per seed")] = 1
    batch_size: Annotated[int, Meta(ge=1, description="transitions per update")] | None = 32
    n_step: Annotated[int, Meta(ge=1, description="steps that a return sums before it bootstraps")] = 1
    learning_starts: Annotated[int, Meta(ge=0, description="steps before the first update")] = 0
    update_every: Annotated[int, Meta(ge=1, description="steps or episodes between updates, see `update_unit`")] = 1
    update_unit: Annotated[Literal["steps", "episodes"], Meta(description="unit of `update_every`")] = "steps"
    updates: Annotated[int, Meta(ge=1, description="optimizer steps each time an update is due")] = 1
    compile: Annotated[
        bool, Meta(description="compile updates with torch.compile; then bits may depend on the lanes beside a seed")
    ] = False
    log_every: Annotated[int, Meta(ge=1, description="steps between rows of metrics.csv")] = 1_000
    diagnose: Annotated[
        bool, Meta(description="add diagnostics to metrics.csv, such as overestimation; changes no results")
    ] = False
    eval_every: Annotated[int, Meta(ge=1, description="steps between evaluations; none disables them")] | None = None
    eval_episodes: Annotated[int, Meta(ge=1, description="greedy episodes per evaluation")] = 10
    eval_max_steps: Annotated[int, Meta(ge=1, description="maximum steps of an evaluation episode")] = 10_000
    keep: Annotated[Kept, Meta(description="best: also keep the weights of each seed's best evaluation")] = "last"

    def __post_init__(self) -> None:
        if (self.steps is None) == (self.episodes is None):
            raise ValueError("give exactly one of `train.steps` and `train.episodes`")

    @property
    def total_updates(self) -> int | None:
        """Updates of the whole run, if the buffer is ready by then; None where that depends on the episodes."""
        if self.steps is None or self.update_unit == "episodes":
            return None
        steps = -(-self.steps // self.envs) * self.envs  # whole vector steps
        before = max(self.learning_starts - 1, 0) // self.envs * self.envs // self.update_every
        return max(steps // self.update_every - before, 0) * self.updates

    @property
    def few_updates(self) -> str:
        """Why a run hardly learns, and what to set; "" if it makes `FEW_UPDATES` or more."""
        updates = self.total_updates
        if updates is None or updates >= FEW_UPDATES or self.steps is None:
            return ""
        cause = "learning_starts" if self.learning_starts > self.update_every else "update_every"
        return (
            f"the run makes {count_updates(updates)} in {self.steps:,} steps, since `train.{cause}` is "
            f"{getattr(self, cause):,}; try `--set train.{cause}={max(self.steps // 10, 1)}`"
        )


def count_updates(updates: int) -> str:
    """Return "no update", "1 update", "4 updates"."""
    return "no update" if updates == 0 else "1 update" if updates == 1 else f"{updates:,} updates"
