"""A run on disk as it is resumed: its composition, its checkpoints, and what has changed since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from rlzoo.contracts import Checkpoint, Composition, Train
from rlzoo.contracts.errors import BadInput
from rlzoo.registry.catalog import Catalog
from rlzoo.registry.observers import choose_observers
from rlzoo.results.checkpoints import CheckpointFolder, read_checkpoint
from rlzoo.results.files import shown
from rlzoo.results.run_folder import RunFolder, machine, versions
from rlzoo.results.trimming import check_tables, trim_tables
from rlzoo.training.groups import Group, groups_of

PROGRESS = "progress"
"""The observer that only shows a run: whoever resumes it chooses whether to look."""


class SavedRun:
    """A run to be resumed from the last undamaged checkpoint of each seed; a seed without one starts again.

    Raises BadInput if the tables in the folder do not agree with the checkpoints.
    """

    def __init__(self, folder: RunFolder, catalog: Catalog) -> None:
        self.folder = folder
        self.composition = folder.composition(catalog)
        recorded = {name: options for name, options in folder.manifest["observers"].items() if name != PROGRESS}
        self.observers = choose_observers(catalog, recorded)
        checkpoints = CheckpointFolder(folder.path)
        newest = {seed: checkpoints.newest(seed) for seed in folder.seeds}
        self.places: Mapping[int, Path] = {seed: path for seed, path in newest.items() if path is not None}
        self.checkpoints: Mapping[int, Checkpoint] = {seed: read_checkpoint(path) for seed, path in self.places.items()}
        check_tables(folder.path, self.steps, {seed: it.counts["episodes"] for seed, it in self.checkpoints.items()})

    @property
    def steps(self) -> dict[int, int]:
        """Seed to the step of its checkpoint, for seeds that have one."""
        return {seed: checkpoint.step for seed, checkpoint in self.checkpoints.items()}

    def check_stopped(self) -> None:
        """Raise BadInput if the run is still going on."""
        if self.folder.running:
            process = self.folder.manifest["process"]["pid"]
            raise BadInput(f"`{shown(self.folder.path)}` is still running (process {process})")

    def check_unfinished(self, composition: Composition) -> None:
        """Raise BadInput if there is nothing left to train under this composition, or it would end before now."""
        unit, goal = _goal(composition.train)
        _, before = _goal(self.composition.train)
        furthest = max((it.counts[unit] for it in self.checkpoints.values()), default=0)
        if self.folder.status == "finished" and goal <= before:
            raise BadInput(
                f"`{shown(self.folder.path)}` is finished; to extend it, use `--{unit}` with more than {before:,}"
            )
        if goal < min(furthest, before):
            raise BadInput(f"`{shown(self.folder.path)}` already has {furthest:,} {unit} per seed, more than {goal:,}")

    def changes(self, device: str) -> list[str]:
        """What is not as it was when the run was started, in words."""
        manifest = self.folder.manifest
        now = versions(self.composition.components.values())
        changes = [
            f"{name} is {now.get(name, 'not installed')}, not {before}"
            for name, before in manifest["versions"].items()
            if now.get(name, before) != before
        ]
        if manifest["machine"] != machine():
            changes.append(f"the machine is {machine()}, not {manifest['machine']}")
        return changes + ([f"the device is {device}, not {manifest['device']}"] if device != manifest["device"] else [])

    def groups(self, composition: Composition, device: str, workers: int) -> list[Group]:
        """The groups that continue; lanes of a group are at the same step."""
        by_step: dict[int | None, list[int]] = {}
        for seed in self.folder.seeds:
            by_step.setdefault(self.steps.get(seed), []).append(seed)
        return [
            Group(composition, seeds, device, begins_at=step or 0, resumed=self._readers(seeds))
            for step, alike in by_step.items()
            for seeds in groups_of(composition, alike, workers)
        ]

    def _readers(self, seeds: Sequence[int]) -> list[partial[Checkpoint]]:
        return [partial(read_checkpoint, self.places[seed]) for seed in seeds if seed in self.places]

    def trim(self) -> None:
        """Cut the tables back to the checkpoints."""
        trim_tables(self.folder.path, self.steps)


def _goal(train: Train) -> tuple[str, int]:
    """The unit that a run counts, and how many it trains for."""
    return ("steps", train.steps) if train.steps is not None else ("episodes", train.episodes or 0)


def resumption(command: str, steps: Mapping[int, int], changes: Sequence[str] = ()) -> dict[str, Any]:
    """What the manifest of a run says about its resumption now: the step of each seed, and what has changed."""
    return {
        "at": datetime.now().astimezone().isoformat(timespec="seconds"),
        "command": command,
        "steps": {str(seed): step for seed, step in steps.items()},
        "changes": list(changes),
    }
