"""Presets: found by algorithm, environment and name, and between the algorithm and the user's choices."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from rlzoo import Preset
from rlzoo.contracts.errors import OptionError, PluginError, UnknownName
from rlzoo.registry.catalog import Catalog
from rlzoo.registry.composition import compose
from rlzoo.registry.plugins import Plugins
from rlzoo.registry.presets.lookup import find_preset, presets_of, split_preset
from rlzoo.testing import Case
from rlzoo.testing.rules import RULES
from rlzoo.testing.verdict import RuleBroken

from support.plugin_sources import plugin

PUBLISHED = {  # rl-zoo3: steps, lr, batch, capacity, starts, gamma, period, every, updates, end, fraction
    "CartPole-v1": (50_000, 2.3e-3, 64, 100_000, 1_000, 0.99, 10, 256, 128, 0.04, 0.16),
    "MountainCar-v0": (120_000, 4e-3, 128, 10_000, 1_000, 0.98, 600, 16, 8, 0.07, 0.2),
    "LunarLander-v3": (100_000, 6.3e-4, 128, 50_000, 0, 0.99, 250, 4, 4, 0.1, 0.12),
    "Acrobot-v1": (100_000, 6.3e-4, 128, 50_000, 0, 0.99, 250, 4, 4, 0.1, 0.12),
}


def catalog_with(**presets: Preset | str) -> Catalog:
    """The built-ins and presets of `dqn` by `ENVIRONMENT__NAME`."""
    catalog = Catalog(Plugins())
    names: Mapping[str, Preset | str] = {f"dqn/{name.replace('__', '/')}": it for name, it in presets.items()}
    catalog.plugins.register(plugin(rlzoo_presets=names), "rlzoo-presets", "1.0")
    return catalog


@pytest.mark.parametrize("environment", PUBLISHED)
def test_the_published_settings_are_those_of_rl_zoo3(environment: str) -> None:
    composed = compose(Catalog(Plugins()), "dqn", environment=environment, preset="rl-zoo3")
    train, explore = composed.train, composed["exploration"]
    assert PUBLISHED[environment] == (
        *(train.steps, composed["optimizer"].lr, train.batch_size, composed["buffer"].capacity),
        *(train.learning_starts, composed["objective"].gamma, composed["target"].period),
        *(train.update_every, train.updates, explore.end, explore.fraction),
    )
    assert composed["network"].hidden == (256, 256)
    assert (composed["objective"].loss, composed["optimizer"].max_grad_norm) == ("huber", 10)


def test_the_users_choices_win_over_the_preset_and_it_over_the_algorithm() -> None:
    preset = Preset("", {"target": "soft"}, {"target.tau": 0.5, "optimizer.lr": 0.1, "train.steps": 70_000})
    catalog = catalog_with(Place__soft=preset)
    composed = compose(catalog, "dqn", {}, {"optimizer.lr": 0.2}, "Place", "soft")
    assert (composed["target"].tau, composed["optimizer"].lr, composed.train.steps) == (0.5, 0.2, 70_000)
    assert composed["network"] == compose(catalog, "dqn")["network"]
    chosen = compose(catalog, "dqn", {"target": "hard"}, {}, "Place", "soft")
    assert chosen.components["target"].name == "hard"
    assert not hasattr(chosen["target"], "tau")


def test_a_setting_that_excludes_one_of_the_preset_replaces_it() -> None:
    catalog = catalog_with(Place__part=Preset("", settings={"exploration.fraction": 0.3, "train.steps": 10}))
    composed = compose(catalog, "dqn", {}, {"train.episodes": 5}, "Place", "part")
    assert (composed.train.steps, composed.train.episodes) == (None, 5)


def test_a_preset_is_for_its_environment_with_slashes_or_without() -> None:
    catalog = catalog_with(minatar__breakout__tuned=Preset("b"), minatar__tuned=Preset("m"))
    assert split_preset("dqn/minatar/breakout/tuned") == ("dqn", "minatar/breakout", "tuned")
    assert presets_of(catalog, "dqn", "minatar/breakout") == ["tuned"]
    assert find_preset(catalog, "dqn", "minatar/breakout", "tuned").summary == "b"
    assert find_preset(catalog, "dqn", "minatar", "tuned").summary == "m"


@pytest.mark.parametrize(
    ("algorithm", "environment", "name", "message"),
    [
        ("dqn", "CartPole-v1", "rl-zoo", "unknown preset `rl-zoo` of dqn on CartPole-v1. Did you mean `rl-zoo3`?"),
        ("dqn", "Taxi-v3", "rl-zoo3", "dqn on Taxi-v3 has no preset `rl-zoo3`. dqn has presets for Acrobot-v1, "),
        ("sarsa", "CartPole-v1", "rl-zoo3", "has no preset `rl-zoo3`. CartPole-v1 has presets of double-dqn, dqn"),
        ("sarsa", "Taxi-v3", "tuned", "sarsa on Taxi-v3 has no preset `tuned`. See `rlzoo list preset`"),
    ],
)
def test_a_preset_of_something_else_is_refused(algorithm: str, environment: str, name: str, message: str) -> None:
    with pytest.raises(UnknownName, match=re.escape(message)):
        compose(Catalog(Plugins()), algorithm, environment=environment, preset=name)


@pytest.mark.parametrize("name", ["tuned", "dqn/tuned", "dqn//tuned", "dqn/Place/", "dqn/a b/tuned"])
def test_a_preset_is_registered_for_an_algorithm_and_an_environment(name: str) -> None:
    with pytest.raises(PluginError, match="names are `ALGORITHM/ENVIRONMENT/NAME`"):
        Plugins(strict=True).register(plugin(rlzoo_presets={name: Preset("")}), "rlzoo-presets", "1.0")


def test_only_presets_are_accepted() -> None:
    with pytest.raises(PluginError, match=r"not an rlzoo\.Preset"):
        catalog_with(Place__tuned=f"{__name__}:catalog_with").get("preset", "dqn/Place/tuned")


@pytest.mark.parametrize(
    ("preset", "error"),
    [
        (Preset("Good", settings={"target.period": 5}, reference="here"), None),
        (Preset("No option", settings={"target.tau": 0.5}, reference="here"), OptionError),
        (Preset("Not said where from"), RuleBroken),
        (Preset("", reference="here"), RuleBroken),
    ],
)
def test_the_kit_checks_presets(preset: Preset, error: type[Exception] | None) -> None:
    (rule,) = (rule for rule in RULES if rule.name == "options")
    case = Case("preset", "dqn/CartPole-v1/tried", catalog_with(**{"CartPole-v1__tried": preset}))
    if error is None:
        rule(case)
    else:
        with pytest.raises(error):
            rule(case)
