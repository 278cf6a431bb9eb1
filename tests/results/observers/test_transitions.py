from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from minari import MinariDataset

import rlzoo
from rlzoo.cli import main
from rlzoo.contracts.errors import BadInput
from rlzoo.results.result import Result

from support.runs import train_tiny
from support.tiny import CATALOG

Shown = pytest.CaptureFixture[str]
CARTPOLE = {"env": "CartPole-v1", "seeds": [3, 5], "steps": 700, "set": {"train.learning_starts": 100}}


def recorded(path: Path, **more: Any) -> Result:
    return train_tiny(path, observers=["transitions"], **more)


def episodes(result: Result, seed: int) -> list[Any]:
    return list(MinariDataset(result.path / "transitions" / f"seed-{seed}"))


@pytest.mark.parametrize("envs", [1, 3])
def test_every_step_of_training_is_in_the_dataset(envs: int, tmp_path: Path) -> None:
    result = recorded(tmp_path / "run", envs=envs, steps=102, seeds=[3, 5])
    for seed in (3, 5):
        found = episodes(result, seed)
        assert sum(len(episode) for episode in found) == 102
        for episode in found:
            time = np.arange(len(episode))
            assert episode.observations[:, 1].tolist() == [*time, len(episode)]
            assert len(set(episode.observations[:, 0])) == 1, "the seed of the episode"
            np.testing.assert_allclose(episode.rewards, time + 1 + episode.actions / 10)
            assert not episode.terminations.any()
            assert episode.truncations.tolist() == [False] * (len(episode) - 1) + [True]
        lengths = [len(episode) for episode in found]
        assert lengths == [5] * (102 // 5 // envs * envs) + [102 // envs % 5] * envs


@pytest.mark.slow
def test_returns_are_those_of_the_table(tmp_path: Path) -> None:
    result = recorded(tmp_path / "run", **CARTPOLE)
    table = result.episodes
    assert MinariDataset(result.path / "transitions" / "seed-3").spec.env_spec.id == "CartPole-v1"
    for seed in (3, 5):
        finished = episodes(result, seed)[:-1]
        assert [episode.rewards.sum() for episode in finished] == table[table["seed"] == seed]["return"].tolist()
        assert all(episode.terminations[-1] for episode in finished)
        assert episodes(result, seed)[-1].truncations[-1], "the last one was cut off"


@pytest.mark.slow
def test_recording_changes_no_result(tmp_path: Path) -> None:
    result, plain = recorded(tmp_path / "run", **CARTPOLE), train_tiny(tmp_path / "plain", **CARTPOLE)
    assert plain.manifest["engine"]["collector"] == "compiled"
    for name in ("episodes.csv", "metrics.csv", "weights/seed-3.safetensors"):
        assert (result.path / name).read_bytes() == (plain.path / name).read_bytes()


@pytest.mark.slow
def test_datasets_depend_on_the_seed_only(tmp_path: Path) -> None:
    result = recorded(tmp_path / "run", **CARTPOLE)
    split = recorded(tmp_path / "split", **CARTPOLE | {"workers": 2, "seeds": [5, 3, 7]})
    for seed in (3, 5):
        for one, other in zip(episodes(result, seed), episodes(split, seed), strict=True):
            assert one.observations.tobytes() == other.observations.tobytes()
            assert one.actions.tobytes() == other.actions.tobytes()


@pytest.mark.slow
def test_nothing_is_recorded_after_a_seed_has_stopped(tmp_path: Path) -> None:
    result = recorded(tmp_path / "run", **CARTPOLE | {"steps": 6_000, "stop_at": 12})
    stops = {seed: result.manifest["counts"][str(seed)]["stopped_at"] for seed in (3, 5)}
    assert stops[3] != stops[5]
    for seed, steps in stops.items():
        assert len(episodes(result, seed)) == 100
        assert sum(map(len, episodes(result, seed))) == steps


def test_a_run_that_records_is_not_resumed(tmp_path: Path) -> None:
    result = recorded(tmp_path / "run")
    with pytest.raises(BadInput, match="records transitions, so it cannot be resumed without losing some"):
        rlzoo.resume(result.path, steps=200, schedules="keep")
    assert Result(result.path, CATALOG).manifest["status"] == "finished"


def test_actions_and_spaces_are_those_of_the_environment(tmp_path: Path) -> None:
    result = recorded(tmp_path / "run", env="rlzoo-tests/Shifted-v0", network="table", seeds=1)
    dataset = MinariDataset(result.path / "transitions" / "seed-0")
    assert dataset.action_space.start == -1
    assert all(dataset.action_space.contains(action) for episode in dataset for action in episode.actions)
    assert all(dataset.observation_space.contains(x) for episode in dataset for x in episode.observations)
    assert dataset.spec.dataset_id == "rlzoo/dqn-rlzoo-tests-Shifted-v0-seed-0-v0"
    assert dataset.spec.env_spec is None, "its entry point is a class, which JSON cannot name"


def test_a_missing_package_is_named_before_anything_is_created(
    tmp_path: Path, capsys: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    assert main(["run", "dqn", "--record", "transitions", "--out", str(tmp_path / "r")]) == 2
    assert 'run `pip install "rlzoo-lanes[minari]"`' in capsys.readouterr().err
    assert main(["run", "dqn", "--record", "everything", "--out", str(tmp_path / "r")]) == 2
    assert not (tmp_path / "r").exists()
