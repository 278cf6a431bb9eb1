"""The folder of a study: its plan, and what has been trained of it so far."""

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
from rlzoo.results.files import write_whole
from rlzoo.results.run_folder import RunFolder, make_folder
from rlzoo.studies.analysis.tables import Failure
from rlzoo.studies.design.plan import Cell, Plan
from rlzoo.studies.execution.units import REPAIR, Unit

PLAN = "study.json"
LOCK = ".lock"
LONGEST = 150
"""Characters in the name of a folder; few systems have more than 255."""
FAILED = "failed-"
"""What the name of a unit that failed begins with; it is trained again when the study goes on."""
PART = ".part-"
"""What the name of a unit that trains begins with. It gets its own name once it is whole."""


@dataclass(frozen=True)
class Task:
    """Seeds of a cell in an environment that are still to be trained."""

    cell: Cell
    environment: str
    seeds: Sequence[int]
    attempt: int = 1


class Study:
    """A study on disk. A unit is a run folder, `units/<cell>/<environment>/seeds-<first>-<last>`, whole or absent."""

    def __init__(self, path: Path, plan: Plan) -> None:
        self.path, self.plan = path, plan

    @classmethod
    def open(cls, path: str | Path) -> Study:
        """The study in a folder. Raises BadInput where there is none."""
        try:
            plan = msgspec.json.decode((Path(path) / PLAN).read_bytes(), type=Plan)
        except OSError:
            raise BadInput(f"`{path}` is not a study: it has no {PLAN}") from None
        except msgspec.DecodeError as error:
            raise BadInput(f"`{Path(path) / PLAN}` is damaged: {error}") from None
        return cls(Path(path), plan)

    def save(self) -> None:
        """Write the plan."""
        write_whole(self.path / PLAN, msgspec.json.format(msgspec.json.encode(self.plan), indent=2) + b"\n")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else works on the study meanwhile, in its folder, made if need be; clears what others left half done.

        Raises BadInput where somebody does.
        """
        make_folder(self.path)
        lock = FileLock(self.path / LOCK, timeout=0)
        try:
            with lock:
                for part in self.path.glob(f"units/*/*/{PART}*"):
                    shutil.rmtree(part)
                yield
        except Timeout:
            raise BadInput(f"another process works on `{self.path}`") from None

    def units(self) -> list[Unit]:
        """What is trained, in the order of the plan."""
        return [unit for cell in self.plan.runnable for unit in self._units(cell)]

    def failures(self) -> list[Failure]:
        """What failed, and what cannot be."""
        impossible = [
            Failure(cell.name, environment, [], "impossible", cell.impossible)
            for cell in self.plan.cells
            for environment in self.plan.environments
            if cell.impossible is not None
        ]
        return impossible + [
            Failure(cell.name, environment, folder.seeds, "failed", folder.manifest["error"])
            for cell in self.plan.runnable
            for environment in self.plan.environments
            for folder in self._folders(cell.name, environment, FAILED)
        ]

    def forget_failures(self) -> None:
        """Throw away what failed, to try it again."""
        for failed in self.path.glob(f"units/*/*/{FAILED}*"):
            shutil.rmtree(failed)

    def missing(self, workers: int) -> list[Task]:
        """What is still to be trained, cut so that all workers have something to do.

        How seeds are put together does not matter to what comes of them.
        """
        missing = [
            Task(cell, environment, seeds)
            for cell in self.plan.runnable
            for environment in self.plan.environments
            if (seeds := self._missing(cell.name, environment))
        ]
        pieces = -(-workers // max(len(missing), 1))
        return [Task(task.cell, task.environment, seeds) for task in missing for seeds in _cut(task.seeds, pieces)]

    def place(self, task: Task, kind: str = "") -> Path:
        """Where a task's folder is, by kind: its own name, `FAILED` or `PART`."""
        first, last = min(task.seeds), max(task.seeds)
        name = f"seeds-{first}-{last}" if len(task.seeds) > 1 else f"seed-{first}"
        return self._cell(task.cell.name, task.environment) / f"{kind}{name}"

    def _missing(self, cell: str, environment: str) -> list[int]:
        there = {seed for folder in self._folders(cell, environment) for seed in folder.seeds}
        return [seed for seed in self.plan.seeds if seed not in there]

    def _units(self, cell: Cell) -> Iterator[Unit]:
        for environment in self.plan.environments:
            for folder in self._folders(cell.name, environment):
                yield Unit(cell.name, environment, folder)

    def _folders(self, cell: str, environment: str, kind: str = "seed") -> list[RunFolder]:
        return [_read(path) for path in sorted(self._cell(cell, environment).glob(f"{kind}*"))]

    def _cell(self, cell: str, environment: str) -> Path:
        return self.path / "units" / _folder(cell) / _folder(environment)


def _cut(seeds: Sequence[int], pieces: int) -> list[Sequence[int]]:
    size = -(-len(seeds) // min(pieces, len(seeds)))
    return [seeds[start : start + size] for start in range(0, len(seeds), size)]


def _read(path: Path) -> RunFolder:
    try:
        return RunFolder(path)
    except BadInput as error:
        raise BadInput(f"{error}; {REPAIR}") from None


def _folder(name: str) -> str:
    """A name as that of a folder; different names stay different."""
    quoted = quote(name, safe=" =,+[]()") or "%"
    if quoted.startswith("."):  # `..` is another folder, `.x` hidden
        quoted = f"%2E{quoted[1:]}"
    if len(quoted) > LONGEST:
        quoted = f"{quoted[: LONGEST - 13]}~{hashlib.sha256(name.encode()).hexdigest()[:12]}"
    return quoted
