"""What is explained: an algorithm or a saved run, and a step of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rlzoo.contracts import Checkpoint, Composition, Observer, StoppingRule, Train
from rlzoo.contracts.errors import BadInput, OptionError
from rlzoo.registry.catalog import Catalog
from rlzoo.results.checkpoints import CheckpointFolder, read_checkpoint
from rlzoo.results.files import shown
from rlzoo.results.run_folder import RunFolder
from rlzoo.results.saved_run import SavedRun

AFTER_LEARNING_STARTS = 2_000
"""Steps after which an algorithm is explained by default."""


@dataclass(frozen=True)
class Subject:
    """A seed of a composition, the step that is explained, and where training continues."""

    title: str
    composition: Composition
    seed: int
    step: int
    checkpoint: Checkpoint | None = None
    rules: Sequence[StoppingRule] = ()
    notes: Sequence[str] = ()
    beyond: bool = False
    """Whether the step follows the end of the run."""


def algorithm_subject(
    algorithm: str, composition: Composition, notes: Sequence[str], step: int | None, seed: int
) -> Subject:
    """A step of an algorithm, soon after learning starts by default. Raises BadInput if its run has no such step."""
    chosen = _default_step(composition.train) if step is None else step
    _check(composition.train, chosen)
    return Subject(algorithm, composition, seed, chosen, notes=notes)


def run_subject(catalog: Catalog, run: str | Path, step: int | None, seed: int | None) -> Subject:
    """A step of a saved run, by default the one after its last checkpoint.

    Raises BadInput where there is no run, no such seed, no checkpoint or no such step, and where the run cannot
    continue exactly.
    """
    folder = RunFolder(run)
    chosen = folder.only_seed() if seed is None else seed
    if chosen not in folder.seeds:
        seeds = ", ".join(map(str, folder.seeds))
        raise BadInput(f"`{shown(folder.path)}` has no seed {chosen}. Seeds: {seeds}")
    saved = SavedRun(folder, catalog)
    checkpoints = CheckpointFolder(folder.path).whole(chosen)
    if not checkpoints:
        raise BadInput(f"`{shown(folder.path)}` has no checkpoint of seed {chosen}; explain its algorithm instead")
    changes = saved.changes("cpu")
    if changes:
        raise BadInput(f"`{shown(folder.path)}` would not continue bit-identically: {'; '.join(changes)}")
    found = [read_checkpoint(path) for path in checkpoints]
    if step is not None:
        _check(saved.composition.train, step)
    at = found[0].step + 1 if step is None else step
    before = next((checkpoint for checkpoint in found if checkpoint.step < at), None)
    if before is None and folder.manifest.get("resumed"):  # perhaps with other schedules than in the beginning
        first = f"its checkpoint at {found[-1].step:,}"
        raise BadInput(f"`{shown(folder.path)}` was resumed; choose a `--step` after {first}")
    observers: list[Observer] = [it.options.build() for it in saved.observers]
    rules = [rule for observer in observers if (rule := observer.stopping_rule()) is not None]
    over = step is None and saved.folder.status == "finished"
    notes = ["The run is finished; this is the step that would follow."] if over else []
    return Subject(shown(folder.path), saved.composition, chosen, at, before, rules, notes, beyond=over)


def _default_step(train: Train) -> int:
    step = train.learning_starts + AFTER_LEARNING_STARTS
    return step if train.steps is None else min(step, train.steps)


def _check(train: Train, step: int) -> None:
    if step < 1:
        raise OptionError(f"`--step` must be at least 1, got {step}")
    if train.steps is not None and step > train.steps:
        raise OptionError(f"`--step` is {step:,}, but the run has only {train.steps:,} steps")
