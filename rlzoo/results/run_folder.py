"""The folder of a run: where it is, its manifest, and reading it."""

from __future__ import annotations

import os
import platform
import re
import time
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Required, TypedDict

import msgspec

from rlzoo.contracts import Chosen, Composition, RandomReturn, as_dict
from rlzoo.contracts.errors import BadInput
from rlzoo.contracts.train import Kept
from rlzoo.registry.catalog import Catalog
from rlzoo.registry.composition import read_composition
from rlzoo.registry.packages import DISTRIBUTION
from rlzoo.results.files import as_path, is_leftover, shown, sweep, write_whole

if TYPE_CHECKING:
    import pandas as pd

    from rlzoo.contracts import Run
    from rlzoo.lanes.params import Params

MANIFEST = "manifest.json"
SECONDS_OF_SILENCE = 120
"""After which a run on another machine counts as over: weights are written every half minute."""


def is_run(name: str) -> bool:
    """Whether this means the folder of a run, where the name of an algorithm is possible, too."""
    try:
        return "/" in name or (as_path(name) / MANIFEST).exists()
    except OSError:  # the name is too long
        return False


def choose_folder(out: str | Path | None, composition: Composition) -> Path:
    """Return the folder for a run, which does not exist yet or is empty: `out`, or `runs/<algorithm>-<env>-<time>`.

    The path is absolute. Raises BadInput if `out` is a file or a folder that is not empty.
    """
    if out is None:
        name = f"{composition.algorithm}-{composition['environment'].id}-{datetime.now():%Y%m%d-%H%M%S}"
        return _free(as_path("runs") / re.sub(r"[^\w.-]+", "-", name))
    path = as_path(out)
    try:
        if path.exists() and not path.is_dir():
            raise BadInput(f"`{shown(path)}` is a file; give a folder for the run")
        if path.is_dir() and not all(map(is_leftover, path.iterdir())):
            raise BadInput(f"`{shown(path)}` is not empty; give a new folder, runs are never overwritten")
    except OSError as error:
        raise BadInput(f"`{shown(path)}` cannot be a folder for the run: {error.strerror}") from None
    return path


def _free(path: Path) -> Path:
    same = (path.with_name(f"{path.name}-{n}") for n in range(2, 10_000))
    return path if not path.exists() else next(other for other in same if not other.exists())


def make_folder(path: Path) -> None:
    """Create the folder. Raises BadInput if that fails."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        sweep(path)
    except OSError as error:
        raise BadInput(f"cannot create the folder `{shown(path)}`: {error.strerror}") from error


def write_manifest(run: Run, *, over: bool = False) -> None:
    """Write everything that is needed to repeat the run and, until it is `over`, the process that writes its folder."""
    record: dict[str, Any] = {
        "status": run.status,
        "error": _as_utf8(run.error),
        "stop_reason": run.stop_reason,
        "command": _as_utf8(run.command),
        "started": run.started.isoformat(timespec="seconds"),
        "seconds": round(run.earlier_seconds + (datetime.now().astimezone() - run.began).total_seconds(), 3),
        "resumed": list(run.resumed),
        "device": run.device,
        "engine": run.engine,
        "seeds": list(run.seeds),
        "composition": run.composition.to_dict(),
        "random_return": None if run.random_return is None else asdict(run.random_return),
        "notes": list(run.notes),
        "observers": {chosen.name: as_dict(chosen.options) for chosen in run.observers},
        "counts": {str(seed): counts for seed, counts in run.counts.items()},
        "versions": versions([*run.composition.components.values(), *run.observers]),
        "machine": machine(),
    }
    if not over:
        record["process"] = {"host": platform.node(), "pid": os.getpid()}
    write_whole(run.path / MANIFEST, msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n")


def _as_utf8(text: str) -> str:
    """`text` with bytes that are not UTF-8, which names of files may have, as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def versions(parts: Iterable[Chosen]) -> dict[str, str]:
    """The versions of Python, of the libraries that results depend on, and of the plugins of these parts."""
    installed = {name: version(name) for name in ("torch", "gymnasium", "numpy", "numba")}
    own = {"python": platform.python_version(), "rlzoo": version(DISTRIBUTION)}
    return own | installed | {part.plugin: part.version for part in parts}


def machine() -> str:
    """The kind of machine: results are the same bytes only on the same kind."""
    import torch

    return f"{platform.system()} {platform.machine()} {torch.backends.cpu.get_cpu_capability()}"


class _Process(TypedDict):
    host: str
    pid: int


def _may_run(process: _Process) -> bool:
    """Whether a process may still be running: it is, or it is not known, on another machine."""
    if process["host"] != platform.node() or os.name != "posix":
        return True
    try:
        os.kill(process["pid"], 0)
    except ProcessLookupError:
        return False
    except OSError:  # it belongs to another user
        return True
    return True


class _Chosen(TypedDict, total=False):
    name: str
    options: dict[str, Any]
    plugin: str
    version: str


class _Composition(TypedDict, total=False):
    algorithm: str
    train: dict[str, Any]
    components: dict[str, _Chosen]


class _Manifest(TypedDict, total=False):
    """The types of what readers use."""

    status: Required[str]
    seeds: Required[list[int]]
    composition: Required[_Composition]
    error: str
    versions: dict[str, str]
    counts: dict[int, dict[str, float | list[str] | None]]
    process: _Process


class RunFolder:
    """A run read from its folder. Raises BadInput if `path` does not contain a run, or a damaged one."""

    def __init__(self, path: str | Path) -> None:
        self.path = as_path(path)
        self.manifest = self._manifest()

    def _manifest(self) -> dict[str, Any]:
        try:
            text = (self.path / MANIFEST).read_bytes()
            manifest: dict[str, Any] = msgspec.json.decode(text)
            msgspec.convert(manifest, _Manifest, str_keys=True)
        except OSError:
            raise BadInput(f"`{shown(self.path)}` is not a run: it has no {MANIFEST}") from None
        except msgspec.ValidationError as error:
            raise BadInput(f"`{shown(self.path / MANIFEST)}` is not the manifest of a run: {error}") from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadInput(f"`{shown(self.path / MANIFEST)}` is damaged: {error}") from None
        return manifest

    @property
    def seeds(self) -> list[int]:
        """The seeds of the run."""
        return list(self.manifest["seeds"])

    def only_seed(self) -> int:
        """The only seed of the run. Raises BadInput if there are several."""
        if len(self.seeds) == 1:
            return self.seeds[0]
        raise BadInput(f"`{shown(self.path)}` has several seeds: {', '.join(map(str, self.seeds))}; choose one")

    def trained(self, kept: Kept = "last") -> list[int]:
        """The seeds that have weights of this kind. Raises BadInput if there are none."""
        trained = [seed for seed in self.seeds if weights_path(self.path, seed, kept).exists()]
        if not trained and kept == "best":
            raise BadInput(
                f"`{shown(self.path)}` has no weights of a best evaluation; train with `--keep best --eval-every N`"
            )
        if not trained:
            raise BadInput(f"`{shown(self.path)}` stopped before any weights were saved")
        return trained

    @property
    def algorithm(self) -> str:
        """The algorithm's name."""
        return str(self._composed("algorithm"))

    @property
    def environment(self) -> str:
        """The environment's id."""
        return str(self._composed("components", "environment", "options", "id"))

    @property
    def is_offline(self) -> bool:
        """Whether the run learned without training episodes, so that only evaluations show how well."""
        collector = self.manifest.get("engine", {}).get("collector")
        return collector == "offline" and (self.path / "evaluations.csv").exists()

    @property
    def random_return(self) -> RandomReturn | None:
        """The return of a random policy in the environment, if it is known."""
        recorded = self.manifest.get("random_return")
        try:
            return None if recorded is None else msgspec.convert(recorded, RandomReturn)
        except msgspec.ValidationError as error:
            raise BadInput(f"`{shown(self.path / MANIFEST)}` is damaged: random_return: {error}") from None

    @property
    def diverged(self) -> dict[int, int]:
        """The seeds that diverged, with the step."""
        at = {int(seed): counts.get("diverged_at") for seed, counts in self.manifest.get("counts", {}).items()}
        return {seed: step for seed, step in at.items() if step is not None}

    @property
    def running(self) -> bool:
        """Whether the run may still be going on: its process exists, or, on another machine, wrote lately."""
        process = self.manifest.get("process")
        if process is None or not _may_run(process):
            return False
        elsewhere = process["host"] != platform.node()
        return not elsewhere or time.time() - self._last_written < SECONDS_OF_SILENCE

    @property
    def _last_written(self) -> float:
        return max(path.stat().st_mtime for path in self.path.rglob("*") if path.is_file())

    @property
    def status(self) -> str:
        """The status in the manifest; of a run whose process is gone, what is known: it never wrote another status."""
        status = str(self.manifest["status"])
        process = self.manifest.get("process")
        if process is None or _may_run(process):
            return status
        return f"killed, last written {datetime.fromtimestamp(self._last_written):%Y-%m-%d %H:%M}"

    def composition(self, catalog: Catalog) -> Composition:
        """Return the composition of the run. Raises BadInput if a plugin it needs is not installed."""
        return read_composition(catalog, self.manifest["composition"])

    def _composed(self, *keys: str) -> Any:
        found = self.manifest["composition"]
        try:
            for key in keys:
                found = found[key]
        except KeyError:
            raise BadInput(f"`{shown(self.path / MANIFEST)}` is damaged: it has no {'.'.join(keys)}") from None
        return found

    def table(self, name: str) -> pd.DataFrame:
        """Return `episodes`, `metrics` or `evaluations`. Raises BadInput if the table is missing or damaged."""
        import pandas as pd

        path = self.path / f"{name}.csv"
        try:
            table = pd.read_csv(path)
        except (FileNotFoundError, pd.errors.EmptyDataError):
            raise BadInput(f"`{shown(self.path)}` has no {name}.csv") from None
        except (pd.errors.ParserError, UnicodeDecodeError) as error:
            raise BadInput(f"`{shown(path)}` is damaged: {error}") from None
        numbers = all(pd.api.types.is_numeric_dtype(kind) for kind in table.dtypes) or not len(table)
        if not numbers or not {"seed", "step"} <= set(table.columns):
            raise BadInput(f"`{shown(path)}` is damaged: expected numbers in columns `seed`, `step` and others")
        return table

    def weights(self, seed: int, kept: Kept = "last") -> Params:
        """Return the trained parameters of a seed. Raises BadInput if there are none, or some are not finite."""
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        path = weights_path(self.path, seed, kept)
        try:
            weights = load_file(path)
        except FileNotFoundError:
            which = "weights" if kept == "last" else "weights of a best evaluation"
            raise BadInput(f"`{shown(self.path)}` has no {which} of seed {seed}") from None
        except (SafetensorError, OSError) as error:
            raise BadInput(f"`{shown(path)}` is damaged: {error}") from None
        if not all(bool(leaf.isfinite().all()) for leaf in weights.values()):
            at = self.diverged.get(seed)
            reason = "" if at is None else f": the seed diverged at step {at:,}"
            raise BadInput(f"the weights of seed {seed} in `{shown(self.path)}` are not finite{reason}")
        return weights


def weights_path(run: Path, seed: int, kept: Kept = "last") -> Path:
    """Return where the run in the folder `run` has the weights of a seed."""
    folder = run / "weights"
    return (folder if kept == "last" else folder / kept) / f"seed-{seed}.safetensors"
