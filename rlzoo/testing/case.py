"""What is checked: one component inside a small run, or a whole algorithm made small."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import torch

from rlzoo.contracts import Batch, Composition, Episode
from rlzoo.contracts.errors import OptionError
from rlzoo.lanes.params import Params
from rlzoo.registry.catalog import Catalog
from rlzoo.registry.composition import compose
from rlzoo.testing import plugin
from rlzoo.testing.probe import Observations
from rlzoo.training.groups import groups_of, one_thread
from rlzoo.training.runner import Runner

ENVS = (1, 4)
"""Environments per lane that rules are tried with."""
SEEDS = (3, 1, 7)
"""Seeds they are tried with; the lane in the middle is the one that others may spoil."""
SHORT = {"train.batch_size": 8, "train.learning_starts": 20, "train.update_every": 4}
SMALL = {"buffer.capacity": 50, "network.hidden": (8, 8), "target.period": 50}


@dataclass(frozen=True)
class Case:
    """The component `name` of `slot` with `settings`, in a small run on a probe environment.

    `beside` is what other slots hold, where the component goes with nothing else; `on` is an environment's id, where it
    goes with none of the probe's `observations`.

    `elsewhere` are other cases of the same component, where options may act that do not act here.

    `slot` may also be `environment`; then `name` is the environment's id, `FAMILY/ID` for another family. Or it is
    `algorithm`, which is checked as a whole, with less of everything; or `observer` or `command`.
    """

    slot: str
    name: str
    catalog: Catalog
    settings: Mapping[str, Any] = field(default_factory=dict)
    observations: Observations = "vector"
    beside: Mapping[str, str] = field(default_factory=dict)
    on: str = ""
    elsewhere: tuple[Case, ...] = ()

    def composition(self, envs: int = 1) -> Composition:
        """The small run with `envs` environments per lane."""
        known = self._composed.get(envs)
        if known is None:
            known = self._composed[envs] = self._compose(self._own(), self.settings, envs)
        return known

    def plain(self, envs: int = 1) -> Composition:
        """The same run with the component DQN has anyway."""
        others = {name: value for name, value in self.settings.items() if not name.startswith(f"{self.slot}.")}
        return self._compose({}, others, envs)

    def outcomes(self, envs: int = 1) -> dict[int, Outcome]:
        """What becomes of `SEEDS` side by side. Trained once: several rules compare with it."""
        known = self._trained.get(envs)
        if known is None:
            known = self._trained[envs] = run(self.composition(envs), SEEDS)
        return known

    def having(self, settings: Mapping[str, Any]) -> Case:
        """The case with these settings on top."""
        return replace(self, settings={**self.settings, **settings})

    @property
    def parts(self) -> str:
        """What is not as anywhere else: settings and components beside."""
        shown = {**self.beside, **self.settings} | ({"env": self.on} if self.on else {})
        return ", ".join(f"{name}={value}" for name, value in shown.items())

    @cached_property
    def _composed(self) -> dict[int, Composition]:
        return {}

    @cached_property
    def _trained(self) -> dict[int, dict[int, Outcome]]:
        return {}

    def _own(self) -> Mapping[str, str]:
        return {} if self.slot in ("environment", "algorithm", "observer") else {self.slot: self.name}

    def _compose(self, own: Mapping[str, str], settings: Mapping[str, Any], envs: int) -> Composition:
        if "conformance" not in self.catalog.names("algorithm"):
            self.catalog.plugins.register(plugin, "rlzoo-testing")
        algorithm = self.name if self.slot == "algorithm" else "conformance"
        place = self.name if self.slot == "environment" else self.on or f"rlzoo-probe/{self.observations}-v0"
        components, given = dict(self.beside) | dict(own), {"train.envs": envs} | dict(settings)
        made = compose(self.catalog, algorithm, components, given, place)
        for name, value in _smaller(made).items():
            if name not in given:
                try:
                    made = compose(self.catalog, algorithm, components, given | {name: value}, place)
                except OptionError:
                    continue  # it has no such option, or not such a small one
                given[name] = value
        return made


def _smaller(made: Composition) -> dict[str, Any]:
    """Settings with which less happens than in `made`, as far as they exist."""
    length = {"train.steps": 160} if made.train.steps else {"train.episodes": 6}
    wanted = length | SHORT | SMALL
    return {name: value for name, value in wanted.items() if _larger(_setting(made, name), value)}


def _setting(made: Composition, name: str) -> Any:
    section, _, option = name.partition(".")
    return getattr(made.train if section == "train" else made[section], option, None)


def _larger(value: Any, small: Any) -> bool:
    try:
        return bool(value > small)
    except TypeError:
        return False


@dataclass(frozen=True)
class Outcome:
    """What one seed came to."""

    episodes: Sequence[Episode]
    weights: Params

    def same(self, other: Outcome) -> bool:
        """Whether two outcomes are equal to the bit."""
        return (
            list(self.episodes) == list(other.episodes)
            and self.weights.keys() == other.weights.keys()
            and all(_bytes(leaf) == _bytes(other.weights[name]) for name, leaf in self.weights.items())
        )


def _bytes(leaf: torch.Tensor) -> bytes:
    """Also NaN equals itself so."""
    return leaf.numpy().tobytes()


def run(composition: Composition, seeds: Sequence[int]) -> dict[int, Outcome]:
    """Train these seeds, side by side where the composition allows it, and give each one's outcome."""
    outcomes: dict[int, Outcome] = {}
    with one_thread():
        for group in groups_of(composition, seeds):
            outcomes |= train(Runner(composition, group, torch.device("cpu")))
    return outcomes


def train(runner: Runner) -> dict[int, Outcome]:
    """Train a group to its end."""
    episodes = [episode for log in runner.run() for episode in log.episodes]
    return {
        seed: Outcome([episode for episode in episodes if episode.seed == seed], weights)
        for seed, weights in runner.weights().items()
    }


def started(composition: Composition, seeds: Sequence[int]) -> Runner:
    """A runner that has begun its first episodes."""
    runner = Runner(composition, seeds, torch.device("cpu"))
    runner.begin()
    return runner


def filled(runner: Runner) -> Batch:
    """A batch from some steps of the run."""
    while len(runner.parts.buffer) < 20 and runner.clock.steps < 40:
        runner.step()
    return runner.parts.buffer.sample(runner.train.batch_size)
