"""Checkpoints on disk: one file for the state of a lane, and further ones for its rows, such as a replay's transitions.

They are safetensors files, each with the digest of its contents in its name, so a damaged one is noticed. The last two
checkpoints of every seed are kept.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file, save

from rlzoo.contracts import Checkpoint, Segment, SegmentedRows
from rlzoo.contracts.errors import BadInput
from rlzoo.results.files import copy_file, shown, write_whole

FOLDER = "checkpoint"
KEPT = 2
"""Checkpoints of each seed: the last one, and one more in case that it is damaged."""
SPARE_BYTES = 2**26
"""Disk space that checkpoints leave for everything else that a run writes."""
_SUFFIX = ".safetensors"


class CheckpointFolder:
    """The checkpoints in the folder of a run."""

    def __init__(self, run: Path) -> None:
        self.path = run / FOLDER

    def write(self, seed: int, checkpoint: Checkpoint) -> None:
        """Add a checkpoint of a seed, and delete those that are too old.

        Raises OSError if that fails, or if the disk would be almost full; BadInput if a file of an earlier checkpoint
        is missing.
        """
        self.path.mkdir(exist_ok=True)
        prefix = f"seed-{seed}."
        files, content = self._encode(prefix, checkpoint)
        self._check_space(sum(map(len, files.values())) + len(content))
        for name, rows in files.items():
            write_whole(self.path / name, rows)
        write_whole(self.path / _named(f"{prefix}{checkpoint.step}", content), content)
        self._delete_old(seed)

    def newest(self, seed: int) -> Path | None:
        """The last undamaged checkpoint of a seed; None if there is none."""
        return next((path for path in self._states(seed) if is_whole(path)), None)

    def whole(self, seed: int) -> list[Path]:
        """The undamaged checkpoints of a seed, the newest first."""
        return [path for path in self._states(seed) if is_whole(path)]

    def copy(self, seed: int, run: Path) -> None:
        """Copy the checkpoints of a seed to the folder of another run."""
        target = CheckpointFolder(run).path
        target.mkdir(exist_ok=True)
        for path in self.path.glob(f"seed-{seed}.*"):
            copy_file(path, target / path.name)

    def delete(self) -> None:
        """Delete all checkpoints, if there are any."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _states(self, seed: int) -> list[Path]:
        """The files with the states of a seed, the newest first."""
        pattern = re.compile(rf"seed-{seed}\.(\d+)\.\w+{re.escape(_SUFFIX)}")
        found = ((pattern.fullmatch(path.name), path) for path in self.path.glob(f"seed-{seed}.*"))
        steps = [(int(match[1]), path.stat().st_mtime_ns, path) for match, path in found if match]
        return [path for *_, path in sorted(steps, reverse=True)]

    def _delete_old(self, seed: int) -> None:
        kept = self._states(seed)[:KEPT]
        needed = {path.name for path in kept} | {name for path in kept for name in _files(_read_tree(path))}
        for path in self.path.glob(f"seed-{seed}.*"):
            if path.name not in needed:
                path.unlink(missing_ok=True)

    def _encode(self, prefix: str, checkpoint: Checkpoint) -> tuple[dict[str, bytes], bytes]:
        """The files of new rows, by name, and the content of the state's file."""
        encoder = _Encoder(self.path, prefix)
        tree = encoder.encode(checkpoint.state, "")
        record = {"step": checkpoint.step, "counts": checkpoint.counts, "state": tree}
        return encoder.files, save(encoder.arrays, {"checkpoint": msgspec.json.encode(record).decode()})

    def _check_space(self, size: int) -> None:
        free = shutil.disk_usage(self.path).free
        if free < size + SPARE_BYTES:
            raise OSError(f"it needs {size:,} bytes, and {free:,} are free")


class _Encoder:
    """Turns a state into a tree for JSON, in which arrays and rows are references."""

    def __init__(self, folder: Path, prefix: str) -> None:
        self.folder, self.prefix = folder, prefix
        self.arrays: dict[str, np.ndarray] = {}
        self.files: dict[str, bytes] = {}

    def encode(self, value: Any, name: str) -> Any:
        if isinstance(value, Mapping):
            return {"map": {key: self.encode(item, f"{name}.{key}") for key, item in value.items()}}
        if isinstance(value, list | tuple):
            return {"list": [self.encode(item, f"{name}.{place}") for place, item in enumerate(value)]}
        if isinstance(value, np.ndarray):
            self.arrays[name] = np.asarray(value, order="C")
            return {"array": name}
        if isinstance(value, SegmentedRows):
            segments = [[it.first, it.last, self._file(it, name)] for it in value.segments]
            return {"rows": [value.first, value.last, segments]}
        plain = value.item() if isinstance(value, np.generic) else value
        return {"float": plain.hex()} if isinstance(plain, float) else {"value": plain}  # JSON has no NaN

    def _file(self, segment: Segment, name: str) -> str:
        """The name of the file with the rows of a segment, an earlier one if it is not new."""
        stem = f"{self.prefix}{name.strip('.')}.{segment.first}-{segment.last}"
        if segment.arrays is None:
            found = next(self.folder.glob(f"{stem}.*{_SUFFIX}"), None)
            if found is None:
                raise BadInput(f"`{shown(self.folder)}` lacks `{stem}` of an earlier checkpoint")
            return found.name
        content = save({key: np.asarray(array, order="C") for key, array in segment.arrays.items()})
        self.files[_named(stem, content)] = content
        return _named(stem, content)


def read_checkpoint(path: Path, *, whole: bool = False) -> Checkpoint:
    """The checkpoint in a file; its rows are read when they are used, unless `whole`, so that it can be sent."""
    tree = _read_tree(path)
    with safe_open(path, framework="numpy") as file:
        state = _decode(tree["state"], file, lambda name: (load_file if whole else _slices)(path.parent / name))
    return Checkpoint(tree["step"], tree["counts"], state)


def is_whole(path: Path) -> bool:
    """Whether a checkpoint and all files that it refers to are as they were written."""
    try:
        return _has_digest(path) and all(_has_digest(path.parent / name) for name in _files(_read_tree(path)))
    except (OSError, SafetensorError, msgspec.DecodeError):
        return False


def _read_tree(path: Path) -> dict[str, Any]:
    with safe_open(path, framework="numpy") as file:
        tree: dict[str, Any] = msgspec.json.decode(file.metadata()["checkpoint"])
    return tree


def _decode(node: Mapping[str, Any], file: Any, open_rows: Callable[[str], Mapping[str, Any]]) -> Any:
    ((kind, value),) = node.items()
    match kind:
        case "map":
            return {key: _decode(item, file, open_rows) for key, item in value.items()}
        case "list":
            return [_decode(item, file, open_rows) for item in value]
        case "array":
            return file.get_tensor(value)
        case "float":
            return float.fromhex(value)
        case "rows":
            first, last, segments = value
            return SegmentedRows(first, last, [Segment(a, b, open_rows(name)) for a, b, name in segments])
    return value


def _slices(path: Path) -> Mapping[str, Any]:
    """The arrays of a file, of which any rows can be read by slicing."""
    file = safe_open(path, framework="numpy")
    return {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118


def _files(tree: Mapping[str, Any]) -> Iterator[str]:
    """The names of the files with rows that a checkpoint refers to."""
    nodes = [tree["state"]]
    while nodes:
        ((kind, value),) = nodes.pop().items()
        if kind == "rows":
            yield from (name for *_, name in value[2])
        elif kind in ("map", "list"):
            nodes += value.values() if kind == "map" else value


def _named(stem: str, content: bytes) -> str:
    return f"{stem}.{_digest(content)}{_SUFFIX}"


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=8).hexdigest()


def _has_digest(path: Path) -> bool:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=8)).hexdigest()
    return path.name.removesuffix(_SUFFIX).endswith(f".{digest}")
