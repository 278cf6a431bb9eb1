"""Trained parameters as safetensors files, one per seed: the last ones and, if asked for, the best."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

from safetensors import safe_open
from safetensors.numpy import save

from rlzoo.contracts import Component, Log, Observer, Run
from rlzoo.results.files import write_whole
from rlzoo.results.run_folder import weights_path

if TYPE_CHECKING:
    import numpy as np

RETURN = "evaluation return"
"""The key of the mean return of an evaluation in the metadata of the weights that it was played with."""


@dataclass(frozen=True)
class Weights(Component):
    """weights/seed-<n>.safetensors, and with train.keep=best also weights/best: parameters under their module's names.

    The best weights are those of the evaluation with the highest mean return, the first one if several have it.
    """

    def build(self) -> Observer:
        """Build the observer."""
        return WeightsObserver()


class WeightsObserver(Observer):
    """Saves weights every half minute, and when lanes finish or fail; the best ones after evaluations."""

    def start(self, run: Run) -> None:
        """Create the folders, and read how good the best weights in them are."""
        self.keeps_best = run.composition.train.keep == "best"
        weights_path(run.path, 0, run.composition.train.keep).parent.mkdir(parents=True, exist_ok=True)
        paths = {seed: weights_path(run.path, seed, "best") for seed in run.seeds}
        self.best = {seed: _best_return(path) for seed, path in paths.items() if path.exists()}

    def log(self, run: Run, log: Log) -> None:
        """Save the weights of a log."""
        for seed, weights in log.weights.items():
            write_whole(weights_path(run.path, seed), save(dict(weights)))
        if self.keeps_best:
            for seed, mean in _mean_returns(log).items():
                self._save_better(run.path, seed, mean, log.weights[seed])

    def _save_better(self, folder: Path, seed: int, mean: float, weights: Mapping[str, np.ndarray]) -> None:
        if seed not in self.best or mean > self.best[seed]:
            write_whole(weights_path(folder, seed, "best"), save(dict(weights), {RETURN: repr(mean)}))
            self.best[seed] = mean


def _mean_returns(log: Log) -> dict[int, float]:
    """The mean return of each seed in the evaluation of a log."""
    returns = defaultdict[int, list[float]](list)
    for episode in log.evaluations:
        returns[episode.seed].append(episode.episode_return)
    return {seed: fmean(each) for seed, each in returns.items()}


def _best_return(path: Path) -> float:
    with safe_open(path, "numpy") as file:
        return float(file.metadata()[RETURN])
