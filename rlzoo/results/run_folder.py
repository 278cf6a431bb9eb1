"""The folder of a run: its place, its manifest, and what it holds when read again."""

from __future__ import annotations

import platform
import re
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Required, TypedDict

import msgspec

from rlzoo.contracts import Composition, as_dict
from rlzoo.contracts.errors import BadInput
from rlzoo.registry.catalog import Catalog
from rlzoo.registry.composition import read_composition
from rlzoo.registry.packages import DISTRIBUTION
from rlzoo.results.files import write_whole

if TYPE_CHECKING:
    import pandas as pd

    from rlzoo.contracts import Run
    from rlzoo.lanes.params import Params

MANIFEST = "manifest.json"


def choose_folder(out: str | Path | None, composition: Composition) -> Path:
    """Where a run goes, not yet made: `out`, or `runs/<algorithm>-<env>-<time>`.

    Raises BadInput where `out` is a file or a folder that holds something.
    """
    if out is None:
        name = f"{composition.algorithm}-{composition['environment'].id}-{datetime.now():%Y%m%d-%H%M%S}"
        return _free(Path("runs") / re.sub(r"[^\w.-]+", "-", name))
    path = Path(out)
    try:
        if path.exists() and not path.is_dir():
            raise BadInput(f"`{path}` is a file; give a folder for the run")
        if path.is_dir() and any(path.iterdir()):
            raise BadInput(f"`{path}` is not empty; give a new folder, since a run never overwrites another")
    except OSError as error:
        raise BadInput(f"`{path}` cannot be a folder for the run: {error.strerror}") from None
    return path


def _free(path: Path) -> Path:
    same = (path.with_name(f"{path.name}-{n}") for n in range(2, 10_000))
    return path if not path.exists() else next(other for other in same if not other.exists())


def make_folder(path: Path) -> None:
    """Make it. Raises BadInput where the system refuses."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"cannot make the folder `{path}`: {error.strerror}") from error


def write_manifest(run: Run) -> None:
    """Write everything that is needed to know, or to repeat, what this run is."""
    record = {
        "status": run.status,
        "error": run.error,
        "stop_reason": run.stop_reason,
        "command": run.command,
        "started": run.started.isoformat(timespec="seconds"),
        "seconds": round((datetime.now().astimezone() - run.started).total_seconds(), 3),
        "device": run.device,
        "seeds": list(run.seeds),
        "composition": run.composition.to_dict(),
        "observers": {chosen.name: as_dict(chosen.options) for chosen in run.observers},
        "counts": {str(seed): counts for seed, counts in run.counts.items()},
        "versions": _versions(run),
        "machine": f"{platform.system()} {platform.machine()}",
    }
    write_whole(run.path / MANIFEST, msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n")


def _versions(run: Run) -> dict[str, str]:
    libraries = {"rlzoo": version(DISTRIBUTION)} | {name: version(name) for name in ("torch", "gymnasium", "numpy")}
    chosen = (*run.composition.components.values(), *run.observers)
    return {"python": platform.python_version()} | libraries | {part.plugin: part.version for part in chosen}


class _Manifest(TypedDict, total=False):
    """What others rely on."""

    status: Required[str]
    seeds: Required[list[int]]
    composition: Required[dict[str, Any]]
    counts: dict[int, dict[str, float | None]]


class RunFolder:
    """A run read back. Raises BadInput where `path` holds none, or a damaged one."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.manifest = self._manifest()

    def _manifest(self) -> dict[str, Any]:
        try:
            text = (self.path / MANIFEST).read_bytes()
            manifest: dict[str, Any] = msgspec.json.decode(text)
            msgspec.convert(manifest, _Manifest, str_keys=True)
        except OSError:
            raise BadInput(f"`{self.path}` is not a run: it has no {MANIFEST}") from None
        except msgspec.ValidationError as error:
            raise BadInput(f"`{self.path / MANIFEST}` is not the manifest of a run: {error}") from None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BadInput(f"`{self.path / MANIFEST}` is damaged: {error}") from None
        return manifest

    @property
    def seeds(self) -> list[int]:
        """The seeds the run was asked for."""
        return list(self.manifest["seeds"])

    @property
    def trained(self) -> list[int]:
        """The seeds whose weights are there. Raises BadInput where there are none."""
        trained = [seed for seed in self.seeds if self._weights(seed).exists()]
        if not trained:
            raise BadInput(f"`{self.path}` has no weights: it did not come so far")
        return trained

    @property
    def algorithm(self) -> str:
        """The algorithm's name."""
        return str(self.manifest["composition"]["algorithm"])

    @property
    def environment(self) -> str:
        """The environment's id."""
        return str(self.manifest["composition"]["components"]["environment"]["options"]["id"])

    @property
    def diverged(self) -> dict[int, int]:
        """Seeds that diverged, and the step at which each did."""
        at = {int(seed): counts.get("diverged_at") for seed, counts in self.manifest.get("counts", {}).items()}
        return {seed: step for seed, step in at.items() if step is not None}

    def composition(self, catalog: Catalog) -> Composition:
        """What trained. Raises BadInput where a plugin it needs is not installed any more."""
        return read_composition(catalog, self.manifest["composition"])

    def table(self, name: str) -> pd.DataFrame:
        """`episodes`, `metrics` or `evaluations` as a table. Raises BadInput where there is none, or a damaged one."""
        import pandas as pd

        path = self.path / f"{name}.csv"
        try:
            table = pd.read_csv(path)
        except (FileNotFoundError, pd.errors.EmptyDataError):
            raise BadInput(f"`{self.path}` has no {name}.csv") from None
        except (pd.errors.ParserError, UnicodeDecodeError) as error:
            raise BadInput(f"`{path}` is damaged: {error}") from None
        numbers = all(pd.api.types.is_numeric_dtype(kind) for kind in table.dtypes) or not len(table)
        if not numbers or not {"seed", "step"} <= set(table.columns):
            raise BadInput(f"`{path}` is damaged: it should have numbers only, under `seed`, `step` and others")
        return table

    def weights(self, seed: int) -> Params:
        """The trained parameters of one seed. Raises BadInput where there are none."""
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        path = self._weights(seed)
        try:
            return load_file(path)
        except FileNotFoundError:
            raise BadInput(f"`{self.path}` has no weights of seed {seed}") from None
        except SafetensorError as error:
            raise BadInput(f"`{path}` is damaged: {error}") from None

    def _weights(self, seed: int) -> Path:
        return self.path / "weights" / f"seed-{seed}.safetensors"
