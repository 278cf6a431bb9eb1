from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path

import pytest

from rlzoo.contracts import Episode, Evaluation, Log, Run
from rlzoo.registry.composition import compose
from rlzoo.results.observers.csv import CSV

from support.tiny import CATALOG


def make_run(path: Path, **settings: object) -> Run:
    composition = compose(CATALOG, "dqn", {}, {f"train.{name}": value for name, value in settings.items()})
    return Run(composition, [3, 5], path, "cpu", "rlzoo run dqn", datetime(2026, 1, 1))


def test_what_is_reported_is_in_the_files_at_once(tmp_path: Path) -> None:
    run, observer = make_run(tmp_path, eval_every=10), CSV().build()
    observer.start(run)
    episode = Episode(seed=3, episode=1, step=20, episode_return=0.1, length=20, terminated=True, truncated=False)
    played = Evaluation(seed=5, step=20, episode=0, episode_return=-1.5, length=7, terminated=False, truncated=True)
    metrics = {3: {"loss": 0.25, "epsilon": 1.0}, 5: {"loss": math.nan, "epsilon": 1.0}}
    observer.log(run, Log([3, 5], 20, 4, [episode], metrics, [played]))
    assert tmp_path.joinpath("episodes.csv").read_text() == (
        "seed,episode,step,return,length,terminated,truncated\n3,1,20,0.1,20,1,0\n"
    )
    assert (
        tmp_path.joinpath("metrics.csv").read_text() == "seed,step,update,loss,epsilon\n3,20,4,0.25,1.0\n5,20,4,,1.0\n"
    )
    assert tmp_path.joinpath("evaluations.csv").read_text() == (
        "seed,step,episode,return,length,terminated,truncated\n5,20,0,-1.5,7,0,1\n"
    )


def test_rows_are_added_and_a_header_is_written_once(tmp_path: Path) -> None:
    run, observer = make_run(tmp_path), CSV().build()
    observer.start(run)
    for step in (10, 20):
        observer.log(run, Log([3], step, 0, [], {3: {"loss": 1.0}}))
    assert tmp_path.joinpath("metrics.csv").read_text() == "seed,step,update,loss\n3,10,0,1.0\n3,20,0,1.0\n"


@pytest.mark.parametrize(("settings", "there"), [({}, False), ({"eval_every": 10}, True)])
def test_evaluations_have_a_file_when_they_are_asked_for(tmp_path: Path, settings: dict[str, int], there: bool) -> None:
    CSV().build().start(make_run(tmp_path, **settings))
    assert tmp_path.joinpath("evaluations.csv").exists() == there
    assert tmp_path.joinpath("episodes.csv").exists()


def test_in_the_end_rows_are_in_order_however_groups_took_turns(tmp_path: Path) -> None:
    texts = []
    for place, order in enumerate([(0, 1, 2), (2, 0, 1)]):
        run, observer = make_run(tmp_path / str(place)), CSV().build()
        run.path.mkdir()
        observer.start(run)
        episodes = [Episode(5, 1, 30, 1.0, 30, True, False), Episode(3, 1, 30, 1.0, 30, True, False)]
        episodes.append(Episode(5, 2, 120, 2.0, 90, True, False))
        for which in order:
            observer.log(run, Log([3, 5], 0, 0, [episodes[which]], {3: {"loss": 0.5}}))
        observer.finish(run)
        texts.append(run.path.joinpath("episodes.csv").read_text())
    assert texts[0] == texts[1]
    assert [line.split(",")[::2][:2] for line in texts[0].splitlines()[1:]] == [["3", "30"], ["5", "30"], ["5", "120"]]
