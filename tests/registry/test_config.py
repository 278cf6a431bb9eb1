"""Configuration files: read, written, and between the algorithm and the user's choices."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import rlzoo
from rlzoo.contracts.errors import BadInput
from rlzoo.registry.composition import compose
from rlzoo.registry.config import read_config, write_toml
from rlzoo.registry.request import chosen_algorithm, resolve

from support.tiny import CATALOG

COUNTING = "rlzoo-tests/Counting-v0"
SMALL = {"train.learning_starts": 20, "train.batch_size": 8}


def config(path: Path, text: str, name: str = "config.toml") -> Any:
    path.joinpath(name).write_text(text)
    return read_config(path / name)


def test_a_file_lies_between_its_preset_and_the_users_choices(tmp_path: Path) -> None:
    text = """
    algorithm = "dqn"
    env = "Acrobot-v1"
    preset = "rl-zoo3"
    seeds = [3, 5]
    [train]
    steps = 700
    [target]
    name = "soft"
    tau = 0.5
    """
    file = config(tmp_path, text)
    composed = compose(CATALOG, "dqn", {}, {"target.tau": 0.25}, config=file)
    assert (composed.train.steps, composed["target"].tau, composed["optimizer"].lr) == (700, 0.25, 6.3e-4)
    assert composed["environment"].id == "Acrobot-v1"
    assert file.seeds == [3, 5]
    other = compose(CATALOG, "dqn", {"target": "hard"}, {}, config=file)
    assert other.components["target"].name == "hard"


def test_the_users_preset_wins_over_the_file(tmp_path: Path) -> None:
    file = config(tmp_path, "[train]\nsteps = 700\n[optimizer]\nlr = 0.5\nschedule = 'linear'")
    composed = compose(CATALOG, "dqn", preset="rl-zoo3", config=file)
    assert (composed.train.steps, composed["optimizer"].lr) == (50_000, 2.3e-3)
    assert composed["optimizer"].schedule == "linear"


def test_a_choice_replaces_what_it_excludes_in_the_file(tmp_path: Path) -> None:
    file = config(tmp_path, "[exploration]\nfraction = 0.2\n[train]\nsteps = 700")
    composed = compose(CATALOG, "dqn", {}, {"exploration.schedule": "exponential", "train.episodes": 5}, config=file)
    assert (composed["exploration"].fraction, composed.train.steps) == (None, None)


def test_settings_of_another_environment_are_left_out(tmp_path: Path) -> None:
    file = config(tmp_path, f"env = '{COUNTING}'\n[environment.kwargs]\nlength = 7")
    assert compose(CATALOG, "dqn", config=file)["environment"].kwargs == {"length": 7}
    assert compose(CATALOG, "dqn", environment="CartPole-v1", config=file)["environment"].kwargs == {}


@pytest.mark.parametrize("algorithm", ["dqn", "dqn-soft", "dueling-dqn", "q-learning", "sarsa"])
def test_what_is_written_is_read(algorithm: str, tmp_path: Path) -> None:
    composition = compose(CATALOG, algorithm)
    file = config(tmp_path, write_toml(composition))
    assert chosen_algorithm(None, file) == algorithm
    assert compose(CATALOG, algorithm, config=file) == composition
    assert compose(CATALOG, "dqn", config=file).to_dict() == composition.to_dict() | {"algorithm": "dqn"}


def test_json_has_the_same_names(tmp_path: Path) -> None:
    text = json.dumps(
        {"algorithm": "dqn", "target": {"name": "soft", "tau": 0.5}, "optimizer": {"max_grad_norm": None}}
    )
    composed = compose(CATALOG, "dqn", config=config(tmp_path, text, "config.json"))
    assert composed["target"].tau == 0.5


@pytest.mark.slow
def test_a_run_is_repeated_from_its_manifest(tmp_path: Path) -> None:
    settings = {**SMALL, "target.tau": 0.3, "environment.kwargs": {"length": 4}}
    first = rlzoo.train(
        "dqn",
        COUNTING,
        target="soft",
        steps=90,
        seeds=[2, 4],
        stop_at=0.0,
        set=settings,
        out=tmp_path / "a",
        catalog=CATALOG,
    )
    again = rlzoo.train(config=first.path / "manifest.json", out=tmp_path / "b", catalog=CATALOG)
    for name in ("composition", "seeds", "observers"):
        assert again.manifest[name] == first.manifest[name]
    assert (again.path / "episodes.csv").read_bytes() == (first.path / "episodes.csv").read_bytes()
    longer = rlzoo.train(config=first.path / "manifest.json", steps=95, seeds=1, out=tmp_path / "c", catalog=CATALOG)
    assert (longer.seeds, longer.manifest["composition"]["train"]["steps"]) == ([0], 95)


def test_observers_have_sections_of_their_own(tmp_path: Path) -> None:
    file = config(tmp_path, "observers = ['early-stopping']\n[early-stopping]\nat = 9.0")
    _, observers, _ = resolve(CATALOG, "dqn", {}, {}, None, None, ["csv"], file)
    assert [(chosen.name, getattr(chosen.options, "at", None)) for chosen in observers] == [
        ("csv", None),
        ("early-stopping", 9.0),
    ]
    _, observers, _ = resolve(CATALOG, "dqn", {}, {"early-stopping.at": 3.0}, None, None, ["csv"], file)
    assert observers[1].options.at == 3.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("algorithm = 5", "Expected `str | null`, got `int` - at `$.algorithm`"),
        ("seeds = 'many'", "at `$.seeds`"),
        ("algorithmm = 'dqn'", "unknown name `algorithmm`. Did you mean `algorithm`?"),
        ("target = 'soft'", "`target` must be a table, such as `target.name = ...`"),
        ("target.name = 5", "`target.name` must be text"),
        ("target.name = 'sfot'", "unknown target `sfot`. Did you mean `soft`?"),
        ("target.perod = 5", "Did you mean `period`?"),
        ("target.period = 0", "`target.period` must be an int >= 1, got 0"),
        ("target.tau = 0.5", "`target.tau` cannot be set"),
        ("environment.id = 'X'", "environment.id"),
        ("early-stopping.at = 5", "unknown name `early-stopping`"),
        ("= 5", "is not valid TOML"),
    ],
)
def test_a_file_that_makes_no_sense_is_named_with_what_is_wrong(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=re.escape(message)) as caught:
        compose(CATALOG, "dqn", config=config(tmp_path, text))
    assert "config.toml" in str(caught.value) or "unknown target" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1, 2]", "is not a configuration file"),
        ("{", "is not valid JSON"),
        ('{"composition": 5}', "is a damaged manifest"),
        ('{"composition": {"algorithm": "dqn", "components": {}}, "seeds": []}', "is a damaged manifest"),
    ],
)
def test_damaged_json_is_refused(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=message):
        config(tmp_path, text, "manifest.json")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"cannot read `.*nothing\.toml`: No such file"):
        read_config(tmp_path / "nothing.toml")


def test_a_file_for_another_algorithm_is_refused(tmp_path: Path) -> None:
    file = config(tmp_path, "algorithm = 'sarsa'")
    with pytest.raises(BadInput, match="is for the algorithm sarsa, not dqn"):
        chosen_algorithm("dqn", file)
    assert chosen_algorithm(None, file) == chosen_algorithm("sarsa", file) == "sarsa"
    assert chosen_algorithm(None, config(tmp_path, "seeds = 3")) == "dqn"
