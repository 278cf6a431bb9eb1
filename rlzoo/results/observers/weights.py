"""Trained parameters as safetensors files, one per seed."""

from __future__ import annotations

from dataclasses import dataclass

from safetensors.numpy import save

from rlzoo.contracts import Component, Log, Observer, Run
from rlzoo.results.files import write_whole


@dataclass(frozen=True)
class Weights(Component):
    """weights/seed-<n>.safetensors: a lane's parameters under the names of its module."""

    def build(self) -> Observer:
        """The observer."""
        return WeightsObserver()


class WeightsObserver(Observer):
    """Saves what is handed out: now and then while lanes train, and when they are done or fail."""

    def start(self, run: Run) -> None:
        """Make the folder."""
        (run.path / "weights").mkdir(exist_ok=True)

    def log(self, run: Run, log: Log) -> None:
        """Save the weights that came with a log."""
        for seed, weights in log.weights.items():
            write_whole(run.path / "weights" / f"seed-{seed}.safetensors", save(dict(weights)))
