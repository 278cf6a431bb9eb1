from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file
from test_csv import make_run

import rlzoo
from rlzoo.cli import main
from rlzoo.contracts import Evaluation, Log
from rlzoo.contracts.errors import BadInput, OptionError
from rlzoo.results.observers.weights import Weights
from rlzoo.results.result import Result
from rlzoo.training.evaluation import Evaluator

from support.runs import train_tiny
from support.tiny import CATALOG

Shown = pytest.CaptureFixture[str]
LEARNING = {"optimizer.lr": 0.01, "train.eval_episodes": 3, "train.learning_starts": 50}


def train_best(path: Path, seeds: Sequence[int] = (3, 5), **more: object) -> Result:
    given: dict[str, Any] = {"steps": 300, "eval_every": 60, "keep": "best", "set": LEARNING, **more}
    return train_tiny(path, "CartPole-v1", seeds=list(seeds), **given)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return train_best(tmp_path_factory.mktemp("best") / "run")


def best_file(result: Result, seed: int) -> bytes:
    return (result.path / "weights" / "best" / f"seed-{seed}.safetensors").read_bytes()


@pytest.mark.parametrize("seed", [3, 5])
def test_they_play_the_episodes_of_the_best_evaluation(run: Result, seed: int) -> None:
    table = run.evaluations[run.evaluations["seed"] == seed]
    means = table.groupby("step")["return"].mean()
    assert means.nunique() > 1, "otherwise any weights would do"
    best, composition = means.idxmax(), run.folder.composition(CATALOG)
    agent = run.agent(seed, "best")
    evaluator = Evaluator(composition["environment"].build(1, 3), [seed], 3, 10_000)
    for step in means.index:
        played = evaluator.play(lambda x, mask, begins: agent.choose(x[0])[None], int(step), lambda: False)
        if step == best:
            assert [episode.episode_return for episode in played] == table[table["step"] == best]["return"].tolist()
    assert best != means.index[-1] or seed == 3, "for some seed, the last weights are others"


def test_they_depend_on_the_seed_only(run: Result, tmp_path: Path) -> None:
    assert best_file(train_best(tmp_path / "alone", [5]), 5) == best_file(run, 5)
    assert best_file(run, 3) != best_file(run, 5)


@pytest.mark.slow
def test_workers_make_no_difference(run: Result, tmp_path: Path) -> None:
    split = train_best(tmp_path / "split", [5, 3], workers=2)
    assert all(best_file(split, seed) == best_file(run, seed) for seed in (3, 5))


def test_keeping_them_changes_no_result(run: Result, tmp_path: Path) -> None:
    without = train_tiny(tmp_path / "r", "CartPole-v1", seeds=[3, 5], steps=300, eval_every=60, set=LEARNING)
    for name in ("episodes.csv", "evaluations.csv", "weights/seed-3.safetensors"):
        assert (without.path / name).read_bytes() == (run.path / name).read_bytes()
    assert not (without.path / "weights" / "best").exists()


def played(step: int, seed: int, returns: Sequence[float]) -> list[Evaluation]:
    return [Evaluation(seed, step, n, value, 1, True, False) for n, value in enumerate(returns)]


def test_the_first_of_equal_ones_is_kept_also_after_a_resumption(tmp_path: Path) -> None:
    run, observer = make_run(tmp_path, eval_every=10, keep="best"), Weights().build()
    rows = [(10, [1.0, 2.0]), (20, [3.0, 5.0]), (30, [4.0, 4.0]), (40, [9.0, -2.0])]
    observer.start(run)
    for step, returns in rows:
        weights = {seed: {"w": np.full(2, step, np.float32)} for seed in (3, 5)}
        observer.log(run, Log([3, 5], step, 1, [], evaluations=played(step, 3, returns), weights=weights))
        if step == 20:
            observer = Weights().build()
            observer.start(run)
    result = tmp_path / "weights" / "best" / "seed-3.safetensors"
    assert load_file(result)["w"].tolist() == [20.0, 20.0]
    assert load_file(tmp_path / "weights" / "seed-3.safetensors")["w"].tolist() == [40.0, 40.0]
    assert not (tmp_path / "weights" / "best" / "seed-5.safetensors").exists(), "the seed was not evaluated"


def test_eval_plays_with_them(run: Result, capsys: Shown) -> None:
    returns = {}
    for kept in ("last", "best"):
        assert main(["eval", str(run.path), "--weights", kept, "--json"]) == 0
        returns[kept] = json.loads(capsys.readouterr().out)["returns"]
    assert returns["best"] != returns["last"]


def test_what_cannot_be_kept_or_read_is_a_line(tmp_path: Path, capsys: Shown) -> None:
    assert main(["run", "dqn", "--keep", "best", "--out", str(tmp_path / "r")]) == 2
    assert "`train.keep` has no effect without `train.eval_every`" in capsys.readouterr().err
    assert main(["run", "dqn", "--keep", "worst", "--out", str(tmp_path / "r")]) == 2
    assert not (tmp_path / "r").exists()
    with pytest.raises(OptionError, match=r"`train\.keep` must be"):
        train_tiny(tmp_path / "r", eval_every=10, keep="worst")
    result = train_tiny(tmp_path / "r")
    capsys.readouterr()
    assert main(["eval", str(result.path), "--weights", "best"]) == 2
    assert "has no weights of a best evaluation; train with `--keep best --eval-every N`" in capsys.readouterr().err
    with pytest.raises(BadInput, match="has no weights of a best evaluation of seed 1"):
        result.agent(1, "best")


@pytest.mark.slow
@pytest.mark.parametrize("stop", [150, 200])
def test_a_resumed_run_keeps_the_same(tmp_path: Path, stop: int) -> None:
    settings = LEARNING | {"exploration.schedule": "constant", "exploration.start": 0.2}  # the same for any length
    short = train_best(tmp_path / "run", steps=stop, checkpoint_every=100, set=settings)
    rlzoo.resume(short.path, steps=300, catalog=CATALOG)
    whole = train_best(tmp_path / "whole", set=settings)
    assert len(whole.evaluations) == len(Result(short.path, CATALOG).evaluations)
    for seed in (3, 5):
        assert best_file(short, seed) == best_file(whole, seed)
