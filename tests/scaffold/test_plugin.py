from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path

import pytest

from rlzoo.contracts.errors import BadInput, UnknownName
from rlzoo.contracts.hooks import HOOKS
from rlzoo.registry.catalog import Catalog
from rlzoo.registry.packages import DISTRIBUTION
from rlzoo.registry.plugins import Plugins
from rlzoo.scaffold.names import LONGEST, PluginName
from rlzoo.scaffold.plugin import kinds, new_plugin, render, requirement

ROOT = Path(__file__).parents[2]
CATALOG = Catalog(Plugins())
PYPROJECTS = [ROOT / "pyproject.toml", *sorted(ROOT.glob("plugins/*/pyproject.toml"))]
RUFF = [sys.executable, "-m", "ruff"]
LINT = "E,F,I,UP,B,SIM,C4,RUF,PT,NPY,PTH,RET,C90"


def test_there_is_a_template_for_every_hook() -> None:
    assert kinds() == tuple(HOOKS)


@pytest.mark.parametrize("kind", kinds())
def test_a_package_is_complete(kind: str) -> None:
    files = render(PluginName("rlzoo-my-part"), kind)
    package, own = "rlzoo_my_part", f"test_{kind}.py"
    expected = {".gitignore", "LICENSE", "README.md", "pyproject.toml", "tests/test_rules.py", f"tests/{own}"}
    assert files.keys() == expected | {f"{package}/{name}" for name in ("__init__.py", "py.typed", f"{kind}.py")}
    assert not [path for path, text in files.items() if re.search(r"\{[{%#]|[%#}]\}", path + text)]
    assert all(text.endswith("\n") and not text.endswith("\n\n") for text in files.values() if text)


def requirements(pyproject: str) -> set[str]:
    """The distributions that a package depends on, with its extras."""
    project = tomllib.loads(pyproject)["project"]
    listed = [*project["dependencies"], *chain.from_iterable(project.get("optional-dependencies", {}).values())]
    return {re.split(r"[^\w-]", requirement)[0] for requirement in listed}


@pytest.mark.parametrize("kind", kinds())
def test_a_package_depends_on_this_project_not_on_rlzoo_of_pypi(kind: str) -> None:
    needed = requirements(render(PluginName("my-part"), kind)["pyproject.toml"])
    assert DISTRIBUTION in needed
    assert "rlzoo" not in needed


@pytest.mark.parametrize("pyproject", PYPROJECTS, ids=lambda path: path.parent.name)
def test_no_package_of_the_project_depends_on_rlzoo_of_pypi(pyproject: Path) -> None:
    assert "rlzoo" not in requirements(pyproject.read_text())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["q", "rlzoo-my-part", "x" * LONGEST, "rlzoo-" + "m" * (LONGEST - 6)])
def test_code_is_formatted_whatever_the_name(name: str, tmp_path: Path) -> None:
    for kind in kinds():
        new_plugin(name, kind, tmp_path / kind, CATALOG)
    checks = (["check", "--select", LINT], ["format", "--check"])
    for check in checks:
        done = subprocess.run([*RUFF, *check, str(tmp_path)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_an_unknown_slot_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=r"unknown slot `bufer`. Did you mean `buffer`\? Valid: buffer, network, "):
        new_plugin("my-replay", "bufer", tmp_path / "new", CATALOG)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "kind", "reason"),
    [
        ("uniform", "buffer", "the buffer `uniform` already exists. Try `my-uniform`"),
        ("rlzoo-adam", "optimizer", "the optimizer `adam` already exists. Try `my-rlzoo-adam`"),
        ("ring", "buffer", "its code imports another `Ring`. Try `my-ring`"),
        ("q-network", "Network", "unknown slot `Network`. Did you mean `network`"),
    ],
)
def test_what_would_not_work_is_refused_before_anything_is_written(
    name: str, kind: str, reason: str, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match=re.escape(reason)):
        new_plugin(name, kind, tmp_path / "new", CATALOG)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_anything_in_it_stays_as_it_is(tmp_path: Path) -> None:
    for place in (tmp_path / "full", tmp_path / "file"):
        if place.name == "full":
            place.mkdir()
        (place / "kept" if place.is_dir() else place).write_text("mine")
        with pytest.raises(BadInput, match="already exists"):
            new_plugin("my-replay", "buffer", place, CATALOG)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "full", "kept"]


def test_an_empty_folder_will_do_and_so_will_one_that_is_not_there(tmp_path: Path) -> None:
    tmp_path.joinpath("empty").mkdir()
    for place in (tmp_path / "empty", tmp_path / "a" / "b"):
        new_plugin("my-replay", "buffer", place, CATALOG)
        assert place.joinpath("my_replay", "buffer.py").is_file()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "empty"]


def test_the_folder_one_is_in_will_do_if_it_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    new_plugin("my-replay", "buffer", Path(), CATALOG)
    expected = {".gitignore", "LICENSE", "README.md", "my_replay", "pyproject.toml", "tests"}
    assert {path.name for path in Path().iterdir()} == expected


@pytest.mark.parametrize("there", [True, False])
def test_what_fails_half_way_leaves_nothing(there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    if there:
        tmp_path.joinpath("new").mkdir()

    def failing(path: Path, *_: object) -> None:
        written.append(path)
        if len(written) == 3:
            raise OSError("no space left on device")

    monkeypatch.setattr(Path, "write_text", failing)
    with pytest.raises(BadInput, match=r"cannot write to .*no space"):
        new_plugin("my-replay", "buffer", tmp_path / "new", CATALOG)
    assert list(tmp_path.rglob("*")) == [tmp_path / "new"] * there


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("0.1.0", "rlzoo-lanes>=0.1,<0.3"),
        ("0.12.3", "rlzoo-lanes>=0.12,<0.14"),
        ("1.0.0", "rlzoo-lanes>=1.0,<2"),
        ("2.7.1.dev3", "rlzoo-lanes>=2.7,<3"),
    ],
)
def test_a_plugin_asks_for_the_versions_that_are_promised_to_it(version: str, expected: str) -> None:
    assert requirement(version) == expected
