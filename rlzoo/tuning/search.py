"""A search: what is searched, and training its trials rung by rung."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import msgspec

from rlzoo.contracts import CheckpointTimes, Executor
from rlzoo.contracts.errors import OptionError
from rlzoo.registry.catalog import Catalog
from rlzoo.results.checkpoints import CheckpointFolder
from rlzoo.studies.analysis.measures import score_run
from rlzoo.studies.analysis.run_histories import environment_runs, read_histories
from rlzoo.studies.design.plan import Cell, Plan
from rlzoo.studies.execution.study import Study
from rlzoo.studies.execution.trainer import StudyObserver, StudyTrainer
from rlzoo.studies.execution.trials import Trial
from rlzoo.tuning.base import Base
from rlzoo.tuning.brackets import Generation, generations, survivors
from rlzoo.tuning.space import Domain, Value, default_in
from rlzoo.tuning.store import TrialStore

MEASURE = "evaluation"
"""The score of a run: the mean of the greedy episodes at its end."""
DEFAULT, TUNED = "default", "tuned"
"""The cells of the comparison at the end."""
TRIALS = "search"
"""The folder with the runs of all trials, a study."""


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """What is searched, saved as search.json."""

    algorithm: str
    environment: str
    preset: str | None
    components: dict[str, str]
    settings: dict[str, Any]
    space: dict[str, Domain]
    trials: int
    grown: list[int] = []
    """The numbers of trials that it had before it grew."""
    seeds: list[int]
    steps: int
    test_seeds: list[int]
    """Seeds of the comparison at the end, which no trial and no earlier comparison has trained."""
    sampler: Literal["tpe", "random"]
    search_seed: int
    pruning: bool
    command: str

    def base(self, catalog: Catalog) -> Base:
        """What all trials have in common."""
        return Base(catalog, self.algorithm, self.environment, self.preset, self.components, self.settings)

    def plan(self, cells: Sequence[Cell] = ()) -> Plan:
        """The plan of a study that trains these cells with the seeds of the search."""
        return Plan(
            name=TRIALS,
            algorithm=self.algorithm,
            design="list",
            factors={},
            cells=list(cells),
            base="",
            environments=[self.environment],
            seeds=self.seeds,
            steps=self.steps,
            command=self.command,
        )

    @property
    def generations(self) -> Sequence[Generation]:
        """Which trials are chosen together, and how far they train."""
        return [*generations([*self.grown, self.trials], self.steps, pruning=self.pruning)]


@dataclass(frozen=True)
class Searcher:
    """Trains the trials of a search, continuing where an earlier process ended."""

    search: Search
    catalog: Catalog
    path: Path
    store: TrialStore
    executor: Executor
    device: str
    progress: StudyObserver

    def run(self) -> None:
        """Train all generations. Raises KeyboardInterrupt after Ctrl-C; finished runs are kept."""
        base = self.search.base(self.catalog)
        default = default_in(base.compose(), self.search.space)
        for generation in self.search.generations:
            generation = self._learning(base, generation)
            if not all(map(self.store.ended, generation.numbers)):
                values = {number: self.store.ask(number, None if number else default) for number in generation.numbers}
                self._train(base, generation, values)

    def _learning(self, base: Base, generation: Generation) -> Generation:
        """The generation without rungs at which its trials have not begun to learn."""
        train = base.compose().train
        rungs = [rung for rung in generation.rungs if replace(train, steps=rung).total_updates != 0]
        return replace(generation, rungs=(*rungs,) or generation.rungs[-1:])

    def _train(self, base: Base, generation: Generation, values: Mapping[int, Mapping[str, Value]]) -> None:
        """Train a generation and tell how it went, in the order of its trials."""
        last: dict[int, float | None] = {}
        alive = list(generation.numbers)
        for place, rung in enumerate(generation.rungs):
            continued = {number: values[number] for number in alive}
            scores = self._scores(base, continued, rung, generation.rungs[:place])
            last |= scores
            for number, score in scores.items():
                if score is not None:
                    self.store.report(number, rung, score)
            finished, alive = alive, survivors(scores) if rung < self.search.steps else alive
        for folder in self._runs(generation.numbers, generation.rungs):
            CheckpointFolder(folder).delete()
        for number in generation.numbers:
            score = last[number]
            if score is None:
                self.store.fail(number)
            elif number in finished:
                self.store.complete(number, score)
            else:
                self.store.prune(number, score)

    def _scores(
        self, base: Base, values: Mapping[int, Mapping[str, Value]], rung: int, lower: Sequence[int]
    ) -> dict[int, float | None]:
        """Train trials to a rung; the mean score of each over seeds, None for invalid settings or failed seeds.

        They continue their runs to `lower` rungs.
        """
        end = {"train.steps": rung, "train.schedule_steps": self.search.steps, "train.eval_every": rung}
        given = {number: {**values[number], **end} for number in values if _is_valid(base, values[number])}
        cells = [base.cell(_cell(number, rung), given[number]) for number in given]
        study = Study(self.path / TRIALS, self.search.plan(cells))
        times = CheckpointTimes(at_end=rung < self.search.steps)
        shorter = {_cell(number, rung): self._runs([number], lower) for number in given}
        StudyTrainer(study, self.catalog, self.executor, self.device, self.progress, times, shorter).train_missing()
        scores = run_scores(study.trials(), rung)
        return {number: _mean(scores.get(_cell(number, rung), {}), self.search.seeds) for number in values}

    def _runs(self, numbers: Iterable[int], rungs: Sequence[int]) -> list[Path]:
        """The folders of the runs of these trials to these rungs."""
        study = Study(self.path / TRIALS, self.search.plan())
        cells = [_cell(number, rung) for number in numbers for rung in rungs]
        return [folder for cell in cells for folder in study.finished(cell, self.search.environment)]


def _cell(number: int, rung: int) -> str:
    return f"trial {number} to {rung} steps"


def run_scores(trials: Sequence[Trial], steps: int) -> dict[str, dict[int, float | None]]:
    """Cell to seed to score. A run that diverged scores what the worst run of these trials did."""
    histories = read_histories(trials)
    runs = environment_runs(histories, steps)
    scores: dict[str, dict[int, float | None]] = {}
    for history in histories:
        scores.setdefault(history.cell, {})[history.seed] = score_run(history, runs, None)[MEASURE]
    return scores


def _is_valid(base: Base, values: Mapping[str, Value]) -> bool:
    """Whether a composition can have all of these settings; each alone has been checked."""
    try:
        base.compose(values)
    except OptionError:
        return False
    return True


def _mean(scores: Mapping[int, float | None], seeds: Sequence[int]) -> float | None:
    known = [score for seed in seeds if (score := scores.get(seed)) is not None]
    return sum(known) / len(known) if len(known) == len(seeds) else None
