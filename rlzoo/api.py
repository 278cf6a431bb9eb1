"""`rlzoo.train`: the whole of a run, from names to a result. The command line is a thin layer over it."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from rlzoo.components.executors.local import cores
from rlzoo.components.executors.signals import on_interrupt
from rlzoo.contracts import Composition, Executor, Failed, Message, Observer, Run, Stop
from rlzoo.contracts.errors import BadInput, OptionError, listed, nearest
from rlzoo.registry.catalog import Catalog, open_catalog
from rlzoo.registry.composition import compose
from rlzoo.registry.options import convert
from rlzoo.results.agent import Agent
from rlzoo.results.recording import Recording, recorded
from rlzoo.results.run_folder import RunFolder, choose_folder, make_folder
from rlzoo.training.groups import Group, check_group, groups_of, train_group

if TYPE_CHECKING:
    import pandas as pd

RECORDS = ("csv", "weights", "plot")
"""The observers of every run: what makes its folder."""


STEPS_FOR_A_WORKER = 50_000
"""Environment steps, over all seeds, that take a few times as long as a process takes to begin."""


class Result:
    """A run that is over, read from its folder."""

    def __init__(self, path: Path, catalog: Catalog) -> None:
        self.folder = RunFolder(path)
        self._catalog = catalog

    @property
    def path(self) -> Path:
        """The run's folder."""
        return self.folder.path

    @property
    def manifest(self) -> dict[str, Any]:
        """What ran, and what became of it."""
        return self.folder.manifest

    @property
    def seeds(self) -> list[int]:
        """The seeds that trained."""
        return self.folder.seeds

    @property
    def episodes(self) -> pd.DataFrame:
        """Every finished training episode: `seed, episode, step, return, length, terminated, truncated`."""
        return self.folder.table("episodes")

    @property
    def metrics(self) -> pd.DataFrame:
        """Losses, values and rates over time."""
        return self.folder.table("metrics")

    @property
    def evaluations(self) -> pd.DataFrame:
        """Greedy episodes; raises BadInput unless `eval_every` was given."""
        return self.folder.table("evaluations")

    def agent(self, seed: int) -> Agent:
        """The trained agent of one seed. Raises BadInput for a seed that did not train."""
        if seed not in self.seeds:
            raise BadInput(f"seed {seed} is not in `{self.path}`; its seeds: {', '.join(map(str, self.seeds))}")
        return Agent(self.folder.composition(self._catalog), seed, self.folder.weights(seed))


class Interrupted(KeyboardInterrupt):
    """A run was stopped before its end; `result` is what there is of it."""

    def __init__(self, result: Result) -> None:
        super().__init__(f"everything so far is in `{result.path}`")
        self.result = result


def train(
    algorithm: str = "dqn",
    env: str | None = None,
    *,
    steps: int | str | None = None,
    seeds: int | Sequence[int] = 1,
    envs: int | str | None = None,
    eval_every: int | str | None = None,
    set: Mapping[str, Any] | None = None,
    out: str | Path | None = None,
    device: str = "auto",
    workers: int | None = 1,
    observers: Sequence[str] = (),
    catalog: Catalog | None = None,
    command: str = "",
    **components: str,
) -> Result:
    """Train an algorithm over some seeds, side by side, and keep everything in a folder.

    `seeds=10` means 0 to 9; `[3, 5]` those two. `components` choose by slot (`target="hard"`), `set` sets options
    (`{"target.period": 500}`). `steps` are environment steps per seed. `observers` watch besides those that write the
    folder. With several `workers` (None: one per core, fewer for a short run, a single one beside a GPU) the seeds are
    split over processes, with the same results. A script that does so keeps its own code below
    `if __name__ == "__main__":`.

    Raises BadInput before anything runs or is written, RunFailed when the run cannot go on, and Interrupted after
    Ctrl-C; in the last two cases everything so far is kept.
    """
    catalog = catalog or open_catalog()
    shortcuts = {"train.steps": steps, "train.envs": envs, "train.eval_every": eval_every}
    settings = {name: value for name, value in shortcuts.items() if value is not None} | dict(set or {})
    _refuse_twice(shortcuts, set or {})
    composition = compose(catalog, algorithm, components, settings, env)
    chosen = check_seeds(seeds)
    place = check_device(device)
    watching = build_observers(catalog, [*RECORDS, *observers])
    workers = workers or _enough_workers(composition, chosen, place)
    executor = build_executor(catalog, "local", workers=min(workers, len(chosen)))
    groups = [Group(composition, group, str(place)) for group in groups_of(composition, chosen, executor.workers)]
    check_group(groups[0])
    path = choose_folder(out, composition)
    run = Run(composition, chosen, path, str(place), command or shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]))
    make_folder(path)
    try:
        with recorded(run, watching) as recording:
            _conduct(groups, executor, recording)
    except KeyboardInterrupt:
        raise Interrupted(Result(path, catalog)) from None
    return Result(path, catalog)


def _enough_workers(composition: Composition, seeds: Sequence[int], device: torch.device) -> int:
    """As many processes as there are cores, but none that would be longer in beginning than in training."""
    if device.type == "cuda":
        return 1
    steps = composition.train.steps
    return cores() if steps is None else min(cores(), 1 + steps * len(seeds) // STEPS_FOR_A_WORKER)


def _conduct(groups: Sequence[Group], executor: Executor, recording: Recording) -> None:
    """Train all groups and record what they tell. Where one fails, the others end in order before it is raised."""
    stop, failures = Stop(), list[Exception]()
    with on_interrupt(stop.request):
        for event in executor.run(train_group, groups, stop):
            match event:
                case Message(_, log):
                    recording.tell(log)
                case Failed(_, error):
                    failures.append(error)
                    stop.request()
    if failures:
        raise failures[0]
    if stop.requested:
        raise KeyboardInterrupt


def check_seeds(seeds: int | Sequence[int]) -> list[int]:
    """`10` -> 0 to 9; a list as it is. Raises OptionError for none, negative ones or one given twice."""
    chosen = list(range(seeds)) if isinstance(seeds, int) else [int(seed) for seed in seeds]
    if not chosen:
        raise OptionError("no seeds: give at least one")
    if min(chosen) < 0:
        raise OptionError(f"seeds are not negative: {min(chosen)}")
    twice = {seed for seed in chosen if chosen.count(seed) > 1}
    if twice:
        raise OptionError(f"seed {listed(map(str, twice))} is given twice; the same seed gives the same result")
    return chosen


def build_executor(catalog: Catalog, name: str, **options: Any) -> Executor:
    """An executor with these options, those that are None left out.

    Raises UnknownName for one that does not exist, OptionError for an option it does not have.
    """
    given = {option: value for option, value in options.items() if value is not None}
    executor: Executor = convert(catalog.get("executor", name).component, given, f"executor {name}").build()
    return executor


def check_device(name: str) -> torch.device:
    """`auto` is a GPU where there is one. Raises OptionError for a device that is not there."""
    there = torch.cuda.is_available()
    if name not in ("auto", "cpu", "cuda"):
        raise OptionError(
            f"there is no device `{name}`.{nearest(name, ('auto', 'cpu', 'cuda'))} Valid: auto, cpu, cuda"
        )
    if name == "cuda" and not there:
        raise OptionError("there is no CUDA device here; use `auto` or `cpu`")
    return torch.device("cuda" if there and name != "cpu" else "cpu")


def build_observers(catalog: Catalog, names: Sequence[str]) -> list[Observer]:
    """Observers with their default options. Raises UnknownName for one that does not exist."""
    return [convert(catalog.get("observer", name).component, {}, name).build() for name in dict.fromkeys(names)]


def _refuse_twice(shortcuts: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
    for name, value in shortcuts.items():
        if value is not None and name in settings:
            raise OptionError(f"`{name}` is given twice: {value} and {settings[name]}")
