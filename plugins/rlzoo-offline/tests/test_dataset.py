from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from gymnasium.spaces import Box, Discrete
from small_datasets import SEEN, Trap, episode_of, spec_of, write_dataset

import rlzoo
from rlzoo.cli import main
from rlzoo.contracts import Column
from rlzoo.contracts.errors import BadInput, OptionError
from rlzoo.contracts.spaces import FrameStack
from rlzoo_offline.dataset import Dataset

Shown = pytest.CaptureFixture[str]
NUMBERED = [(np.arange(10 * n, 10 * n + 5), [0, 1, 0, 1], [n + 0.5, 1.0, 2.0, 3.0], n % 2 == 0) for n in range(3)]
"""Three episodes of four steps; every second one terminates."""
SPACE = {"observation_space": Discrete(40)}


def numbered(path: Path) -> str:
    return write_dataset(path, NUMBERED, Discrete(40))


def rows(batch: Any) -> set[tuple[float, ...]]:
    names = ("observation", "action", "reward", "next_observation", "terminated", "truncated", "discount")
    return set(zip(*(getattr(batch, name).flatten().tolist() for name in names), strict=True))


def test_batches_have_exactly_the_transitions_of_the_dataset(tmp_path: Path) -> None:
    buffer = Dataset(numbered(tmp_path / "data")).build(spec_of(gamma=0.9, **SPACE))
    gamma = torch.tensor(0.9).item()
    expected = {
        (x[step], actions[step], rewards[step], x[step + 1], last and over, last and not over, gamma)
        for x, actions, rewards, over in NUMBERED
        for step in range(4)
        for last in [step == 3]
    }
    assert len(buffer) == len(expected) == 12
    assert rows(buffer.sample(400)) == expected


def test_several_steps_are_summed_within_an_episode(tmp_path: Path) -> None:
    buffer = Dataset(numbered(tmp_path / "data")).build(spec_of(gamma=0.5, n_step=3, **SPACE))
    batch = buffer.sample(300)
    for lane in range(2):
        for i in range(300):
            first = int(batch.observation[lane, i])
            x, _, rewards, over = NUMBERED[first // 10]
            begin = first % 10
            end = min(begin + 3, 4)
            total = sum(0.5 ** (step - begin) * rewards[step] for step in range(begin, end))
            assert float(batch.reward[lane, i]) == pytest.approx(total)
            assert int(batch.next_observation[lane, i]) == x[end]
            assert bool(batch.terminated[lane, i]) == (over and end == 4)
            assert float(batch.discount[lane, i]) == 0.5 ** (end - begin)


def test_frame_stacks_are_read_too(tmp_path: Path) -> None:
    frames = np.arange(10 * 3, dtype=np.uint8).reshape(10, 3)
    stacks = np.stack([frames[n : n + 4] for n in range(7)])  # [T + 1, S, 3]
    space = FrameStack(0, 255, (4, 3), np.uint8)
    path = write_dataset(tmp_path / "data", [(stacks, [0, 1, 0, 1, 0, 1], np.arange(6.0), True)], space)
    batch = Dataset(path).build(spec_of(observation_space=space)).sample(60)
    for lane in range(2):
        for i in range(60):
            step = int(batch.reward[lane, i])
            assert np.array_equal(batch.observation[lane, i], stacks[step])
            assert np.array_equal(batch.next_observation[lane, i], stacks[step + 1])


def test_each_lane_samples_by_its_own_seed_and_has_its_own_discount(tmp_path: Path) -> None:
    options = Dataset(numbered(tmp_path / "data"))
    gammas = np.array([[0.9], [0.99]])
    together = options.build(spec_of([3, 5], gamma=gammas, **SPACE)).sample(50)
    for lane, seed in enumerate([3, 5]):
        alone = options.build(spec_of([seed], gamma=float(gammas[lane, 0]), **SPACE)).sample(50)
        assert torch.equal(alone.observation[0], together.observation[lane])
        assert torch.equal(alone.discount[0], together.discount[lane])
    assert not torch.equal(together.observation[0], together.observation[1])
    with pytest.raises(OptionError, match="one discount for all lanes"):
        options.build(spec_of([3, 5], gamma=gammas, n_step=2, **SPACE))


def test_several_datasets_are_read_as_one(tmp_path: Path) -> None:
    for n in range(3):
        write_dataset(tmp_path / "all" / f"seed-{n}", NUMBERED[n : n + 1], Discrete(40))
    together = Dataset(str(tmp_path / "all")).build(spec_of(**SPACE))
    one = Dataset(numbered(tmp_path / "one")).build(spec_of(**SPACE))
    assert torch.equal(together.sample(50).observation, one.sample(50).observation)
    write_dataset(tmp_path / "local" / "data", NUMBERED, Discrete(40))
    assert len(Dataset(str(tmp_path / "local")).build(spec_of(**SPACE))) == 12, "Minari's own layout"


@pytest.mark.slow
def test_what_was_recorded_is_read_back(tmp_path: Path) -> None:
    small = {"train.learning_starts": 20, "train.batch_size": 8}
    rlzoo.train("dqn", steps=300, seeds=2, observers=["transitions"], set=small, out=tmp_path / "run")
    settings = {"buffer.path": str(tmp_path / "run" / "transitions"), "train.eval_every": 50}
    result = rlzoo.train("cql", steps=100, seeds=2, set=settings, out=tmp_path / "cql", keep="best")
    assert result.manifest["engine"]["collector"] == "offline"
    assert result.manifest["counts"]["0"]["updates"] == 100
    assert result.manifest["counts"]["0"]["episodes"] == 0
    assert sorted(set(result.evaluations["step"])) == [50, 100]
    weights = [(result.path / "weights" / f"seed-{seed}.safetensors").read_bytes() for seed in (0, 1)]
    assert weights[0] != weights[1]
    last = result.evaluations[result.evaluations["step"] == 100]
    mean, *_ = re.findall(r"mean return ([\d.]+)", repr(result))
    assert float(mean) == pytest.approx(last["return"].mean(), abs=0.05), "there are no training episodes"
    assert main(["plot", str(result.path)]) == 0
    assert (result.path / "evaluations.png").exists()


def test_training_takes_no_step_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("stepped")

    monkeypatch.setattr(Trap, "step", refuse)
    settings = {"buffer.path": write_dataset(tmp_path / "data", SEEN), "train.eval_every": "none"}
    result = rlzoo.train("cql", "rlzoo-tests/Trap-v0", steps=50, network="table", set=settings, out=tmp_path / "run")
    assert result.manifest["counts"]["0"]["updates"] == 50


DAMAGES = {
    "missing": (lambda path: path.with_name("nowhere"), "is not a dataset in Minari's format: it has no metadata.json"),
    "another file": (lambda path: path / "main_data.hdf5", "is not a dataset in Minari's format"),
    "not hdf5": (lambda path: _overwrite(path, "main_data.hdf5", b"nothing"), "cannot be read: OSError"),
    "not json": (lambda path: _overwrite(path, "metadata.json", b"{"), "cannot be read: JSONDecodeError"),
    "no spaces": (lambda path: _overwrite(path, "metadata.json", b"{}"), "cannot be read: "),
}


def _overwrite(path: Path, name: str, content: bytes) -> Path:
    (path / name).write_bytes(content)
    return path


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_dataset_that_cannot_be_read_is_a_line(damage: str, tmp_path: Path, capsys: Shown) -> None:
    spoil, says = DAMAGES[damage]
    write_dataset(tmp_path / "data", SEEN)
    path = spoil(tmp_path / "data")
    run = ["run", "cql", "--env", "rlzoo-tests/Trap-v0", "--network", "table", "--out", str(tmp_path / "r")]
    assert main([*run, "--set", f"buffer.path={path}"]) == 2
    assert says in capsys.readouterr().err
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize(
    ("episodes", "spaces", "says"),
    [
        (SEEN, {"actions": Discrete(3)}, r"has the action space Discrete\(3\), but the environment Discrete\(2\)"),
        (SEEN, {"actions": Discrete(2, start=1)}, r"has the action space Discrete\(2, start=1\)"),
        (SEEN, {"observations": Discrete(5)}, r"has the observation space Discrete\(5\)"),
        ([([[0.0], [1.0]], [0], [0.0], True)], {"observations": Box(0, 1, (1,))}, "has the observation space Box of"),
        ([([0, 1], [7], [0.0], True)], {}, r"episode 0 .* is damaged: an action is not in Discrete\(2\)"),
        ([([0, 7], [0], [0.0], True)], {}, r"episode 0 .* is damaged: the observation .* is not in Discrete\(2\)"),
        ([SEEN[0], ([0, 1], [0], [np.nan], True)], {}, "episode 1 .* is damaged: a reward is not finite"),
        ([([0, 1, 1], [0], [0.0], True)], {}, "episode 0 .* is damaged: 3 observations, 1 actions and 1 rewards"),
        ([], {}, "has no transitions"),
    ],
)
def test_a_dataset_that_does_not_fit_is_refused(episodes: Any, spaces: Any, says: str, tmp_path: Path) -> None:
    path = write_dataset(tmp_path / "data", episodes, **spaces)
    with pytest.raises(OptionError, match=says):
        Dataset(path).build(spec_of())


def test_what_an_offline_buffer_cannot_do_is_refused(tmp_path: Path) -> None:
    path = write_dataset(tmp_path / "data", SEEN)
    with pytest.raises(OptionError, match=r"needs `buffer\.path`"):
        Dataset().build(spec_of())
    with pytest.raises(OptionError, match=r"has no column action_mask.*environment\.masks=false"):
        Dataset(path).build(spec_of(columns=(Column("action_mask", (2,), "bool"),)))
    buffer = Dataset(path).build(spec_of())
    with pytest.raises(RuntimeError, match="takes no further transitions"):
        buffer.add(None)  # type: ignore[arg-type]
    for settings, says in (
        ({"train.episodes": 5}, "collects no episodes, but the run counts them"),
        ({"train.update_unit": "episodes"}, "collects no episodes, but the run counts them"),
        ({"early-stopping.at": 5}, "no seed can stop early"),
    ):
        more = {"buffer.path": path, **settings}
        observers = ["early-stopping"] if "early-stopping.at" in settings else []
        with pytest.raises(BadInput, match=says):
            rlzoo.train(
                "cql", "rlzoo-tests/Trap-v0", network="table", set=more, out=tmp_path / "r", observers=observers
            )
    assert not (tmp_path / "r").exists()


def test_an_episode_that_was_cut_off_is_truncated(tmp_path: Path) -> None:
    unfinished = [(np.array([0, 1]), [0], [0.0], False), episode_of([1])]
    path = write_dataset(tmp_path / "data", unfinished)
    buffer = Dataset(path).build(spec_of(n_step=3))
    batch = buffer.sample(100)
    first = batch.action == 0
    assert batch.truncated[first].all()
    assert not batch.terminated[first].any()
    assert (batch.reward[first] == 0).all(), "the next episode's reward is not its own"
