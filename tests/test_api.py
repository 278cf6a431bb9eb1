from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import gymnasium
import msgspec
import numpy as np
import pytest
import torch

import rlzoo
from rlzoo.components.executors.device import check_device
from rlzoo.contracts import Chosen, Component, Log, Meta, Observer, Run
from rlzoo.contracts.errors import BadInput, EnvironmentFailed, OptionError, UnknownName
from rlzoo.registry.catalog import Catalog
from rlzoo.registry.composition import compose
from rlzoo.registry.plugins import Plugins
from rlzoo.registry.request import resolve
from rlzoo.registry.seeds import check_seeds
from rlzoo.results.result import Result
from rlzoo.results.seed_table import seed_rows

from support import planted
from support.plugin_sources import plugin
from support.runs import train_tiny
from support.tiny import CATALOG, Counting

HEADER = ["seed", "episode", "step", "return", "length", "terminated", "truncated"]


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return train_tiny(tmp_path_factory.mktemp("api") / "run", seeds=[3, 5], eval_every=50, target="soft")


def test_a_result_holds_what_happened(result: Result) -> None:
    assert result.seeds == [3, 5]
    assert list(result.episodes.columns) == HEADER
    assert result.episodes.groupby("seed")["length"].sum().to_dict() == {3: 100, 5: 100}
    assert set(result.metrics["step"]) == {25, 50, 75, 100}
    assert result.evaluations.groupby(["seed", "step"]).size().to_dict() == dict.fromkeys(
        [(3, 50), (3, 100), (5, 50), (5, 100)], 10
    )
    counts = result.manifest["counts"]["5"]
    assert (counts["steps"], counts["updates"], counts["diverged_at"]) == (100, 9, None)


def test_a_folder_holds_everything_and_nothing_half_written(result: Result) -> None:
    files = {str(path.relative_to(result.path)) for path in result.path.rglob("*") if path.is_file()}
    checkpoints = {file for file in files if file.startswith("checkpoint/")}
    tables = {f"{name}.csv" for name in ("episodes", "metrics", "evaluations")}
    weights = {f"weights/seed-{seed}.safetensors" for seed in (3, 5)}
    assert files - checkpoints == {"manifest.json", "returns.png"} | tables | weights
    assert len(checkpoints) == 2 * 2  # of each seed its state, and its transitions


def test_a_tilde_in_out_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    result = train_tiny("~/runs/x")
    assert result.path == tmp_path / "runs" / "x"
    assert (result.path / "returns.png").exists()


class Wandering(Counting):
    """Changes the working directory in every step."""

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        os.chdir("/")
        return super().step(action)


gymnasium.register("rlzoo-tests/Wandering-v0", Wandering)


def test_the_folder_stays_where_the_run_began(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = train_tiny("run", "rlzoo-tests/Wandering-v0")
    assert result.path == tmp_path / "run"
    assert len(result.episodes)
    assert (result.path / "returns.png").exists()


def test_the_same_again_gives_the_same_bytes(result: Result, tmp_path: Path) -> None:
    again = train_tiny(tmp_path / "again", seeds=[5, 3], eval_every=50, target="soft")
    for seed in (3, 5):
        name = f"weights/seed-{seed}.safetensors"
        assert (again.path / name).read_bytes() == (result.path / name).read_bytes()
    by_seed = [run.episodes.sort_values(["seed", "step"]).to_csv(index=False) for run in (result, again)]
    assert by_seed[0] == by_seed[1]


def test_an_agent_acts_by_the_weights_of_its_seed(result: Result) -> None:
    observations = np.random.default_rng(0).normal(size=(6, 2)).astype(np.float32)
    values = {}
    for seed in result.seeds:
        agent = result.agent(seed)
        weights = result.folder.weights(seed)
        assert all(torch.equal(value, weights[name]) for name, value in agent.module.state_dict().items())
        values[seed] = agent.q_values(observations)
        assert values[seed].shape == (6, 3)
        assert (agent.act(observations) == values[seed].argmax(-1)).all()
        np.testing.assert_allclose(agent.q_values(observations[2]), values[seed][2], rtol=1e-5)
        assert agent.act(observations[2]) == values[seed][2].argmax()
    assert not np.allclose(values[3], values[5])


def test_an_agent_names_actions_as_its_environment_does(tmp_path: Path) -> None:
    agent = train_tiny(tmp_path / "run", "rlzoo-tests/Shifted-v0", seeds=1, network="table").agent(0)
    assert agent.act(6) == agent.q_values(6).argmax() - 1


def test_an_agent_refuses_what_it_cannot_see(result: Result) -> None:
    with pytest.raises(BadInput, match=r"observations have shape \(2,\), or \(B, \.\.\.\) of it, not \(3,\)"):
        result.agent(3).q_values([0.0, 0.0, 0.0])


def test_a_result_shows_what_it_is(result: Result) -> None:
    shown = repr(result)
    assert shown.startswith(f"<Result {result.path}: dqn on rlzoo-tests/Counting-v0, 2 seeds, finished, mean return ")
    assert shown.endswith(", 2 seeds)>")


def test_a_notebook_shows_a_table_and_a_curve(result: Result, tmp_path: Path) -> None:
    html = result._repr_html_()
    assert "<td>3</td><td>20</td><td>100</td>" in html
    assert '<img alt="Return of dqn on rlzoo-tests/Counting-v0" src="data:image/png;base64,iVBOR' in html
    manifest = (result.path / "manifest.json").read_text().replace("rlzoo-tests/Counting-v0", "<script>x")
    (tmp_path / "manifest.json").write_text(manifest)
    hostile = Result(tmp_path, CATALOG)._repr_html_()
    assert "&lt;script&gt;x" in hostile
    assert "<script" not in hostile


def test_an_agent_shows_what_it_is(result: Result) -> None:
    agent = result.agent(5)
    network, parameters = "mlp", sum(leaf.numel() for leaf in agent.module.parameters())
    assert repr(agent) == (
        f"<Agent: algorithm dqn, environment rlzoo-tests/Counting-v0, seed 5, network {network}, "
        f"objective q-learning, parameters {parameters:,}>"
    )
    assert f"<td>{parameters:,}</td>" in agent._repr_html_()


def test_only_seeds_that_trained_have_agents(result: Result) -> None:
    with pytest.raises(BadInput, match=r"seed 4 is not in .* its seeds: 3, 5"):
        result.agent(4)


@pytest.mark.parametrize(
    ("more", "error", "says"),
    [
        ({"steps": 0}, OptionError, "steps"),
        ({"seeds": 0}, OptionError, "no seeds"),
        ({"target": "hrad"}, UnknownName, "Did you mean `hard`"),
        ({"device": "cpuu"}, OptionError, "Did you mean `cpu`"),
        ({"observers": ["progres"]}, UnknownName, "Did you mean `progress`"),
        ({"steps": 10, "set": {"train.steps": 20}}, OptionError, "`train.steps` is given twice: 10 and 20"),
        ({"env": "rlzoo-tests/Cuonting-v0"}, UnknownName, "Did you mean `rlzoo-tests/Counting-v0`"),
        ({"network": "cnn"}, BadInput, "convolutional"),
    ],
)
def test_bad_input_is_refused_before_anything_is_written(
    tmp_path: Path, more: dict[str, object], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        train_tiny(tmp_path / "run", **more)  # type: ignore[arg-type]
    assert not (tmp_path / "run").exists()


def test_a_failure_leaves_what_there_was_and_says_where(tmp_path: Path) -> None:
    broken = {"environment.kwargs": {"fault": "raise", "at": 30}}
    with pytest.raises(EnvironmentFailed, match="the cable is loose") as failure:
        train_tiny(tmp_path / "run", "rlzoo-tests/Faulty-v0", set=broken)
    assert failure.value.__notes__ == [f"Results up to then are in `{tmp_path / 'run'}`."]
    left = Result(tmp_path / "run", CATALOG)
    assert left.manifest["status"] == "failed"
    assert "the cable is loose" in left.manifest["error"]
    assert left.manifest["counts"]["0"]["steps"] == 29
    assert left.folder.trained() == [0, 1]
    assert (left.path / "returns.png").exists()


def test_seeds_that_train_one_by_one_give_what_each_gives_alone(tmp_path: Path) -> None:
    both = train_tiny(tmp_path / "both", exploration="greedy", steps=None, set=EPISODES)
    alone = train_tiny(tmp_path / "alone", exploration="greedy", steps=None, set=EPISODES, seeds=[1])
    assert both.episodes.groupby("seed").size().to_dict() == {0: 6, 1: 6}
    assert both.episodes.query("seed == 1").to_csv(index=False) == alone.episodes.to_csv(index=False)
    assert both.manifest["counts"].keys() == {"0", "1"}


EPISODES = {"train.episodes": 6, "train.batch_size": 4}


@dataclass(frozen=True)
class Halting(Component):
    """Asks for the end of the run at the first log after `step`."""

    step: Annotated[int, Meta(ge=0, description="the step")] = 0

    def build(self) -> Observer:
        return HaltingObserver(self.step)


class HaltingObserver(Observer):
    def __init__(self, step: int) -> None:
        self.step = step

    def log(self, run: Run, log: Log) -> None:
        if log.step >= self.step:
            run.request_stop(f"step {self.step}")


@pytest.fixture
def halting() -> Catalog:
    catalog = Catalog(Plugins())
    catalog.plugins.register(plugin(rlzoo_observers={"halting": Halting}), "rlzoo-halting", "2.1")
    return catalog


def test_an_observer_may_stop_a_run(halting: Catalog, tmp_path: Path) -> None:
    result = train_tiny(tmp_path / "run", catalog=halting, observers=["halting"], set={"halting.step": "50"})
    manifest = result.manifest
    assert (manifest["status"], manifest["stop_reason"]) == ("finished", "step 50")
    assert [manifest["counts"][seed]["steps"] for seed in ("0", "1")] == [50, 50]


def test_options_of_observers_are_recorded(halting: Catalog, tmp_path: Path) -> None:
    result = train_tiny(tmp_path / "run", catalog=halting, observers=["halting"], set={"plot.seconds": 5})
    checkpoint = {"minutes": 10.0, "steps": None}
    expected = {"csv": {}, "weights": {}, "checkpoint": checkpoint, "plot": {"seconds": 5.0}, "halting": {"step": 0}}
    assert result.manifest["observers"] == expected
    assert result.manifest["versions"]["rlzoo-halting"] == "2.1"


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"halting.step": 3}, "`halting.step` has no effect without the observer `halting`; add `--observer halting`"),
        ({"progress.seconds": 3}, "has no effect without the observer `progress`"),
        ({"plto.seconds": 3}, "unknown setting `plto.seconds`. Did you mean `plot.seconds`?"),
        ({"plot": 3}, "unknown setting `plot`. Settings are"),
        ({"plot.secs": 3}, "`plot.secs` cannot be set: `plot` takes seconds. Did you mean `seconds`?"),
        ({"plot.seconds": -1}, "`plot.seconds` must be a number >= 0, got -1"),
    ],
)
def test_settings_of_observers_are_checked(
    halting: Catalog, tmp_path: Path, settings: dict[str, object], says: str
) -> None:
    with pytest.raises(OptionError) as refusal:
        train_tiny(tmp_path / "run", catalog=halting, set=settings)
    assert says in str(refusal.value)
    assert not (tmp_path / "run").exists()


def test_a_seed_stops_at_a_return(tmp_path: Path) -> None:
    result = train_tiny(tmp_path / "run", steps=2_000, stop_at=1)
    assert result.manifest["observers"]["early-stopping"] == {"at": 1.0}
    assert {counts["stopped_at"] for counts in result.manifest["counts"].values()} == {500}
    assert result.episodes.groupby("seed").size().to_dict() == {0: 100, 1: 100}


@pytest.mark.slow
def test_an_observer_of_a_plugin_may_stop_seeds(tmp_path: Path) -> None:
    plugins = Plugins()
    plugins.register(planted, "planted")
    catalog = Catalog(plugins)
    alone, split = (
        rlzoo.train("dqn", steps=500, seeds=2, workers=n, observers=["third"], out=tmp_path / str(n), catalog=catalog)
        for n in (1, 2)
    )
    assert split.episodes.groupby("seed").size().to_dict() == {0: 3, 1: 3}
    stopped = {int(seed): counts["stopped_at"] for seed, counts in split.manifest["counts"].items()}
    assert stopped == split.episodes.groupby("seed")["length"].sum().to_dict()
    assert (alone.path / "episodes.csv").read_bytes() == (split.path / "episodes.csv").read_bytes()


def test_it_trains_in_any_thread(tmp_path: Path) -> None:
    results: list[Result] = []
    thread = threading.Thread(target=lambda: results.append(train_tiny(tmp_path / "run")))
    thread.start()
    thread.join()
    assert results[0].manifest["status"] == "finished"


class Failing(Observer):
    """An observer that fails in one of its methods."""

    def __init__(self, at: str, told: list[str]) -> None:
        self.at, self.told = at, told

    def start(self, run: Run) -> None:
        self._do("start")

    def log(self, run: Run, log: Log) -> None:
        self._do("log")

    def finish(self, run: Run) -> None:
        self._do("finish")

    def _do(self, what: str) -> None:
        self.told.append(what)
        if what == self.at:
            raise OSError("no space left")


@dataclass(frozen=True)
class Empty(Component):
    """Options of an observer that has none."""

    def build(self) -> Observer:
        return Observer()


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("start", ["start", "start", "finish"]),
        ("log", ["start", "start", "log", "log", "finish", "finish"]),
        ("finish", [*["start"] * 2, *["log"] * 10, *["finish"] * 2]),
    ],
)
def test_an_observer_that_fails_keeps_no_other_from_finishing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str, told: list[str]
) -> None:
    seen: list[str] = []
    observers = [Failing("", seen), Failing(at, seen)]
    monkeypatch.setattr(
        "rlzoo.registry.request.choose_observers", lambda *_: [Chosen("observer", "x", Empty(), "x", "0")] * 2
    )
    monkeypatch.setattr(Empty, "build", lambda _: observers.pop(0))
    with pytest.raises(OSError, match="no space left"):
        train_tiny(tmp_path / "run")
    assert seen == told
    assert msgspec.json.decode((tmp_path / "run" / "manifest.json").read_bytes())["status"] == "failed"


@pytest.mark.parametrize(("given", "chosen"), [(3, [0, 1, 2]), ([7, 2], [7, 2]), ((5,), [5])])
def test_seeds_are_a_number_or_a_list(given: int | list[int], chosen: list[int]) -> None:
    assert check_seeds(given) == chosen


@pytest.mark.parametrize(
    ("seeds", "says"), [([], "no seeds"), ([1, -2], "must be non-negative: -2"), ([3, 1, 3], "seed 3 is given twice")]
)
def test_seeds_that_make_no_sense_are_refused(seeds: list[int], says: str) -> None:
    with pytest.raises(OptionError, match=says):
        check_seeds(seeds)


def test_more_seeds_than_memory_are_refused_at_once() -> None:
    with pytest.raises(BadInput, match=r"1,000,000,000,000 seeds need at least .* GiB of memory"):
        check_seeds(10**12)


@pytest.mark.parametrize("env", ["CartPole-v1", "rlzoo-tests/Counting-v0"])
def test_more_environments_than_memory_are_refused_at_once(env: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"environments need at least .* GiB|cannot be built: Unable to allocate"):
        train_tiny(tmp_path / "run", env, envs=10**12)
    assert not (tmp_path / "run").exists()


def test_a_device_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert check_device("auto").type == "cpu"
    with pytest.raises(OptionError, match="no CUDA device is available"):
        check_device("cuda")


def test_it_leaves_torch_as_it_was(tmp_path: Path) -> None:
    torch.set_num_threads(2)
    train_tiny(tmp_path / "run")
    assert torch.get_num_threads() == 2


def test_the_package_offers_it() -> None:
    assert rlzoo.train.__module__ == "rlzoo.api"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"train.learning_starts": 500, "train.steps": 100},
            "the run makes no update in 100 steps, since `train.learning_starts` is 500; "
            "try `--set train.learning_starts=10`",
        ),
        ({"train.learning_starts": 97, "train.update_every": 1, "train.steps": 100}, "the run makes 4 updates in"),
        ({"train.learning_starts": 0, "train.update_every": 200}, "since `train.update_every` is 200"),
        ({"train.learning_starts": 0, "train.update_every": 1}, ""),
    ],
)
def test_a_run_that_hardly_learns_says_so(
    settings: dict[str, Any], said: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rlzoo.train("dqn", "rlzoo-tests/Counting-v0", set={"train.steps": 100} | settings,
                out=tmp_path / "r", catalog=CATALOG)  # fmt: skip
    assert said in caplog.text
    assert bool(said) == bool(caplog.records)
    result = Result(tmp_path / "r", CATALOG)
    assert [record.message for record in caplog.records] == result.manifest["notes"]
    updates = result.manifest["counts"]["0"]["updates"]
    (row,) = seed_rows(result.manifest, {})
    assert row[-1] == ("" if updates > 4 else f"{updates} updates" if updates else "no update")


@pytest.mark.slow
def test_a_short_run_begins_to_learn_after_the_same_fraction(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    result = rlzoo.train("dqn", "rlzoo-tests/Counting-v0", steps="5k", out=tmp_path / "r", catalog=CATALOG)
    assert result.composition.train.learning_starts == 100  # 10,000 of 500,000
    assert "learning starts after 100 steps instead of 10,000, since the run has 5,000 of dqn's 500,000" in caplog.text
    assert result.manifest["notes"] == [record.message for record in caplog.records]


@pytest.mark.parametrize(
    ("algorithm", "preset", "settings", "starts"),
    [
        ("dqn", None, {}, 10_000),
        ("dqn", None, {"train.steps": 500_000}, 10_000),
        ("dqn", None, {"train.steps": 5_000_000}, 10_000),
        ("dqn", None, {"train.steps": "50k"}, 1_000),
        ("dqn", "rl-zoo3", {"train.steps": 25_000}, 500),  # 1,000 of 50,000
        ("dqn", None, {"train.steps": 50_000, "train.learning_starts": 10_000}, 10_000),
        ("dqn", None, {"train.steps": 50_000, "learning_starts": 7}, 7),
        ("dqn", None, {"train.episodes": 5}, 10_000),
        ("q-learning", None, {"train.steps": 50}, 0),
    ],
)
def test_only_shorter_runs_scale_what_was_not_set(
    algorithm: str, preset: str | None, settings: dict[str, Any], starts: int
) -> None:
    composition, _, notes = resolve(CATALOG, algorithm, {}, settings, None, preset, [])
    assert composition.train.learning_starts == starts
    assert len(notes) == (starts in (500, 1_000))


@pytest.mark.parametrize(
    ("preset", "components", "settings", "found"),
    [
        (None, {"optimizer": "radam"}, {}, ["`optimizer.lr` is 0.001 with radam, its default, instead of 0.00025"]),
        (
            "rl-zoo3",
            {"objective": "double"},
            {},
            ["`objective.loss` is mse with double, its default, instead of huber"],
        ),
        (None, {"optimizer": "radam"}, {"optimizer.lr": 1e-4}, []),
        (None, {"optimizer": "radam"}, {"lr": 1e-4}, []),
        (None, {"optimizer": "adam"}, {"lr": 1e-4}, []),
        (None, {"target": "soft", "objective": "double", "buffer": "recent"}, {}, []),
    ],
)
def test_a_component_that_replaces_another_tells_which_of_its_defaults_differ(
    preset: str | None, components: dict[str, str], settings: dict[str, Any], found: list[str]
) -> None:
    _, _, notes = resolve(CATALOG, "dqn", components, settings, None, preset, [])
    assert [note.partition(";")[0] for note in notes] == found
    assert all(f"add `--set {note.partition('`')[2].partition('`')[0]}=" in note for note in notes)


@pytest.mark.parametrize("setting", ["optimizer.lr", "lr", "train.batch_size", "train.updates"])
def test_settings_of_updates_are_refused_without_updates(setting: str) -> None:
    short = {"train.steps": 100, "train.learning_starts": 101}
    with pytest.raises(OptionError, match="has no effect: the run makes no update in 100 steps"):
        compose(CATALOG, "dqn", settings={**short, setting: 1})
    assert compose(CATALOG, "dqn", settings=short).train.total_updates == 0
