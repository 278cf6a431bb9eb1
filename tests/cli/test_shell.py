from __future__ import annotations

import subprocess
import sys

import pytest

from rlzoo.cli import main

from support.plugin_sources import RAISES_ON_IMPORT

COMMANDS = """
import click
from rlzoo import hookimpl
from rlzoo.contracts.errors import RunFailed

@click.command
@click.argument("how")
def fail(how):
    "Fail in some way."
    if how == "run":
        raise RunFailed("the run failed in lane 3")
    if how == "interrupt":
        raise KeyboardInterrupt
    raise ZeroDivisionError("unforeseen")

@hookimpl
def rlzoo_commands():
    return {"fail": fail, "gone": "no_such_module:command", "odd": print}
"""


@pytest.fixture
def failing(install) -> None:
    install("rlzoo-failing", "0.1", failing_plugin=COMMANDS)


def test_help_shows_a_line_for_each_command(failing, capsys) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert "List components and algorithms." in out
    assert "Fail in some way." in out
    assert "No module named 'no_such_module'" in out


def test_without_a_command_it_shows_help(capsys) -> None:
    assert main([]) == 0
    assert "Usage: rlzoo" in capsys.readouterr().out


def test_version(capsys) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("rlzoo ")


@pytest.mark.parametrize(
    ("arguments", "code", "lines"),
    [
        (["fail", "run"], 1, ["rlzoo: error: the run failed in lane 3"]),
        (["fail", "x"], 1, ["rlzoo: error: ZeroDivisionError: unforeseen (`rlzoo -v ...` shows the traceback)"]),
        (["fail", "--hwo"], 2, ["rlzoo: error: No such option", "Try `rlzoo fail --help`."]),
        (["fail"], 2, ["rlzoo: error: Missing argument 'HOW'.", "Try `rlzoo fail --help`."]),
        (["fial"], 2, ["rlzoo: error: unknown command `fial`. Did you mean `fail`? Valid: "]),
        (["odd"], 2, ["rlzoo: error: command `odd` comes from rlzoo-failing 0.1, where it is "]),
        (["gone"], 2, ["rlzoo: error: command `gone` comes from rlzoo-failing 0.1, which failed to load: "]),
        (["--no-plugins", "fail", "run"], 2, ["rlzoo: error: unknown command `fail`."]),
        (["--no-plugin", "rlzoo-fail", "list"], 2, ["rlzoo: error: no plugin `rlzoo-fail` is installed. Did you mean"]),
    ],
)
def test_an_error_is_a_line_or_two_and_an_exit_code(failing, capsys, arguments, code: int, lines: list[str]) -> None:
    assert main(arguments) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    shown = captured.err.splitlines()
    assert len(shown) == len(lines)
    assert all(line.startswith(expected) for line, expected in zip(shown, lines, strict=True)), shown


def test_interrupted_is_130(failing) -> None:
    assert main(["fail", "interrupt"]) == 130


def test_verbose_shows_the_traceback(failing, capsys) -> None:
    assert main(["-v", "fail", "x"]) == 1
    err = capsys.readouterr().err
    assert "Traceback (most recent call last)" in err
    assert "ZeroDivisionError: unforeseen" in err


def test_a_broken_plugin_costs_one_line_not_the_command(install, capsys) -> None:
    install("rlzoo-broken", "0.1", broken_plugin=RAISES_ON_IMPORT)
    assert main(["plugins"]) == 0
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("rlzoo: WARNING: plugin rlzoo-broken 0.1 failed to load: ImportError: needs torch 9")
    assert "failed" in captured.out
    assert main(["-v", "plugins"]) == 0
    assert "Traceback" in capsys.readouterr().err


def test_a_reader_that_leaves_is_met_with_silence() -> None:
    code = "import sys; from rlzoo.cli import main; sys.exit(main(['plugins']))"
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.close()
    assert child.stderr is not None
    assert child.stderr.read() == b""
    child.wait()
    child.stderr.close()
