from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from rlzoo.components.executors.in_process import InProcess
from rlzoo.components.executors.local import Processes
from rlzoo.components.executors.ray import Ray
from rlzoo.contracts import Ended, Event, Executor, Failed, Message, Run, Stop, Work, WorkerLost
from rlzoo.contracts.errors import BadInput
from rlzoo.studies.design.planning import make_plan
from rlzoo.studies.design.question import Question, Variant
from rlzoo.studies.execution.opening import choose_study_folder, open_study
from rlzoo.studies.execution.study import PLAN, Study, Task
from rlzoo.studies.execution.trainer import StudyObserver
from rlzoo.studies.execution.training import train_study
from rlzoo.training.evaluation import Evaluator

from support.tiny import CATALOG

CARTPOLE: dict[str, Any] = {"env": ["CartPole-v1"], "seeds": 3, "steps": 300}
SMALL = {"train.learning_starts": 20, "train.batch_size": 8, "train.log_every": 25}


@dataclass
class RecordedEnds(StudyObserver):
    """Records which trials ended, and how."""

    ends: list[tuple[str, Sequence[int], str]] = field(default_factory=list)

    def start(self, tasks: Sequence[Task], runs: Sequence[Run]) -> None:
        assert len(tasks) == len(runs)

    def update(self, task: Task, run: Run) -> None:
        assert 0 <= run.done <= 1

    def finish(self, task: Task, run: Run) -> None:
        self.ends.append((task.cell.name, task.seeds, run.status))

    def close(self) -> None:
        pass


def ask(**asked: Any) -> Question:
    plain = {"vary": {"target": ["hard", "none"]}, "seeds": 3, "steps": 100, "set": SMALL}
    return Question(**{**plain, "env": ["rlzoo-tests/Counting-v0"], **asked})


def study(path: Path, **asked: Any) -> Study:
    return open_study(CATALOG, make_plan(CATALOG, ask(**asked), "x", "rlzoo ablate"), path)


def train(opened: Study, executor: Executor | None = None) -> RecordedEnds:
    heard = RecordedEnds()
    train_study(opened, CATALOG, executor or InProcess(), "cpu", heard)
    return heard


def contents(path: Path) -> dict[str, bytes]:
    """Seed by seed, all that was learned, whichever trial it is in."""
    found = {}
    for trial in Study.open(path).trials():
        episodes = trial.folder.table("episodes")
        for seed in trial.folder.seeds:
            weights = trial.folder.path / "weights" / f"seed-{seed}.safetensors"
            item = episodes[episodes["seed"] == seed].to_csv(index=False).encode()
            found[f"{trial.cell}/{trial.environment}/{seed}"] = item + weights.read_bytes()
    return found


def test_all_seeds_of_all_cells_train_and_nothing_else_is_left(tmp_path: Path) -> None:
    opened = study(tmp_path / "s")
    heard = train(opened)
    assert heard.ends == [("target=hard", [0, 1, 2], "finished"), ("target=none", [0, 1, 2], "finished")]
    assert contents(opened.path).keys() == {
        f"target={target}/rlzoo-tests/Counting-v0/{seed}" for target in ("hard", "none") for seed in range(3)
    }
    assert opened.missing(1) == []
    assert opened.failures() == []
    assert not list(opened.path.glob("trials/*/*/.part-*"))


@pytest.mark.slow
def test_the_same_again_trains_nothing_and_more_seeds_only_these(tmp_path: Path) -> None:
    train(study(tmp_path / "s"))
    assert train(study(tmp_path / "s")).ends == []
    heard = train(study(tmp_path / "s", seeds=[0, 1, 2, 7]))
    assert heard.ends == [("target=hard", [7], "finished"), ("target=none", [7], "finished")]
    train(study(tmp_path / "whole", seeds=[0, 1, 2, 7]))
    assert contents(tmp_path / "s") == contents(tmp_path / "whole")


def test_cells_that_are_the_same_train_once(tmp_path: Path) -> None:
    variants = {"plain": Variant(), "by name": Variant(algorithm="dqn-no-target"), "by hand": Variant(target="none")}
    heard = train(study(tmp_path / "s", design="list", vary={}, variants=variants))
    assert [cell for cell, _, _ in heard.ends] == ["plain", "by name"]


def test_work_is_cut_so_that_every_worker_has_some(tmp_path: Path) -> None:
    opened = study(tmp_path / "s", seeds=10)
    sizes = {workers: [len(task.seeds) for task in opened.missing(workers)] for workers in (1, 2, 3, 8, 100)}
    assert sizes == {1: [10, 10], 2: [10, 10], 3: [5, 5] * 2, 8: [3, 3, 3, 1] * 2, 100: [1] * 20}


@pytest.mark.parametrize("changed", [{"steps": 200}, {"set": SMALL | {"optimizer.lr": 0.1}}])
def test_another_study_is_not_mixed_in(tmp_path: Path, changed: dict[str, Any]) -> None:
    train(study(tmp_path / "s", seeds=1))
    with pytest.raises(BadInput, match=r"other settings .*(train.steps|optimizer.*lr)"):
        study(tmp_path / "s", seeds=1, **changed)
    with pytest.raises(BadInput, match="contains `target=none` on"):
        study(tmp_path / "s", seeds=1, vary={"target": ["hard", "soft"]})


def test_a_setting_that_did_not_exist_when_a_trial_was_trained_had_its_default(tmp_path: Path) -> None:
    train(study(tmp_path / "s", seeds=1))
    for manifest in (tmp_path / "s").rglob("manifest.json"):
        record = json.loads(manifest.read_text())
        del record["composition"]["train"]["n_step"], record["composition"]["components"]["optimizer"]["options"]["eps"]
        manifest.write_text(json.dumps(record))
    assert study(tmp_path / "s", seeds=1).missing(1) == []
    with pytest.raises(BadInput, match=r"other settings \(train.n_step\)"):
        study(tmp_path / "s", seeds=1, set=SMALL | {"train.n_step": 2})


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(BadInput, match="is not empty and does not contain a study"):
        study(tmp_path)
    with pytest.raises(BadInput, match="is not a study"):
        Study.open(tmp_path)


def test_only_one_process_trains_a_study(tmp_path: Path) -> None:
    opened = study(tmp_path / "s")
    with opened.locked(), pytest.raises(BadInput, match="is in use by another process"):
        train(study(tmp_path / "s"))


def test_a_refused_process_writes_nothing(tmp_path: Path) -> None:
    train(study(tmp_path / "s"))
    before = (tmp_path / "s" / "study.json").read_bytes()
    opened = study(tmp_path / "s", seeds=5)
    with Study.open(tmp_path / "s").locked(), pytest.raises(BadInput, match="is in use by another process"):
        train(opened)
    assert (tmp_path / "s" / "study.json").read_bytes() == before


def test_a_study_does_not_shrink(tmp_path: Path) -> None:
    train(study(tmp_path / "s"))
    with pytest.raises(BadInput, match=r"already has seed 1, 2\. A study cannot shrink"):
        study(tmp_path / "s", seeds=1)


@pytest.mark.slow
def test_looks_are_fixed_beforehand(tmp_path: Path) -> None:
    asked: dict[str, Any] = {"seeds": 12, "until_width": 0.0, "max_seeds": 12, "steps": 40}
    train(study(tmp_path / "s", **asked))
    for other in ({"max_seeds": 96}, {"until_width": None, "max_seeds": None}):
        with pytest.raises(BadInput, match="is analysed at 12 seeds, not"):
            study(tmp_path / "s", **asked | other)
    train(study(tmp_path / "fixed", **asked | {"until_width": None, "max_seeds": None}))
    assert study(tmp_path / "fixed", **asked).plan.looks == [12]  # none has been looked at before the first look
    train(study(tmp_path / "fixed", **asked | {"until_width": None, "max_seeds": None, "seeds": 13}))
    with pytest.raises(BadInput, match="has 13 seeds and is analysed once, at the end"):
        study(tmp_path / "fixed", **asked)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"until_width": float("nan")}, "is not a valid width"),
        ({"until_width": -1.0}, "is not a valid width"),
        ({"max_seeds": 5}, "no effect without"),
        ({"seeds": None, "until_width": 5.0, "max_seeds": 0}, "--max-seeds 0 is less than the 12"),
        ({"thresholds": {"Cuonting-v0": 3.0}}, "not an environment of this study"),
        ({"thresholds": {"rlzoo-tests/Counting-v0": float("nan")}}, "is not a finite return"),
        ({"vary": {"target": ["hard", "none", "hard"]}}, "duplicate level of the factor `target`"),
        ({"vary": {"target.period": [8, "8"]}}, "duplicate level"),
        ({"vary": {"target": ["none", "hrad"]}, "impossible": "skip"}, "Did you mean `hard`"),
    ],
)
def test_invalid_questions_are_refused(tmp_path: Path, asked: dict[str, Any], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        study(tmp_path / "s", **asked)


@pytest.mark.slow
def test_every_variant_name_has_a_separate_folder(tmp_path: Path) -> None:
    names = ["plain", "..", ".", "", "é" * 60, "é" * 59 + "x"]
    variants = {name: Variant(set={"optimizer.lr": 0.1 / (n + 1)}) for n, name in enumerate(names)}
    opened = study(tmp_path / "s", design="list", vary={}, variants=variants, seeds=1)
    train(opened)
    assert len(list((tmp_path / "s" / "trials").glob("*/*/seed-0"))) == len(names)
    assert {path.name for path in (tmp_path / "s").iterdir()} == {"trials", "study.json", ".lock"}


def test_seeds_that_count_episodes_train_alone_and_do_not_fail_first(tmp_path: Path) -> None:
    heard = train(study(tmp_path / "s", set=SMALL | {"target.unit": "episodes"}, vary={"target.period": [5, 9]}))
    assert [(seeds, status) for _, seeds, status in heard.ends] == [([seed], "finished") for seed in range(3)] * 2


def test_the_same_question_finds_the_same_folder_and_another_one_another() -> None:
    place = choose_study_folder(ask(), None)
    assert place == choose_study_folder(ask(seeds=99), None)
    assert place != choose_study_folder(ask(steps=7), None)
    assert place.parent == Path("studies").absolute()
    assert place.name.startswith("dqn-target-")
    assert choose_study_folder(ask(), "mine") == Path("mine").absolute()


class Faulty(Executor):
    """Loses the first worker of a trial with these seeds, as often as told."""

    workers = 1

    def __init__(self, seed: int, times: int) -> None:
        self.seed, self.times = seed, times

    def run(self, work: Work, jobs: Sequence[Any], stop: Stop) -> Iterator[Event]:
        for place, job in enumerate(jobs):
            fails = self.seed in job.seeds and self.times > 0
            self.times -= fails
            for count, message in enumerate(work(job, stop)):
                if fails and count == 1:
                    break
                yield Message(place, message)
            yield Failed(place, WorkerLost("a worker process was lost")) if fails else Ended(place)


@pytest.mark.slow
def test_a_lost_worker_only_costs_time(tmp_path: Path) -> None:
    heard = train(study(tmp_path / "s"), Faulty(1, times=1))
    assert [status for _, _, status in heard.ends] == ["failed", "finished", *["finished"] * 3]
    train(study(tmp_path / "whole"))
    assert contents(tmp_path / "s") == contents(tmp_path / "whole")
    assert Study.open(tmp_path / "s").failures() == []


@pytest.mark.slow
def test_a_seed_that_keeps_failing_is_reported_and_the_others_go_on(tmp_path: Path) -> None:
    train(study(tmp_path / "s"), Faulty(1, times=3))
    opened = Study.open(tmp_path / "s")
    (failure,) = opened.failures()
    assert (failure.cell, failure.seeds, failure.kind) == ("target=hard", [1], "failed")
    assert failure.text == "WorkerLost: a worker process was lost"
    assert len(contents(opened.path)) == 5
    assert [task.seeds for task in opened.missing(1)] == [[1]]
    train(study(tmp_path / "s"))
    assert Study.open(tmp_path / "s").failures() == []
    assert len(contents(opened.path)) == 6


def test_an_environment_that_fails_is_a_failure_of_its_seeds(tmp_path: Path) -> None:
    broken = SMALL | {"environment.kwargs": {"fault": "raise", "at": 30}}
    train(study(tmp_path / "s", env=["rlzoo-tests/Faulty-v0"], seeds=2, set=broken))
    failures = Study.open(tmp_path / "s").failures()
    assert [(failure.cell, failure.seeds) for failure in failures] == [
        (f"target={target}", [seed]) for target in ("hard", "none") for seed in (0, 1)
    ]
    assert "the cable is loose" in failures[0].text


class Interrupting(InProcess):
    """Is told to stop, as by Ctrl-C, after some messages."""

    def __init__(self, messages: int) -> None:
        self.messages = messages

    def run(self, work: Work, jobs: Sequence[Any], stop: Stop) -> Iterator[Event]:
        for event in super().run(work, jobs, stop):
            yield event
            self.messages -= 1
            if self.messages == 0:
                os.kill(os.getpid(), signal.SIGINT)


class NeverBegins(Executor):
    """Is told to stop before its first job has said anything."""

    workers = 1

    def run(self, work: Work, jobs: Sequence[Any], stop: Stop) -> Iterator[Event]:
        os.kill(os.getpid(), signal.SIGINT)
        yield Ended(0)


def test_a_trial_that_was_stopped_before_it_began_is_trained_later(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(study(tmp_path / "s"), NeverBegins())
    train(study(tmp_path / "s"))
    train(study(tmp_path / "whole"))
    assert contents(tmp_path / "s") == contents(tmp_path / "whole")
    assert not list((tmp_path / "s").glob("trials/*/*/.*"))


@pytest.mark.slow
@pytest.mark.parametrize("messages", [1, 3, 7, 8])
def test_an_interrupted_study_continues_to_the_same_result(tmp_path: Path, messages: int) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(study(tmp_path / "s"), Interrupting(messages))
    finished = [path.name for path in (tmp_path / "s").glob("trials/*/*/seed*")]
    assert finished == ["seeds-0-2"] * (messages > 6)
    (left,) = (tmp_path / "s").glob("trials/*/*/.*")
    assert left.name == ".left-0-seeds-0-2"
    train(study(tmp_path / "s"))
    assert not list((tmp_path / "s").glob("trials/*/*/.*"))
    assert not list((tmp_path / "s").glob("trials/*/*/*/checkpoint"))
    (resumed,) = (it for trial in Study.open(tmp_path / "s").trials() for it in trial.folder.manifest["resumed"])
    assert resumed["steps"].keys() == {"0", "1", "2"}
    train(study(tmp_path / "whole"))
    assert contents(tmp_path / "s") == contents(tmp_path / "whole")


def test_interrupted_in_its_last_evaluation_a_unit_is_not_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    play = Evaluator.play

    def interrupted(self: Evaluator, q: Any, step: int, stopped: Any) -> Any:
        os.kill(os.getpid(), signal.SIGINT)
        return play(self, q, step, stopped)

    with monkeypatch.context() as patched:
        patched.setattr(Evaluator, "play", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train(study(tmp_path / "s"))
    assert Study.open(tmp_path / "s").trials() == []
    train(study(tmp_path / "s"))
    assert all(len(trial.folder.table("evaluations")) for trial in Study.open(tmp_path / "s").trials())


@pytest.mark.slow
def test_a_seed_may_fail_at_every_look(tmp_path: Path) -> None:
    asked: dict[str, Any] = {"seeds": 12, "until_width": 0.0, "max_seeds": 24, "steps": 40}
    vary = {"exploration": ["epsilon-greedy", "greedy"]}
    train(study(tmp_path / "s", **asked, vary=vary), Faulty(3, times=99))
    opened = Study.open(tmp_path / "s")
    assert len(opened.plan.seeds) == 24
    assert [failure.seeds for failure in opened.failures()] == [[3], [3]]


@pytest.mark.slow
def test_a_terminated_worker_only_costs_time(tmp_path: Path) -> None:
    class Ending(Processes):
        told = False

        def run(self, work: Work, jobs: Sequence[Any], stop: Stop) -> Iterator[Event]:
            for event in super().run(work, jobs, stop):
                if not self.told:
                    self.told = True
                    for child in multiprocessing.active_children():
                        child.terminate()
                yield event

    train(study(tmp_path / "s", **CARTPOLE), Ending(2))
    train(study(tmp_path / "whole", **CARTPOLE))
    assert contents(tmp_path / "s") == contents(tmp_path / "whole")


@pytest.mark.slow
def test_seeds_are_added_until_differences_are_known(tmp_path: Path) -> None:
    asked: dict[str, Any] = {"seeds": None, "until_width": 0.0, "max_seeds": 26, "steps": 40}
    opened = study(tmp_path / "s", **asked, vary={"exploration": ["epsilon-greedy", "greedy"]})
    assert opened.plan.looks == [12, 24, 26]
    train(opened)
    assert Study.open(tmp_path / "s").plan.seeds == list(range(26))
    again = study(tmp_path / "s", **asked, vary={"exploration": ["epsilon-greedy", "greedy"]})
    assert again.missing(1) == []
    wide = study(tmp_path / "wide", **asked | {"until_width": 1e9})
    train(wide)
    assert wide.plan.seeds == list(range(12))


@pytest.mark.slow
def test_results_do_not_depend_on_the_executor(tmp_path: Path) -> None:
    executors = [InProcess(), Processes(2), Processes(5)]
    for place, executor in enumerate(executors):
        train(study(tmp_path / str(place), **CARTPOLE), executor)
    assert contents(tmp_path / "0") == contents(tmp_path / "1") == contents(tmp_path / "2")


class Killing(Executor):
    """Kills one of Ray's workers in the middle of its work, once."""

    def __init__(self, inner: Executor) -> None:
        self.inner, self.workers, self.killed = inner, inner.workers, False

    def run(self, work: Work, jobs: Sequence[Any], stop: Stop) -> Iterator[Event]:
        for event in self.inner.run(work, jobs, stop):
            yield event
            if not self.killed:
                (raylet,) = _found("-P", str(os.getpid()), "raylet")  # another test may have a cluster, too
                os.kill(int(_found("-P", raylet, "-f", "ray::_serve")[0]), signal.SIGKILL)
                self.killed = True


def _found(*which: str) -> list[str]:
    return subprocess.run(["pgrep", *which], capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.slow
def test_a_cluster_gives_the_same_bytes_also_when_it_loses_a_worker(tmp_path: Path) -> None:
    ray = pytest.importorskip("ray")
    longer = CARTPOLE | {"steps": 2000}
    train(study(tmp_path / "here", **longer))
    ray.shutdown()  # of whatever an earlier test has left
    try:
        cluster = Ray(workers=2).build()
        train(study(tmp_path / "there", **longer), cluster)
        heard = train(study(tmp_path / "hurt", **longer), Killing(cluster))
    finally:
        ray.shutdown()
    assert contents(tmp_path / "here") == contents(tmp_path / "there") == contents(tmp_path / "hurt")
    assert [status for _, _, status in heard.ends].count("failed") >= 1
    assert Study.open(tmp_path / "hurt").failures() == []


@pytest.mark.slow
def test_a_base_that_does_not_fit_is_refused_before_training(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="convolutional"):
        study(tmp_path / "s", vary={"network": ["cnn", "linear"]}, env=["CartPole-v1"])


SWEEP = {"vary": {"optimizer.lr": [0.1, 0.01, 0.001], "train.n_step": [1, 2]}}


class Watching(InProcess):
    """Remembers how many variants each program had."""

    def __init__(self) -> None:
        self.variants: list[int] = []

    def run(self, work: Work, jobs: Sequence[Any], stop: Stop) -> Iterator[Event]:
        self.variants += [len(set(job.variants)) for job in jobs]
        yield from super().run(work, jobs, stop)


def files(path: Path) -> dict[str, bytes]:
    """All files of the trials, without the times in their manifests and whether they were resumed."""
    found = {}
    for file in sorted(path.glob("trials/**/*")):
        if file.is_file():
            content = file.read_bytes()
            if file.name == "manifest.json":
                manifest = json.loads(content)
                content = json.dumps({**manifest, "started": "", "seconds": 0, "resumed": []}).encode()
            found[str(file.relative_to(path))] = content
    return found


def separately(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every trial train in a program of its own."""
    one_each = lambda groups, _: [[place] for place in range(len(groups))]  # noqa: E731
    monkeypatch.setattr("rlzoo.studies.execution.trainer.programs_of", one_each)


@pytest.mark.slow
def test_a_sweep_is_one_program_with_the_bytes_of_separate_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watching = Watching()
    train(study(tmp_path / "s", **SWEEP), watching)
    assert watching.variants == [3, 3]  # one program for each `n_step`
    with monkeypatch.context() as patched:
        separately(patched)
        train(study(tmp_path / "apart", **SWEEP))
    assert files(tmp_path / "s") == files(tmp_path / "apart")
    assert len(contents(tmp_path / "s")) == 18


@pytest.mark.slow
@pytest.mark.parametrize("messages", [1, 5, 20])
def test_an_interrupted_sweep_continues_to_the_same_result(tmp_path: Path, messages: int) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(study(tmp_path / "s", **SWEEP), Interrupting(messages))
    train(study(tmp_path / "s", **SWEEP))
    train(study(tmp_path / "whole", **SWEEP))
    assert files(tmp_path / "s") == files(tmp_path / "whole")


@pytest.mark.slow
def test_a_sweep_that_loses_its_worker_has_the_same_trials(tmp_path: Path) -> None:
    ends = train(study(tmp_path / "s", **SWEEP), Faulty(1, times=1)).ends
    assert [status for _, _, status in ends] == ["failed"] * 3 + ["finished"] * 6
    train(study(tmp_path / "whole", **SWEEP))
    assert files(tmp_path / "s") == files(tmp_path / "whole")


@pytest.mark.slow
def test_a_seed_that_fails_in_a_sweep_leaves_the_others_alone(tmp_path: Path) -> None:
    train(study(tmp_path / "s", **SWEEP), Faulty(1, times=2 + 6 + 1))  # programs, trials, a seed
    opened = Study.open(tmp_path / "s")
    (failure,) = opened.failures()
    assert (failure.cell, failure.seeds) == ("optimizer.lr=0.1, train.n_step=1", [1])
    assert len(contents(opened.path)) == 17


@pytest.mark.parametrize("content", [b"", b"\xff", b"[" * 100_000, b"{}", b"null"])
def test_a_damaged_plan_is_bad_input(content: bytes, tmp_path: Path) -> None:
    (tmp_path / PLAN).write_bytes(content)
    with pytest.raises(BadInput, match=r"study.json` is damaged"):
        Study.open(tmp_path)
