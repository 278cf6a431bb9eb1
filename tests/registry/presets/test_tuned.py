"""The presets `tuned` are what the recorded searches found."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from rlzoo.registry.catalog import Catalog
from rlzoo.registry.composition import compose
from rlzoo.registry.plugins import Plugins

TUNINGS = Path(__file__).parents[3] / "benchmarks" / "tunings"


@pytest.mark.parametrize(
    ("name", "algorithm", "environment"),
    [
        ("acrobot", "dqn", "Acrobot-v1"),
        ("cartpole", "dqn", "CartPole-v1"),
        ("cartpole-double-dqn", "double-dqn", "CartPole-v1"),
    ],
)
def test_the_settings_are_those_of_the_best_trial(name: str, algorithm: str, environment: str) -> None:
    folder = TUNINGS / name
    search = json.loads((folder / "search.json").read_text())
    trials = pd.read_csv(folder / "trials.csv")
    best = trials[trials["state"] == "complete"].sort_values(["score", "trial"], ascending=[False, True]).iloc[0]
    found = {name: str(best[name]) for name in search["space"]}
    settings = {**search["settings"], **found}
    evaluated = {"train.eval_every": settings["train.eval_every"]}
    assert (search["algorithm"], search["environment"]) == (algorithm, environment)
    assert not set(search["seeds"]) & set(search["test_seeds"])
    preset = compose(Catalog(Plugins()), algorithm, settings=evaluated, environment=environment, preset="tuned")
    assert preset == compose(Catalog(Plugins()), algorithm, settings=settings, environment=environment)
