"""Trials that were stopped before their end, or are now to train further, and continue where they were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from rlzoo.contracts import Checkpoint, Composition
from rlzoo.contracts.errors import BadInput
from rlzoo.registry.catalog import Catalog
from rlzoo.results.checkpoints import CheckpointFolder, read_checkpoint
from rlzoo.results.files import copy_file
from rlzoo.results.run_folder import RunFolder
from rlzoo.results.saved_run import SavedRun, resumption
from rlzoo.results.trimming import EVALUATIONS, TRAINING, gather_tables
from rlzoo.training.groups import ReadCheckpoint
from rlzoo.training.runner import without_evaluations


class Leftovers:
    """The seeds of a cell in an environment that have been trained in part, from the folders of trials.

    A trial may be a shorter one, with schedules of the same length. If it was evaluated at other times, its seeds
    continue as if they had not been evaluated. If a folder is damaged, or its trial cannot continue bit-identically,
    its seeds start from the beginning.
    """

    def __init__(self, folders: Iterable[Path], composition: Composition, catalog: Catalog, device: str) -> None:
        self._train = composition.train
        self._runs: dict[int, SavedRun] = {}
        for run in (_usable(folder, composition, catalog, device) for folder in folders):
            for seed, step in run.steps.items() if run is not None else ():
                if run is not None and step > self.step(seed):
                    self._runs[seed] = run

    def step(self, seed: int) -> int:
        """The step at which a seed continues; 0 if it begins."""
        return self._runs[seed].steps[seed] if seed in self._runs else 0

    def alike(self, seeds: Sequence[int]) -> list[list[int]]:
        """The seeds, in parts that are at the same step."""
        parts: dict[int, list[int]] = {}
        for seed in seeds:
            parts.setdefault(self.step(seed), []).append(seed)
        return list(parts.values())

    def readers(self, seeds: Sequence[int], *, here: bool) -> list[ReadCheckpoint]:
        """What gives the checkpoints of these seeds, which are at the same step; read `here`, or where they train."""
        readers = [self._reader(seed) for seed in seeds if seed in self._runs]
        return [partial(_given, read(whole=True)) for read in readers] if here else [*readers]

    def counts(self, seeds: Sequence[int]) -> dict[int, Mapping[str, Any]]:
        """What seeds that continue have done."""
        return {seed: self._runs[seed].checkpoints[seed].counts for seed in seeds if seed in self._runs}

    def history(self, command: str, seeds: Sequence[int]) -> list[dict[str, Any]]:
        """What the manifest of the trial says about these seeds: nothing if they begin."""
        steps = {seed: self.step(seed) for seed in seeds if self.step(seed)}
        return [resumption(command, steps)] if steps else []

    def adopt(self, seeds: Sequence[int], path: Path) -> None:
        """Copy the tables, weights and checkpoints of these seeds to the folder of the trial that continues them."""
        continued = [seed for seed in seeds if seed in self._runs]
        evaluated = [seed for seed in continued if self._evaluated(seed)]
        for seed in continued:
            CheckpointFolder(self._source(seed)).copy(seed, path)
            _copy_weights(seed, self._source(seed), path, "**" if seed in evaluated else "")
        gather_tables(path, self._sources(continued), TRAINING)
        gather_tables(path, self._sources(evaluated), EVALUATIONS)

    def _source(self, seed: int) -> Path:
        return self._runs[seed].folder.path

    def _sources(self, seeds: Sequence[int]) -> dict[Path, dict[int, int]]:
        """Folder to seed to step."""
        sources: dict[Path, dict[int, int]] = {}
        for seed in seeds:
            sources.setdefault(self._source(seed), {})[seed] = self.step(seed)
        return sources

    def _reader(self, seed: int) -> partial[Checkpoint]:
        place = self._runs[seed].places[seed]
        if self._evaluated(seed):
            return partial(read_checkpoint, place)
        return partial(_read_unevaluated, place, seed, self._train.eval_episodes)

    def _evaluated(self, seed: int) -> bool:
        """Whether the evaluations of a seed are among those that the composition asks for."""
        return self._runs[seed].composition.train.eval_every == self._train.eval_every


def _usable(folder: Path, composition: Composition, catalog: Catalog, device: str) -> SavedRun | None:
    """The trial in a folder; None if it cannot continue exactly."""
    try:
        run = SavedRun(RunFolder(folder), catalog)
    except BadInput:
        return None
    return run if _begins(run.composition, composition) and not run.changes(device) else None


def _begins(short: Composition, long: Composition) -> bool:
    """Whether training by `long` begins as training by `short`, but for evaluations."""
    before, train = short.train, replace(long.train, eval_every=short.train.eval_every)
    if before.steps is not None and train.schedule_steps is not None and before.steps <= (train.steps or 0):
        train = replace(train, steps=before.steps)
    expected = replace(long, train=train)
    return msgspec.to_builtins(short.to_dict()) == msgspec.to_builtins(expected.to_dict())


def _read_unevaluated(place: Path, seed: int, episodes: int, *, whole: bool = False) -> Checkpoint:
    return without_evaluations(read_checkpoint(place, whole=whole), seed, episodes)


def _copy_weights(seed: int, source: Path, target: Path, below: str) -> None:
    for weights in source.glob(f"weights/{below}/seed-{seed}.safetensors"):
        copied = target / weights.relative_to(source)
        copied.parent.mkdir(parents=True, exist_ok=True)
        copy_file(weights, copied)


def _given(checkpoint: Checkpoint) -> Checkpoint:
    return checkpoint
