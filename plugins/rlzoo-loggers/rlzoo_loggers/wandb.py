"""Weights & Biases."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, ClassVar

from rlzoo.contracts import Component, Log, Observer, Run
from rlzoo_loggers.libraries import library
from rlzoo_loggers.series import points, settings


@dataclass(frozen=True)
class WandB(Component):
    """Returns, metrics, evaluations and settings for Weights & Biases, a run for each seed; offline unless told.

    It has W&B's own environment variables for options: `WANDB_MODE=online` sends what happens to your account while it
    happens; otherwise it stays in the run's folder until `wandb sync` sends it. `WANDB_PROJECT` is "rlzoo" unless set.
    """

    reference: ClassVar[str] = "https://docs.wandb.ai"

    def build(self) -> Observer:
        """The observer. Raises BadInput where wandb is not installed."""
        return WandBObserver(library("wandb", "wandb"))


class WandBObserver(Observer):
    """Writes `wandb/` in the run's folder."""

    def __init__(self, wandb: Any) -> None:
        self.wandb = wandb

    def start(self, run: Run) -> None:
        """Begin a run of W&B for each seed."""
        self.runs = {seed: self._begin(run, seed) for seed in run.seeds}

    def _begin(self, run: Run, seed: int) -> Any:
        begun = self.wandb.init(
            project=os.environ.get("WANDB_PROJECT", "rlzoo"),
            mode=os.environ.get("WANDB_MODE", "offline"),
            dir=str(run.path),
            group=run.path.name,
            name=f"{run.path.name}-seed-{seed}",
            config=settings(run, seed),
            reinit="create_new",  # several at once
            settings=self.wandb.Settings(silent=True, console="off", disable_git=True, disable_code=True),
        )
        # Its own steps only ever grow, but groups of seeds log in turn and episodes end between metrics.
        begun.define_metric("*", step_metric="step")
        return begun

    def log(self, run: Run, log: Log) -> None:
        """Add what is new."""
        for seed, step, numbers in points(log):
            self.runs[seed].log({"step": step, **numbers})

    def finish(self, run: Run) -> None:
        """Say how it ended."""
        for seed, begun in self.runs.items():
            begun.summary.update({"status": run.status, **run.counts.get(seed, {})})
            begun.finish(exit_code=0 if run.status == "finished" else 1)
