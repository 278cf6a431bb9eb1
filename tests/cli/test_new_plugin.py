from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rlzoo.cli import main
from rlzoo.registry.catalog import Catalog
from rlzoo.registry.plugins import BUILT_IN, Plugins
from rlzoo.scaffold.plugin import kinds

CATALOG = Catalog(Plugins())
PIP = "pip install --quiet --no-deps --no-build-isolation --no-index --disable-pip-version-check --target"
SMALL = ["--seeds", "2", "--workers", "1", "--quiet", "--out", "run"]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_it_says_what_comes_next(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new-plugin", "rlzoo-my-target", "--slot", "target", "--into", "plugins/my target"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "plugins/my target: A soft target network whose tau is annealed over the run. Next:",
        "  pip install --editable './plugins/my target[dev]'",
        "  pytest 'plugins/my target'",
        "  rlzoo check-plugin rlzoo-my-target",
        "  rlzoo run dqn --target my-target --steps 20_000",
    ]
    assert Path("plugins/my target/rlzoo_my_target/target.py").is_file()


def test_help_lists_the_slots(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new-plugin", "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert ", ".join(kinds()) in shown


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["my-loss", "--slot", "loss"], "unknown slot `loss`. Valid: buffer, network, "),
        (["my-loss", "--slot", "objektive"], "unknown slot `objektive`. Did you mean `objective`? Valid: "),
        (["My_Replay"], "`My_Replay` is not a valid plugin name: use lowercase letters and digits, "),
        (["uniform"], "`uniform` is not a valid plugin name: the buffer `uniform` already exists. Try `my-uniform`."),
        (["my-replay", "--into", "full/x"], "cannot write to `full/x`: File exists; choose another with `--into`"),
        (["my-replay", "--into", "x" * 300], f"cannot write to `{'x' * 300}`: File name too long; choose another with"),
        (["my-replay", "--into", "."], "`.` already exists and is not an empty folder; choose another with `--into`"),
    ],
)
def test_bad_input_costs_a_line_and_nothing_is_written(
    arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("full").write_text("")
    assert main(["new-plugin", *arguments]) == 2
    shown = capsys.readouterr().err.splitlines()
    assert len(shown) == 1
    assert shown[0].startswith(f"rlzoo: error: {line}")
    assert [path.name for path in Path().iterdir()] == ["full"]


def test_help_imports_nothing_heavy() -> None:
    code = "import sys; from rlzoo.cli import main; main(['new-plugin', '--help']); print('IMPORTED', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "numpy", "jinja2"} & set(done.stdout.rpartition("IMPORTED")[2].split())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A package of each kind in a folder of its own, all of them installed into the folder `site` beside."""
    root = tmp_path_factory.mktemp("made")
    for kind in kinds():
        assert main(["new-plugin", f"my-{kind}", "--slot", kind, "--into", str(root / f"my-{kind}")]) == 0
    packages = [str(root / f"my-{kind}") for kind in kinds()]
    subprocess.run([sys.executable, "-m", *PIP.split(), str(root / "site"), *packages], check=True)
    yield root
    for name in [name for name in sys.modules if name.startswith("my_")]:
        del sys.modules[name]  # for other tests these names are free


@pytest.mark.slow
def test_types_are_right_by_the_strictest_rules(made: Path) -> None:
    packages = [str(folder) for folder in made.glob("my-*/my_*")]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", os.devnull, *packages],
        capture_output=True,
        text=True,
        check=False,
        cwd=made,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_the_tests_of_every_package_pass(made: Path) -> None:
    tests = [str(made / f"my-{kind}" / "tests") for kind in kinds()]
    strict = {**os.environ, "PYTHONPATH": str(made / "site"), "RLZOO_STRICT_PLUGINS": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "--import-mode=importlib", "-p", "no:cacheprovider", *tests]
    done = subprocess.run(command, env=strict, capture_output=True, text=True, check=False, cwd=made)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("kind", kinds())
def test_its_example_runs(
    kind: str, made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(made / "site")
    assert main(["new-plugin", "my-own", "--slot", kind]) == 0
    example = capsys.readouterr().out.splitlines()[-1].replace("my-own", f"my-{kind}")
    if example.split()[1] not in (*CATALOG.names("command"), "my-command"):
        pytest.skip(f"`{example}` is for a command that is planned")
    if kind == "command":  # which wants runs to look at
        assert main(["run", "dqn", "--steps", "300", *SMALL]) == 0
    arguments = shlex.split(example.replace("20_000", "300").replace("runs/*", "run"))[1:]
    starts = [] if "q-learning" in arguments else ["--set", "train.learning_starts=100"]
    assert main([*arguments, *([*SMALL, *starts] if arguments[0] == "run" else [])]) == 0
    tables = list(Path().rglob("episodes.csv"))
    assert tables
    assert all(table.read_text().count("\n") > 2 for table in tables)


@pytest.mark.slow
def test_all_are_shown_as_plugins(
    made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(made / "site")
    capsys.readouterr()
    assert main(["plugins"]) == 0
    shown = capsys.readouterr()
    assert BUILT_IN in shown.out
    for kind in kinds():
        registered = "double-dqn/CartPole-v1/my-preset" if kind == "preset" else f"my-{kind}"
        assert re.search(rf"{kind}:\s+{registered}", shown.out)
    assert "WARNING" not in shown.err
