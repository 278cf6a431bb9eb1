"""The folder of a study: its plan and its trials."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import msgspec
from filelock import FileLock, Timeout

from rlzoo.contracts.errors import BadInput
from rlzoo.results.files import as_path, shown, sweep, write_whole
from rlzoo.results.run_folder import RunFolder, make_folder
from rlzoo.studies.analysis.tables import Failure
from rlzoo.studies.design.plan import Cell, Plan
from rlzoo.studies.execution.trials import REPAIR, Trial

PLAN = "study.json"
LOCK = ".lock"
LONGEST = 150
"""The most characters in the name of a folder; most file systems allow 255 bytes."""
FAILED = "failed-"
"""Prefix of a failed trial, which is trained again when the study continues."""
PART = ".part-"
"""Prefix of a trial that is being trained; it is renamed once it is finished."""
LEFT = ".left-"
"""Prefix of a trial that was stopped before its end; its seeds continue in another one."""


@dataclass(frozen=True)
class Task:
    """Seeds of a cell in an environment that have to be trained: a trial in the making."""

    cell: Cell
    environment: str
    seeds: Sequence[int]
    attempt: int = 1
    afresh: bool = False
    """Whether it starts from the beginning, because it could not continue exactly."""


class Study:
    """A study on disk. Each trial is a run folder, `trials/<cell>/<environment>/seeds-<first>-<last>`."""

    def __init__(self, path: Path, plan: Plan) -> None:
        self.path, self.plan = path, plan

    @classmethod
    def open(cls, path: str | Path) -> Study:
        """The study in a folder. Raises BadInput if there is none."""
        folder = as_path(path)
        try:
            plan = msgspec.json.decode((folder / PLAN).read_bytes(), type=Plan)
        except OSError:
            raise BadInput(f"`{path}` is not a study: it has no {PLAN}") from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadInput(f"`{shown(folder / PLAN)}` is damaged: {error}") from None
        return cls(folder, plan)

    def save(self) -> None:
        """Write the plan."""
        write_whole(self.path / PLAN, msgspec.json.format(msgspec.json.encode(self.plan), indent=2) + b"\n")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the study, creating its folder if necessary, and set the unfinished trials of an earlier process aside.

        Raises BadInput if another process has locked it.
        """
        make_folder(self.path)
        lock = FileLock(self.path / LOCK, timeout=0)
        try:
            with lock:
                sweep(self.path)
                for part in self.path.glob(f"trials/*/*/{PART}*"):
                    self.set_aside(part)
                yield
        except Timeout:
            raise BadInput(f"`{shown(self.path)}` is in use by another process") from None

    def trials(self) -> list[Trial]:
        """The finished trials, in the order of the plan."""
        return [trial for cell in self.plan.runnable for trial in self._trials(cell)]

    def failures(self) -> list[Failure]:
        """Invalid cells, and trials that failed."""
        invalid = [
            Failure(cell.name, environment, [], "invalid", cell.impossible)
            for cell in self.plan.cells
            for environment in self.plan.environments
            if cell.impossible is not None
        ]
        return invalid + [
            Failure(cell.name, environment, folder.seeds, "failed", folder.manifest.get("error", ""))
            for cell in self.plan.runnable
            for environment in self.plan.environments
            for folder in self._folders(cell.name, environment, FAILED)
        ]

    def forget_failures(self) -> None:
        """Delete failed trials, so that they are trained again."""
        for failed in self.path.glob(f"trials/*/*/{FAILED}*"):
            shutil.rmtree(failed)

    def set_aside(self, part: Path) -> None:
        """Keep an unfinished trial for those that continue it."""
        number = sum(1 for _ in part.parent.glob(f"{LEFT}*"))
        part.rename(part.with_name(f"{LEFT}{number}-{part.name.removeprefix(PART)}"))

    def finished(self, cell: str, environment: str) -> list[Path]:
        """The folders of finished trials."""
        return sorted(self._cell(cell, environment).glob("seed*"))

    def left(self, cell: str, environment: str) -> list[Path]:
        """The folders of unfinished trials."""
        return sorted(self._cell(cell, environment).glob(f"{LEFT}*"))

    def forget_left(self) -> None:
        """Delete unfinished trials of which no seed is missing any more."""
        for cell in self.plan.runnable:
            for environment in self.plan.environments:
                if not self._missing(cell.name, environment):
                    for folder in self.left(cell.name, environment):
                        shutil.rmtree(folder)

    def missing(self, workers: int) -> list[Task]:
        """What is still to be trained, split so that all workers are busy.

        Results do not depend on which seeds train together.
        """
        missing = [
            Task(cell, environment, seeds)
            for cell in self.plan.runnable
            for environment in self.plan.environments
            if (seeds := self._missing(cell.name, environment))
        ]
        pieces = -(-workers // max(len(missing), 1))
        return [Task(task.cell, task.environment, seeds) for task in missing for seeds in _split(task.seeds, pieces)]

    def place(self, task: Task, kind: str = "") -> Path:
        """The folder of a task's trial; `kind` is a prefix, `FAILED` or `PART`, or empty."""
        first, last = min(task.seeds), max(task.seeds)
        name = f"seeds-{first}-{last}" if len(task.seeds) > 1 else f"seed-{first}"
        return self._cell(task.cell.name, task.environment) / f"{kind}{name}"

    def _missing(self, cell: str, environment: str) -> list[int]:
        trained = {seed for folder in self._folders(cell, environment) for seed in folder.seeds}
        return [seed for seed in self.plan.seeds if seed not in trained]

    def _trials(self, cell: Cell) -> Iterator[Trial]:
        for environment in self.plan.environments:
            for folder in self._folders(cell.name, environment):
                yield Trial(cell.name, environment, folder)

    def _folders(self, cell: str, environment: str, kind: str = "seed") -> list[RunFolder]:
        return [_read(path) for path in sorted(self._cell(cell, environment).glob(f"{kind}*"))]

    def _cell(self, cell: str, environment: str) -> Path:
        return self.path / "trials" / _folder(cell) / _folder(environment)


def _split(seeds: Sequence[int], pieces: int) -> list[Sequence[int]]:
    size = -(-len(seeds) // min(pieces, len(seeds)))
    return [seeds[start : start + size] for start in range(0, len(seeds), size)]


def _read(path: Path) -> RunFolder:
    try:
        return RunFolder(path)
    except BadInput as error:
        raise BadInput(f"{error}; {REPAIR}") from None


def _folder(name: str) -> str:
    """A name for the file system; different names have different folders."""
    quoted = quote(name, safe=" =,+[]()") or "%"
    if quoted.startswith("."):  # `..` is the parent folder, `.x` is hidden
        quoted = f"%2E{quoted[1:]}"
    if len(quoted) > LONGEST:
        quoted = f"{quoted[: LONGEST - 13]}~{hashlib.sha256(name.encode()).hexdigest()[:12]}"
    return quoted
