"""What is checked: one component inside a small run of DQN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from rlzoo.api import groups_of, one_thread
from rlzoo.catalog import Catalog
from rlzoo.composition import Composition, compose
from rlzoo.interfaces import Params
from rlzoo.report import Episode
from rlzoo.runner import Runner
from rlzoo.testing import plugin
from rlzoo.testing.probe import Observations


@dataclass(frozen=True)
class Case:
    """The component `name` of `slot` with `settings`, in a small run on a probe environment.

    `beside` is what other slots hold, where the component goes with nothing else.

    `slot` may also be `environment`; then `name` is the environment's id, `FAMILY/ID` for another family.
    """

    slot: str
    name: str
    catalog: Catalog
    settings: Mapping[str, Any] = field(default_factory=dict)
    observations: Observations = "vector"
    beside: Mapping[str, str] = field(default_factory=dict)

    def composition(self, envs: int = 1) -> Composition:
        """The small run with `envs` environments per lane."""
        return self._small({} if self.slot == "environment" else {self.slot: self.name}, self.settings, envs)

    def plain(self, envs: int = 1) -> Composition:
        """The same run with the component DQN has anyway."""
        return self._small({}, {}, envs)

    def _small(self, own: Mapping[str, str], settings: Mapping[str, Any], envs: int) -> Composition:
        if "conformance" not in self.catalog.names("algorithm"):
            self.catalog.plugins.register(plugin, "rlzoo-testing")
        environment = self.name if self.slot == "environment" else f"rlzoo-probe/{self.observations}-v0"
        components = dict(self.beside) | dict(own)
        return compose(self.catalog, "conformance", components, {"train.envs": envs} | dict(settings), environment)


@dataclass(frozen=True)
class Outcome:
    """What one seed came to."""

    episodes: Sequence[Episode]
    weights: Params

    def same(self, other: Outcome) -> bool:
        """Whether two outcomes are equal to the bit."""
        return list(self.episodes) == list(other.episodes) and all(
            torch.equal(leaf, other.weights[name]) for name, leaf in self.weights.items()
        )


def run(composition: Composition, seeds: Sequence[int]) -> dict[int, Outcome]:
    """Train these seeds, side by side where the composition allows it, and give each one's outcome."""
    outcomes: dict[int, Outcome] = {}
    with one_thread():
        for group in groups_of(composition, seeds):
            outcomes |= train(Runner(composition, group, torch.device("cpu")))
    return outcomes


def train(runner: Runner) -> dict[int, Outcome]:
    """Train a group to its end."""
    episodes = [episode for report in runner.run() for episode in report.episodes]
    runner.close()
    return {
        seed: Outcome([episode for episode in episodes if episode.seed == seed], weights)
        for seed, weights in runner.weights().items()
    }
