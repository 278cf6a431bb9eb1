"""`rlzoo list`, `rlzoo show` and `rlzoo plugins`."""

from __future__ import annotations

import json
import re

import pytest

from rlzoo.cli import main
from rlzoo.registry.catalog import SLOTS, Catalog, open_catalog
from rlzoo.registry.composition import compose
from rlzoo.registry.config import read_config
from rlzoo.registry.options import field_names
from rlzoo.registry.plugins import Plugins

PLUGIN = """
from dataclasses import dataclass
from typing import ClassVar
from rlzoo import Algorithm, hookimpl
from rlzoo.contracts import Component

@dataclass(frozen=True)
class Annealed(Component):
    \"\"\"A target that anneals over [L, B].

    More about it.
    \"\"\"

    reference: ClassVar[str] = "Freezer, Annealing [slowly], ICE (2031)"
    period: int = 3

    def build(self): ...

@hookimpl
def rlzoo_target_updaters():
    return {"annealed": Annealed, "gone": "no_such_module:Gone", "hard": Annealed}

@hookimpl
def rlzoo_algorithms():
    return {"annealed-dqn": Algorithm("DQN, annealed", like="dqn", components={"target": "annealed"})}
"""


@pytest.fixture
def annealed(install, monkeypatch) -> None:
    install("rlzoo-annealed", "1.0", annealed_plugin=PLUGIN)
    monkeypatch.setenv("COLUMNS", "200")


def shown(capsys, *arguments: str) -> str:
    assert main(arguments) == 0
    return capsys.readouterr().out


def test_list_shows_a_slot_and_survives_what_cannot_be_imported(annealed, capsys) -> None:
    out = shown(capsys, "list", "target")
    assert "A target that anneals over [L, B]." in out
    assert "No module named 'no_such_module'" in out
    assert "Copy the online weights" in out
    assert "uniform" not in out


def test_list_shows_everything_but_commands(annealed, capsys) -> None:
    rows = json.loads(shown(capsys, "list", "--json"))
    assert {"kind": "target", "name": "annealed", "plugin": "rlzoo-annealed 1.0"}.items() <= next(
        row for row in rows if row["name"] == "annealed"
    ).items()
    assert {row["kind"] for row in rows} == {
        *("buffer", "network", "exploration", "target", "objective", "optimizer", "intervention"),
        *("environment", "observer", "executor", "algorithm", "preset"),
    }


def test_list_answers_an_unknown_slot(capsys) -> None:
    assert main(["list", "tagret"]) == 2
    assert "Did you mean `target`?" in capsys.readouterr().err


def test_list_ends_with_the_packages_that_are_not_installed(monkeypatch, capsys) -> None:
    monkeypatch.setattr("rlzoo.cli.shell.open_catalog", lambda **_: Catalog(Plugins()))
    out = shown(capsys, "list", "buffer")
    assert re.search(r"rlzoo-replay +buffer: combined, prioritized", out)
    assert "rlzoo-loggers" not in out
    assert out.endswith("In a checkout of rlzoo, `pip install . ./plugins/*` installs all packages.\n")
    assert "rlzoo-loggers" in shown(capsys, "list")


def test_show_tells_a_components_options(annealed, capsys) -> None:
    out = shown(capsys, "show", "annealed")
    assert "target annealed (rlzoo-annealed 1.0)" in out
    assert "More about it." in out
    assert "period" in out
    assert "No options." in shown(capsys, "show", "none")
    (record,) = json.loads(shown(capsys, "show", "annealed", "--json"))
    assert record["options"] == [{"name": "period", "type": "an int", "default": "3", "description": ""}]


def test_show_tells_what_an_algorithm_is_made_of(annealed, capsys) -> None:
    out = shown(capsys, "show", "dqn-no-target")
    assert "dqn with target=none" in out
    assert "epsilon-greedy" in out
    assert re.search("environment.id +CartPole-v1", out)
    (record,) = json.loads(shown(capsys, "show", "dqn-no-target", "--json"))
    assert record["components"]["target"] == {"name": "none", "plugin": "rlzoo", "version": "0.1.0", "options": {}}
    assert record["reference"].startswith("Mnih")


def test_show_tells_where_each_part_was_published(annealed, capsys) -> None:
    paper = "Freezer, Annealing [slowly], ICE (2031)"
    assert f"Reference: {paper}" in shown(capsys, "show", "annealed")
    out = shown(capsys, "show", "annealed-dqn")
    assert re.search(rf"target=annealed +{re.escape(paper)}", out)
    assert re.search("optimizer=adam +Kingma and Ba", out)
    (component,), (algorithm,) = (
        json.loads(shown(capsys, "show", name, "--json")) for name in ("annealed", "annealed-dqn")
    )
    assert component["reference"] == algorithm["references"]["target=annealed"] == paper
    assert algorithm["reference"] == ""


def test_show_tells_which_engine_an_algorithm_takes(capsys) -> None:
    assert re.search(r"collector +compiled +\n +gradients +closed form", shown(capsys, "show", "dqn", "--engine"))
    objective, algorithm = json.loads(shown(capsys, "show", "q-learning", "--engine", "--json"))
    assert "engine" not in objective
    assert algorithm["engine"] == {"collector": "step by step", "gradients": "closed form"}


def test_show_refuses_the_engine_of_a_component(capsys) -> None:
    assert main(["show", "soft", "--engine"]) == 2
    assert "`soft` is not an algorithm: `--engine`" in capsys.readouterr().err


def test_every_built_in_says_where_it_was_published() -> None:
    catalog = open_catalog(no_plugins=True)
    entries = [catalog.get(kind, name) for kind in (*SLOTS, "algorithm") for name in catalog.names(kind)]
    assert [entry.name for entry in entries if not entry.reference] == ["recent"]  # which nobody proposed


def test_show_tells_of_every_slot_that_has_the_name(annealed, capsys) -> None:
    out = shown(capsys, "show", "sarsa")
    assert "objective sarsa" in out
    assert "algorithm sarsa" in out


def test_show_answers_an_unknown_name(capsys) -> None:
    assert main(["show", "dqm"]) == 2
    assert "Did you mean `dqn`?" in capsys.readouterr().err


def test_plugins_tells_what_each_adds(annealed, install, capsys) -> None:
    install("rlzoo-broken", "0.2", broken_plugin="raise ImportError('needs torch 9')")
    out = shown(capsys, "plugins")
    assert "target: annealed, gone" in out
    assert "target `hard` is built in; the plugin's is not used" in out
    assert "ImportError: needs torch 9" in out
    records = {record["name"]: record for record in json.loads(shown(capsys, "plugins", "--json"))}
    statuses = {"rlzoo": "built-in", "rlzoo-annealed": "loaded", "rlzoo-broken": "failed"}
    assert {name: records[name]["status"] for name in statuses} == statuses


def test_show_composes_with_a_preset_and_lists_those_of_an_algorithm(capsys) -> None:
    shown_with = shown(capsys, "show", "dqn", "--env", "Acrobot-v1", "--preset", "rl-zoo3")
    assert re.search("environment.id +Acrobot-v1", shown_with)
    assert re.search("network.hidden +256,256", shown_with)
    assert "dqn/Acrobot-v1/rl-zoo3" in shown_with
    assert "dqn/CartPole-v1/rl-zoo3" not in shown_with
    assert "dqn/CartPole-v1/rl-zoo3" in shown(capsys, "show", "dqn")
    record = json.loads(shown(capsys, "show", "dqn", "--preset", "rl-zoo3", "--json"))[0]
    assert record["components"]["optimizer"]["options"]["lr"] == 2.3e-3


def test_show_a_preset_in_full(capsys) -> None:
    text = shown(capsys, "show", "dqn/Acrobot-v1/rl-zoo3")
    assert re.search(r"optimizer\.lr +0\.00063", text)
    assert "Reference: rl-zoo3" in text
    assert "`rlzoo run dqn --env Acrobot-v1 --preset rl-zoo3`" in text
    (record,) = json.loads(shown(capsys, "show", "dqn/Acrobot-v1/rl-zoo3", "--json"))
    assert record["settings"]["network.hidden"] == [256, 256]


def test_settings_of_an_algorithm_cannot_be_shown_of_a_component(capsys) -> None:
    assert main(["show", "uniform", "--preset", "rl-zoo3"]) == 2
    assert "`uniform` is not an algorithm" in capsys.readouterr().err


def test_plurals_name_kinds(capsys) -> None:
    assert shown(capsys, "list", "targets") == shown(capsys, "list", "target")
    assert shown(capsys, "show", "targets") == shown(capsys, "show", "target")


def test_show_describes_a_slot_and_training(capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert re.search(r"soft +Polyak averaging.* tau, period, unit", shown(capsys, "show", "target"))
    names = [record["name"] for record in json.loads(shown(capsys, "show", "target", "--json"))]
    assert names == list(open_catalog().names("target"))
    assert re.search(r"n_step +an int >= 1 +1 +steps that a return sums", shown(capsys, "show", "train"))
    (record,) = json.loads(shown(capsys, "show", "train", "--json"))
    assert {row["name"] for row in record["options"]} >= {"steps", "n_step", "learning_starts"}
    assert "dqn-soft" in shown(capsys, "show", "algorithms")


def test_show_lists_every_setting_of_an_algorithm_or_only_those_that_differ(capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    every, differing = shown(capsys, "show", "dqn"), shown(capsys, "show", "dqn", "--changed")
    assert re.search(r"optimizer.lr +0.00025 +0.001 +initial learning rate \(a number > 0\)", every)
    assert re.search(r"target.period +500 +interval between two copies", every)
    assert "optimizer.lr" in differing
    assert "target.period" not in differing
    composition = compose(open_catalog(), "dqn")
    settings = [f"{slot}.{name}" for slot in SLOTS for name in field_names(type(composition[slot]))]
    assert all(f"  {setting} " in every for setting in settings)


def test_show_writes_a_configuration_file(tmp_path, capsys) -> None:
    file = tmp_path / "config.toml"
    file.write_text(shown(capsys, "show", "dqn", "--env", "Acrobot-v1", "--preset", "rl-zoo3", "--toml"))
    written = compose(open_catalog(), "dqn", config=read_config(file))
    assert written == compose(open_catalog(), "dqn", environment="Acrobot-v1", preset="rl-zoo3")
    assert main(["show", "uniform", "--toml"]) == 2
