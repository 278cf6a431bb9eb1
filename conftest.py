"""Run the examples in README.md and docs/, as CONTRIBUTING.md describes, and mark slow tests."""

from __future__ import annotations

import doctest
import io
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from subprocess import PIPE, STDOUT
from tempfile import TemporaryDirectory
from typing import Any

import hypothesis
import pytest
from sybil import Example, Sybil
from sybil.parsers.abstract import AbstractCodeBlockParser
from sybil.parsers.markdown import PythonCodeBlockParser
from sybil.parsers.markdown.lexers import FencedCodeBlockLexer

from rlzoo.cli import main

hypothesis.settings.register_profile("untimed", deadline=None)  # the first example of a test may compile
hypothesis.settings.load_profile("untimed")

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
FAILED = "rlzoo: error:"
INSTALL = "pip install --editable "
SLOW_PAGES = (
    "ablation.md",
    "agents.md",
    "atari.md",
    "coming-from.md",
    "continuous.md",
    "diagnostics.md",
    "environment.md",
    "explain.md",
    "exploration.md",
    "hooks.md",
    "lanes.md",
    "network.md",
    "not-learning.md",
    "offline.md",
    "own-environment.md",
    "presets.md",
    "tutorial.md",
)
SLOW_RULES = (
    "effect",
    "per-lane",
    "resumable",
    "diverging-lane",
    "harmless",
    "failed-run",
    "memory",
    "lazy-imports",
    "jobs",
    "explained",
)
SHELL = re.compile(r"^(?!rlzoo )|[|<>&]")
"""Commands that need a shell: anything but a plain rlzoo command."""


class ConsoleParser(AbstractCodeBlockParser):
    """```console: runs each line after `$ ` and compares its output with the lines below, if any.

    `pip install --editable FOLDER` is simulated: it would change the environment of all tests.
    """

    language = "console"

    def __init__(self) -> None:
        super().__init__([FencedCodeBlockLexer("console", {"language": "arguments", "source": "source"})])

    def evaluate(self, example: Example) -> str | None:
        """Run the commands; returns the problem of the first whose output differs."""
        for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n?)*)", str(example.parsed), re.MULTILINE):
            problem = _problem(command, expected)
            if problem:
                return problem
        return None


class NamedBlockParser(AbstractCodeBlockParser):
    """Blocks of any language marked `marker`=NAME: an example is `(name, source)`."""

    language, marker = "any", ""

    def __init__(self) -> None:
        pattern = rf"\w+ {self.marker}=\S+"
        super().__init__([FencedCodeBlockLexer(pattern, {"language": "arguments", "source": "source"})])

    def __call__(self, document: Any) -> Any:
        """Find the blocks."""
        for region in self.lexers(document):
            name = region.lexemes["arguments"].partition(f"{self.marker}=")[2]
            region.parsed, region.evaluator = (name, region.lexemes["source"]), self.evaluate
            yield region


class FileParser(NamedBlockParser):
    """```python file=NAME: writes the file; a pyproject.toml is installed as by `pip install --editable .`."""

    marker = "file"

    def evaluate(self, example: Example) -> str | None:
        """Write it into the working directory."""
        name, source = example.parsed
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
        if path.name == "pyproject.toml":
            _install(path)
        return None


class ExcerptParser(NamedBlockParser):
    """```python excerpt=NAME: shows a part of an existing file, which must contain it."""

    marker = "excerpt"

    def evaluate(self, example: Example) -> str | None:
        """Compare with the file; returns the difference."""
        name, shown = example.parsed
        text = Path(name).read_text()
        return None if shown in text else f"`{name}` has no such lines:\n{shown}\nIt is:\n{text}"


def _problem(command: str, expected: str) -> str | None:
    if command.startswith(INSTALL):
        (folder,) = shlex.split(command.removeprefix(INSTALL))
        _install(Path(folder.partition("[")[0], "pyproject.toml"))
        return None
    code, printed = _in_bash(command) if SHELL.search(command) else _in_process(command)
    if (code != 0) != any(line.startswith(FAILED) for line in expected.splitlines()):
        return f"`{command}` exited with {code}:\n{printed}"
    if expected and not doctest.OutputChecker().check_output(expected.strip(), printed.strip(), FLAGS):
        return f"`{command}` printed:\n{printed}\nbut the document shows:\n{expected}"
    return None


def _in_bash(command: str) -> tuple[int, str]:
    done = subprocess.run(["bash", "-c", command], text=True, stdout=PIPE, stderr=STDOUT, check=False)
    return done.returncode, done.stdout


def _in_process(command: str) -> tuple[int, str]:
    """Import torch once for all examples, which saves most of their time."""
    printed = io.StringIO()
    with redirect_stdout(printed), redirect_stderr(printed):
        code = main(shlex.split(command)[1:])
    return code, printed.getvalue()


def _install(pyproject: Path) -> None:
    """Do what pip would: write the metadata, and add the folder to the path."""
    project = tomllib.loads(pyproject.read_text())["project"]
    info = Path(f"{project['name'].replace('-', '_')}-{project['version']}.dist-info")
    info.mkdir()
    info.joinpath("METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    groups = project["entry-points"].items()
    text = "".join(f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in entries.items()) for group, entries in groups)
    info.joinpath("entry_points.txt").write_text(text)
    if str(folder := pyproject.parent.absolute()) not in sys.path:
        sys.path.insert(0, str(folder))
        os.environ["PYTHONPATH"] += f"{os.pathsep}{folder}"


def _enter(namespace: dict[str, Any]) -> None:
    """Give a document an empty working directory and a terminal of fixed width."""
    patch, folder = pytest.MonkeyPatch(), TemporaryDirectory()
    patch.chdir(folder.name)
    patch.syspath_prepend(folder.name)
    patch.setenv("PYTHONPATH", folder.name)
    patch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    patch.setenv("COLUMNS", "110")
    patch.delenv("RLZOO_STRICT_PLUGINS", raising=False)
    namespace["_leave"] = [patch.undo, folder.cleanup]


def _exit(namespace: dict[str, Any]) -> None:
    folder = str(Path.cwd())
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(folder):
            del sys.modules[name]  # the next document may write a module of the same name
    for leave in namespace["_leave"]:
        leave()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow the pages that train much, and the rules of the conformance kit that take most of its time.

    Files with slow tests come first, those with the most of them at the head: a long file that begins last would leave
    all other cores idle.
    """
    for item in items:
        name = item.nodeid.rpartition("::")[2]
        rule = "rule" in name and any(re.search(rf"[\[-]{rule}\d*\b", name) for rule in SLOW_RULES)
        if rule or item.path.name in SLOW_PAGES:
            item.add_marker(pytest.mark.slow)
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: -slow[item.path])


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(doctest_optionflags=FLAGS), ConsoleParser(), FileParser(), ExcerptParser()],
    patterns=["README.md", "docs/*.md", "docs/guide/*.md"],
    setup=_enter,
    teardown=_exit,
).pytest()
