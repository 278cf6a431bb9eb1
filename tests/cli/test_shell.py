from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

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
    if how == "exit":
        raise SystemExit(0)
    if how == "native":
        raise RuntimeError("stack overflow\\nframe #0: c10::Error")
    raise ZeroDivisionError("unforeseen")

@click.command
@click.option("--json", is_flag=True)
def noisy(json):
    "Print more than JSON."
    import os
    from rlzoo.cli.streams import print_json
    print("printed")
    os.system("echo echoed")
    print_json({"a": "\\xe9"})

@hookimpl
def rlzoo_commands():
    return {"fail": fail, "noisy": noisy, "gone": "no_such_module:command", "odd": print}
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
        (["fail", "exit"], 1, ["rlzoo: error: SystemExit: 0 (`rlzoo -v ...` shows the traceback)"]),
        (["fail", "native"], 1, ["rlzoo: error: RuntimeError: stack overflow (`rlzoo -v ...` shows the traceback)"]),
        (["fi\x1b[31m\nal"], 2, ["rlzoo: error: unknown command `fi\\x1b[31m\\nal`."]),
        (["fi\udcffal"], 2, ["rlzoo: error: the argument `fi\\udcffal` is not UTF-8"]),
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


def test_json_is_all_of_stdout_whatever_else_is_printed(failing, capfd) -> None:
    assert main(["noisy", "--json"]) == 0
    captured = capfd.readouterr()
    assert json.loads(captured.out) == {"a": "\xe9"}
    assert captured.err.splitlines() == ["printed", "echoed"]
    assert main(["noisy"]) == 0
    assert capfd.readouterr().out.splitlines()[:2] == ["printed", "echoed"]


SHELL = [
    *("sh", "-c", '"$0" -c "import sys; from rlzoo.cli import main; sys.exit(main(sys.argv[1:]))" "$@" {redirection}'),
    sys.executable,
]
RUN = ["run", "dqn", "--steps", "60", "--workers", "1", "--set", "progress.seconds=0", "--set", "train.log_every=1"]


@pytest.mark.slow
@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full", "2>&1 >&-", ">&- 2>&-", "2>&1 | true"])
def test_a_stream_that_cannot_be_written_does_not_end_a_run(redirection: str, tmp_path: Path) -> None:
    command = [part.format(redirection=redirection) for part in SHELL]
    done = subprocess.run([*command, *RUN, "--out", str(tmp_path / "run")], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "Error" not in done.stderr
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert (manifest["status"], manifest["counts"]["0"]["steps"]) == ("finished", 60)


@pytest.mark.parametrize(("redirection", "code"), [(">&-", 0), (">/dev/full", 1)])
def test_output_that_cannot_be_written_is_no_traceback(redirection: str, code: int) -> None:
    command = [part.format(redirection=redirection) for part in SHELL]
    done = subprocess.run([*command, "plugins"], capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert done.stderr == ("rlzoo: error: no space left on device\n" if code else "")
