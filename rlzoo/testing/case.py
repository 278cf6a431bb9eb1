"""The subject of a check: one component in a small run, or a whole algorithm scaled down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import blake2b
from typing import Any

import torch

from rlzoo.contracts import Batch, Chosen, Composition, Episode
from rlzoo.contracts.errors import OptionError
from rlzoo.lanes.params import Params
from rlzoo.registry.catalog import Catalog
from rlzoo.registry.composition import compose
from rlzoo.registry.observers import choose_observers, split_settings
from rlzoo.testing import plugin
from rlzoo.testing.probe_environment import Observations
from rlzoo.training.groups import groups_of, one_thread
from rlzoo.training.runner import Runner

ENVS = (1, 4)
"""Numbers of environments per lane with which rules are checked."""
SEEDS = (3, 1, 7)
"""Seeds with which rules are checked; the middle lane is the one that is filled with NaN."""
SHORT = {"train.batch_size": 8, "train.learning_starts": 20, "train.update_every": 4}
SMALL = {
    "buffer.capacity": 50,
    "network.hidden": (8, 8),
    "network.units": 8,
    "objective.length": 4,
    "objective.burn_in": 1,
    "target.period": 50,
    "intervention.period": 10,
}


@dataclass(frozen=True)
class Case:
    """The component `name` of `slot` with `settings`, in a small run on a probe environment.

    `beside` names the components of other slots, and `on` an environment id, for a component that needs them instead
    of the defaults and the probe's `observations`. `trials` are all cases of the same component, if there are several:
    every option must have an effect in one of them.

    `slot` may also be `environment`, where `name` is the environment id (`FAMILY/ID` outside Gymnasium), `algorithm`,
    which is checked as a whole in a shorter run, `preset`, `observer`, `executor` or `command`.
    """

    slot: str
    name: str
    catalog: Catalog
    settings: Mapping[str, Any] = field(default_factory=dict)
    observations: Observations = "vector"
    beside: Mapping[str, str] = field(default_factory=dict)
    on: str = ""
    trials: tuple[Case, ...] = ()

    def composition(self, envs: int = 1) -> Composition:
        """The composition of the small run with `envs` environments per lane."""
        known = self._composed.get(envs)
        if known is None:
            known = self._composed[envs] = self._compose(self._components(), self.settings, envs)
        return known

    def plain(self, envs: int = 1) -> Composition:
        """The same run with DQN's default in place of the component."""
        others = {name: value for name, value in self.settings.items() if not name.startswith(f"{self.slot}.")}
        return self._compose({}, others, envs)

    def outcomes(self, envs: int = 1) -> dict[int, Outcome]:
        """The outcomes of `SEEDS` trained together; cached, since several rules compare with them."""
        known = self._trained.get(envs)
        if known is None:
            known = self._trained[envs] = run(self.composition(envs), SEEDS)
        return known

    def having(self, settings: Mapping[str, Any]) -> Case:
        """The case with these settings added."""
        return replace(self, settings={**self.settings, **settings})

    def observer(self) -> Chosen:
        """The observer with the settings of the case. Raises BadInput if they are not valid."""
        _, settings = split_settings(self.catalog, self.settings, [self.name])
        return choose_observers(self.catalog, settings)[0]

    @property
    def parts(self) -> str:
        """The settings and other components of the case, for display."""
        shown = {**self.beside, **self.settings} | ({"env": self.on} if self.on else {})
        return ", ".join(f"{name}={value}" for name, value in shown.items())

    @cached_property
    def tried(self) -> dict[str, bytes | None]:
        """By further settings, the digest of the outcome of one seed; cached, since options share them."""
        return {}

    @cached_property
    def _composed(self) -> dict[int, Composition]:
        return {}

    @cached_property
    def _trained(self) -> dict[int, dict[int, Outcome]]:
        return {}

    def _components(self) -> Mapping[str, str]:
        return {} if self.slot in ("environment", "algorithm", "observer") else {self.slot: self.name}

    def _compose(self, components: Mapping[str, str], settings: Mapping[str, Any], envs: int) -> Composition:
        if "conformance" not in self.catalog.names("algorithm"):
            self.catalog.plugins.register(plugin, "rlzoo-testing")
        algorithm = self.name if self.slot == "algorithm" else "conformance"
        environment = self.name if self.slot == "environment" else self.on or f"rlzoo-probe/{self.observations}-v0"
        if self.slot == "observer":
            settings, _ = split_settings(self.catalog, settings, [self.name])
        chosen, given = {**self.beside, **components}, {"train.envs": envs} | dict(settings)
        made = compose(self.catalog, algorithm, chosen, given, environment)
        smaller = {name: value for name, value in _smaller(made).items() if name not in given}
        try:
            return compose(self.catalog, algorithm, chosen, given | smaller, environment)
        except OptionError:
            pass  # a value is too small for its option: leave it out
        for name, value in smaller.items():
            try:
                made = compose(self.catalog, algorithm, chosen, given | {name: value}, environment)
            except OptionError:
                continue
            given[name] = value
        return made


def _smaller(made: Composition) -> dict[str, Any]:
    """Settings that make the run `made` smaller."""
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
    """The result of training one seed: its episodes and final weights."""

    episodes: Sequence[Episode]
    weights: Params

    def same(self, other: Outcome) -> bool:
        """Whether two outcomes are bit-identical."""
        return (
            list(self.episodes) == list(other.episodes)
            and self.weights.keys() == other.weights.keys()
            and all(_bytes(leaf) == _bytes(other.weights[name]) for name, leaf in self.weights.items())
        )

    def digest(self) -> bytes:
        """The same for two outcomes if they are bit-identical."""
        hashed = blake2b(repr(list(self.episodes)).encode())
        for name, leaf in sorted(self.weights.items()):
            hashed.update(name.encode())
            hashed.update(_bytes(leaf))
        return hashed.digest()


def _bytes(leaf: torch.Tensor) -> bytes:
    """Compared as bytes, NaN equals itself."""
    return leaf.numpy().tobytes()


def run(composition: Composition, seeds: Sequence[int]) -> dict[int, Outcome]:
    """Train these seeds, together where the composition allows it; returns the outcome of each seed."""
    outcomes: dict[int, Outcome] = {}
    with one_thread():
        for group in groups_of(composition, seeds):
            outcomes |= train(Runner(composition, group, torch.device("cpu")))
    return outcomes


def train(runner: Runner) -> dict[int, Outcome]:
    """Run a group of seeds to completion."""
    (outcomes,) = train_variants(runner)
    return outcomes


def train_variants(runner: Runner) -> list[dict[int, Outcome]]:
    """Run a group of seeds of several variants to completion; returns the outcome of each seed for each variant."""
    episodes = [(log.variant, episode) for log in runner.run() for episode in log.episodes]
    return [
        {
            seed: Outcome([episode for it, episode in episodes if (it, episode.seed) == (variant, seed)], weights)
            for seed, weights in runner.weights(variant).items()
        }
        for variant in runner.lanes
    ]


def started(composition: Composition, seeds: Sequence[int]) -> Runner:
    """A runner that has reset its environments."""
    runner = Runner(composition, seeds, torch.device("cpu"))
    runner.begin()
    runner.collector.reset()
    return runner


def filled(runner: Runner) -> Batch:
    """Sample a batch after some steps of the run."""
    buffer = runner.parts.buffer
    while (len(buffer) < 20 and runner.clock.steps < 40) or (not buffer.ready and runner.clock.steps < 200):
        runner.step()
    runner.prepare()
    return buffer.sample(runner.train.batch_size)
