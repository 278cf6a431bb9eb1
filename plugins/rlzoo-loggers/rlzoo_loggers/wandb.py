"""Weights & Biases."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from rlzoo.contracts import Component, Log, Meta, Observer, Run
from rlzoo_loggers.libraries import library
from rlzoo_loggers.series import points, settings


@dataclass(frozen=True)
class WandB(Component):
    """Runs of Weights & Biases with returns, metrics, evaluations and settings, one per seed; offline by default.

    Offline, data stays in the run's folder until `wandb sync` uploads it. W&B's environment variables apply, too.
    """

    reference: ClassVar[str] = "https://docs.wandb.ai"

    project: Annotated[str, Meta(description="W&B project; none for WANDB_PROJECT, or else rlzoo")] | None = None
    mode: Annotated[Literal["online", "offline"], Meta(description="none for WANDB_MODE, or else offline")] | None = (
        None
    )

    def build(self) -> Observer:
        """Build the observer. Raises BadInput if wandb is not installed."""
        project = self.project or os.environ.get("WANDB_PROJECT", "rlzoo")
        return WandBObserver(library("wandb", "wandb"), project, self.mode or os.environ.get("WANDB_MODE", "offline"))


class WandBObserver(Observer):
    """Writes `wandb/` in the run's folder."""

    def __init__(self, wandb: Any, project: str, mode: str) -> None:
        self.wandb, self.project, self.mode = wandb, project, mode

    def start(self, run: Run) -> None:
        """Start a W&B run for each seed."""
        self.runs = {seed: self._start(run, seed) for seed in run.seeds}

    def _start(self, run: Run, seed: int) -> Any:
        started = self.wandb.init(
            project=self.project,
            mode=self.mode,
            dir=str(run.path),
            group=run.path.name,
            name=f"{run.path.name}-seed-{seed}",
            config=settings(run, seed),
            reinit="create_new",  # several at once
            settings=self.wandb.Settings(silent=True, console="off", disable_git=True, disable_code=True),
        )
        # W&B's step must increase, but episodes end between rows of metrics.
        started.define_metric("*", step_metric="step")
        return started

    def log(self, run: Run, log: Log) -> None:
        """Log the points of a log."""
        for seed, step, values in points(log):
            self.runs[seed].log({"step": step, **values})

    def finish(self, run: Run) -> None:
        """Write the status and the counts, and finish the W&B runs."""
        for seed, started in self.runs.items():
            started.summary.update({"status": run.status, **run.counts.get(seed, {})})
            started.finish(exit_code=0 if run.status == "finished" else 1)
