"""`rlzoo check-plugin`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rlzoo.cli import main

PLANTED = Path(__file__).parents[1] / "support" / "planted.py"
HEAVY = """
import click
import torch
from rlzoo import hookimpl

@click.command
def slow():
    "Take long to say what it does."

@hookimpl
def rlzoo_commands():
    return {"slow": slow}
"""


@pytest.fixture
def planted(install) -> None:
    install("rlzoo-planted", "1.0", planted_plugin=PLANTED.read_text())


def test_a_mistake_is_told_with_its_rule_and_where_to_look(planted, capsys) -> None:
    asked = ["check-plugin", "rlzoo_planted", "--only", "hoarder", "--rule", "memory", "--rule", "found"]
    assert main(asked) == 1
    out = capsys.readouterr().out
    assert "buffer hoarder\n  passed  found             the name resolves to a component that can be built\n" in out
    assert "\n  FAILED  memory            the memory of a full buffer does not grow\n" in out
    assert "error     a full buffer of 50 transitions grows by" in out
    assert "hint      a list or dictionary that only grows" in out
    assert "see       docs/checks.md#memory" in out
    assert out.endswith("\n1 passed, 1 failed\n")


def test_what_cannot_be_imported_is_not_tried_further(planted, capsys) -> None:
    assert main(["check-plugin", "rlzoo-planted", "--only", "gone", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["plugins"] == [{"name": "rlzoo-planted", "version": "1.0"}]
    assert report["passed"] is False
    (finding,) = report["findings"]
    assert (finding["kind"], finding["name"], finding["rule"]) == ("buffer", "gone", "found")
    assert "No module named 'no_such_module'" in finding["message"]


@pytest.mark.slow
def test_a_command_that_imports_torch_is_found_and_so_are_its_hooks(install, capsys) -> None:
    install("rlzoo-heavy", "1.0", heavy_plugin=HEAVY)
    assert main(["check-plugin", "rlzoo-heavy"]) == 1
    out = capsys.readouterr().out
    assert "`rlzoo --help` imports" in out
    assert "`rlzoo slow --help` imports" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rlzoo-plantd"], "no plugin `rlzoo-plantd` is installed. Did you mean `rlzoo-planted`?"),
        (["rlzoo-planted", "--only", "horder"], "adds no `horder`. Did you mean `hoarder`?"),
        (["rlzoo-planted", "--only", "hoarder", "--rule", "memry"], "unknown rule `memry`. Did you mean `memory`?"),
        (["rlzoo-planted", "--only", "hoarder", "--rule", "jobs"], "none of these rules applies to `hoarder`"),
    ],
)
def test_a_wrong_name_is_answered_with_the_nearest(planted, arguments, said, capsys) -> None:
    assert main(["check-plugin", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_plugin_that_did_not_load_is_refused_with_the_reason(install, capsys) -> None:
    install("rlzoo-broken", "0.2", broken_plugin="import missing")
    assert main(["check-plugin", "rlzoo-broken"]) == 2
    assert "is not loaded (failed): ModuleNotFoundError" in capsys.readouterr().err


def test_a_command_and_the_hooks_of_the_built_ins_are_lazy(capsys) -> None:
    assert main(["check-plugin", "rlzoo", "--rule", "lazy-imports", "--only", "list"]) == 0
    assert "command list\n  passed  lazy-imports" in capsys.readouterr().out
