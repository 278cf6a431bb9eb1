"""Environments of the current folder, and classes and functions in place of names."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import gymnasium
import pytest

import rlzoo
from rlzoo.components.environments.gymnasium import Gymnasium
from rlzoo.components.environments.imported import environment_name, find_maker
from rlzoo.contracts.errors import BadInput, OptionError, UnknownName

from support.tiny import CATALOG, Counting

SOURCE = """
import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete

class Corridor(gymnasium.Env):
    observation_space, action_space = Box(0, 9, (1,)), Discrete(2)

    def __init__(self, length=4):
        self.length = length

    def reset(self, *, seed=None, options=None):
        self.time = 0
        return np.zeros(1, np.float32), {}

    def step(self, action):
        self.time += 1
        return np.zeros(1, np.float32), 1.0, self.time == self.length, False, {}

class Outer:
    Inner = Corridor

def short():
    return Corridor(2)

def wrong():
    return 3

gymnasium.register("OwnCorridor-v0", Corridor, kwargs={"length": 3})
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.chdir(tmp_path)
    Path("own_corridor.py").write_text(SOURCE)
    Path("sub").mkdir()
    Path("sub/other.py").write_text(SOURCE.replace("OwnCorridor", "OtherCorridor"))
    return tmp_path


def length(name: str, **options: Any) -> int:
    env = Gymnasium(name, **options).make()
    env.reset()
    steps = 1
    while not env.step(0)[2]:
        steps += 1
    return steps


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("./own_corridor.py:Corridor", 4),
        ("own_corridor.py:OwnCorridor-v0", 3),
        ("own_corridor:Corridor", 4),
        ("own_corridor:short", 2),
        ("own_corridor:OwnCorridor-v0", 3),
        ("own_corridor:OwnCorridor", 3),
        ("sub/other.py:Outer.Inner", 4),
        ("sub/other.py:OtherCorridor-v0", 3),
    ],
)
def test_an_environment_is_found_in_the_current_folder(name: str, steps: int) -> None:
    try:
        assert length(name) == steps
    finally:
        sys.modules.pop("own_corridor", None)


def test_a_class_takes_arguments() -> None:
    assert length("own_corridor.py:Corridor", kwargs={"length": 7}) == 7


@pytest.mark.parametrize(
    ("name", "error", "says"),
    [
        ("no.py:Corridor", BadInput, "there is no file `no.py`"),
        ("own_corridor.py", BadInput, "`own_corridor.py` names no environment; add its class, function or id"),
        ("own_corridor.py:", BadInput, "names no environment"),
        ("own_corridor.py:Corido", UnknownName, "has nor registers an environment `Corido`. Did you mean `Corridor`?"),
        ("own_corridor.py:wrong", BadInput, "gives an object of type `int`, which is not a Gymnasium environment"),
        ("no_module:X", BadInput, "No module named 'no_module'"),
        ("session:X", BadInput, "`X` was made in another process; define it at the top of a module"),
    ],
)
def test_what_cannot_be_found_is_bad_input(name: str, error: type[BadInput], says: str) -> None:
    with pytest.raises(error) as refusal:
        Gymnasium(name).make()
    assert says in str(refusal.value)


def test_a_file_that_fails_is_bad_input_and_may_be_mended() -> None:
    Path("broken.py").write_text("1 / 0")
    with pytest.raises(BadInput, match="ZeroDivisionError"):
        Gymnasium("broken.py:Corridor").make()
    Path("broken.py").write_text(SOURCE.replace("OwnCorridor", "Mended"))
    assert length("broken.py:Corridor") == 4


def test_classes_and_functions_have_names_that_find_them() -> None:
    assert environment_name(Counting) == "support.tiny:Counting"
    assert find_maker("support.tiny:Counting") is Counting
    local, other = (lambda: Counting(2)), (lambda: Counting(3))
    names = [environment_name(maker) for maker in (local, other, local)]
    assert names[0] == names[2] != names[1]
    assert [find_maker(name) for name in names] == [local, other, local]
    assert environment_name("CartPole-v1") == "CartPole-v1"
    for wrong in (5, None, ["CartPole-v1"], Counting()):
        with pytest.raises(OptionError, match="`env` must name an environment"):
            environment_name(wrong)


@pytest.mark.slow
def test_it_trains_in_an_environment_without_a_name(tmp_path: Path) -> None:
    for env in (Counting, lambda: Counting(4)):
        result = rlzoo.train("dqn", env, steps=60, out=tmp_path / str(id(env)), catalog=CATALOG)
        assert len(result.episodes) == 60 // (5 if env is Counting else 4)
    with pytest.raises(BadInput, match="not a Gymnasium environment"):
        rlzoo.train("dqn", dict, steps=60, out=tmp_path / "no", catalog=CATALOG)
    assert not (tmp_path / "no").exists()


SCRIPT = """
import sys
import rlzoo
from own_corridor import Corridor

class Longer(Corridor):
    def __init__(self):
        super().__init__(6)

if __name__ == "__main__":
    result = rlzoo.train("dqn", Longer, steps=60, seeds=2, workers=2, out="run")
    print(result.folder.environment, len(result.episodes))
    result.agent(0).act([0.0])
"""


@pytest.mark.slow
def test_a_class_of_a_script_trains_in_several_processes_and_is_found_later(folder: Path) -> None:
    Path("script.py").write_text(SCRIPT)
    done = subprocess.run([sys.executable, "script.py"], capture_output=True, text=True, check=False)
    assert done.stdout == "script.py:Longer 20\n", done.stderr
    command = [sys.executable, "-m", "rlzoo", "eval", "run", "--episodes", "1", "--allow-import", "script.py"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_registered_ids_are_left_to_gymnasium() -> None:
    assert find_maker("CartPole-v1") is None
    assert isinstance(Gymnasium("CartPole-v1").make(), gymnasium.Env)
