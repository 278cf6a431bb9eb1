from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rlzoo.contracts import Chosen, RandomReturn
from rlzoo.registry.composition import compose
from rlzoo.results import random_policy
from rlzoo.results.random_policy import cache_folder, random_return

from support.tiny import CATALOG


def chosen(env: str = "CartPole-v1", **settings: Any) -> Chosen:
    return compose(CATALOG, "dqn", {}, {f"environment.{name}": it for name, it in settings.items()}, env).components[
        "environment"
    ]


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Any]:
    """The environments that were measured: the first has the return 0, the next 1, ..."""
    seen: list[Any] = []

    def measure(options: Any) -> RandomReturn:
        seen.append(options)
        return RandomReturn(len(seen) - 1.0, 0.5, 100)

    monkeypatch.setenv("RLZOO_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(random_policy, "measure_random_return", measure)
    return seen


def test_it_is_measured_once_per_environment(measured: list[Any]) -> None:
    environments = [chosen(), chosen(max_episode_steps=5), chosen("Acrobot-v1")]
    for _ in range(2):
        assert [random_return(it) for it in environments] == [RandomReturn(float(n), 0.5, 100) for n in range(3)]
    assert len(measured) == 3


def test_code_that_may_change_is_measured_each_time(measured: list[Any]) -> None:
    assert [random_return(chosen("module:Env")) for _ in range(2)] == [
        RandomReturn(0, 0.5, 100),
        RandomReturn(1, 0.5, 100),
    ]
    assert not cache_folder().exists()


@pytest.mark.parametrize("content", [b"", b"{", b'{"mean": "x"}', b"[]"])
def test_a_damaged_file_is_measured_again(measured: list[Any], content: bytes) -> None:
    random_return(chosen())
    (file,) = cache_folder().rglob("*.json")
    file.write_bytes(content)
    assert random_return(chosen()) == RandomReturn(1, 0.5, 100)
    assert random_return(chosen()) == RandomReturn(1, 0.5, 100)


def test_a_folder_that_cannot_be_written_is_no_obstacle(measured: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    file = cache_folder()
    file.write_text("not a folder")
    assert [random_return(chosen()) for _ in range(2)] == [RandomReturn(0, 0.5, 100), RandomReturn(1, 0.5, 100)]


def test_an_unknown_return_is_remembered(measured: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random_policy, "measure_random_return", lambda options: measured.append(options))
    assert [random_return(chosen()) for _ in range(2)] == [None, None]
    assert len(measured) == 1
