"""Trials that were stopped before their end, and continue where they were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
from rlzoo.results.trimming import gather_tables
from rlzoo.training.groups import ReadCheckpoint


class Leftovers:
    """The seeds of a cell in an environment that have been trained in part, from the folders of unfinished trials.

    If a folder is damaged, or its trial cannot continue bit-identically, its seeds start from the beginning.
    """

    def __init__(self, folders: Iterable[Path], composition: Composition, catalog: Catalog, device: str) -> None:
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
        places = [self._runs[seed].places[seed] for seed in seeds if seed in self._runs]
        if here:
            return [partial(_given, read_checkpoint(place, whole=True)) for place in places]
        return [partial(read_checkpoint, place) for place in places]

    def counts(self, seeds: Sequence[int]) -> dict[int, Mapping[str, Any]]:
        """What seeds that continue have done."""
        return {seed: self._runs[seed].checkpoints[seed].counts for seed in seeds if seed in self._runs}

    def history(self, command: str, seeds: Sequence[int]) -> list[dict[str, Any]]:
        """What the manifest of the trial says about these seeds: nothing if they begin."""
        steps = {seed: self.step(seed) for seed in seeds if self.step(seed)}
        return [resumption(command, steps)] if steps else []

    def adopt(self, seeds: Sequence[int], path: Path) -> None:
        """Copy the tables, weights and checkpoints of these seeds to the folder of the trial that continues them."""
        sources: dict[Path, dict[int, int]] = {}
        for seed in seeds:
            if seed in self._runs:
                source = self._runs[seed].folder.path
                sources.setdefault(source, {})[seed] = self.step(seed)
                CheckpointFolder(source).copy(seed, path)
                _copy_weights(seed, source, path)
        gather_tables(path, sources)


def _usable(folder: Path, composition: Composition, catalog: Catalog, device: str) -> SavedRun | None:
    """The unfinished trial in a folder; None if it cannot continue exactly."""
    try:
        run = SavedRun(RunFolder(folder), catalog)
    except BadInput:
        return None
    same = msgspec.to_builtins(run.composition.to_dict()) == msgspec.to_builtins(composition.to_dict())
    return run if same and not run.changes(device) else None


def _copy_weights(seed: int, source: Path, target: Path) -> None:
    for weights in source.glob(f"weights/**/seed-{seed}.safetensors"):
        copied = target / weights.relative_to(source)
        copied.parent.mkdir(parents=True, exist_ok=True)
        copy_file(weights, copied)


def _given(checkpoint: Checkpoint) -> Checkpoint:
    return checkpoint
