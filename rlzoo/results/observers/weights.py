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
        """Build the observer."""
        return WeightsObserver()


class WeightsObserver(Observer):
    """Saves weights every half minute, and when lanes finish or fail."""

    def start(self, run: Run) -> None:
        """Create the folder."""
        (run.path / "weights").mkdir(exist_ok=True)

    def log(self, run: Run, log: Log) -> None:
        """Save the weights of a log."""
        for seed, weights in log.weights.items():
            write_whole(run.path / "weights" / f"seed-{seed}.safetensors", save(dict(weights)))
