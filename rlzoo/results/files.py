"""Paths as users give them, and files that are written whole."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rlzoo.contracts.errors import BadInput, printable

RESERVE = ".reserve"
"""Space kept in a folder so that its last words fit on a full disk."""


def as_path(given: str | Path) -> Path:
    """The absolute path that a user means: `~` is the home folder, and the working directory may change later.

    Raises BadInput for a user, or a working directory, that does not exist.
    """
    if "\0" in str(given):
        raise BadInput(f"{str(given)!r} is not a path: it contains a null character")
    try:
        return Path(given).expanduser().absolute()
    except (RuntimeError, OSError) as error:
        raise BadInput(f"`{given}` is not a path: {error}") from error


def shown(path: Path) -> str:
    """`path` as messages show it: relative to the working directory if it is inside."""
    try:
        return printable(str(path.relative_to(Path.cwd())))
    except (ValueError, OSError):
        return printable(str(path))


def writable_file(given: str | Path) -> Path:
    """The absolute path of a file to write. Raises BadInput for a folder, or below something that is none."""
    path = as_path(given)
    try:
        if path.is_dir():
            raise BadInput(f"`{shown(path)}` is a folder; give the name of a file")
        above = next(parent for parent in path.parents if parent.exists())
        if not above.is_dir():
            raise BadInput(f"`{shown(path)}` cannot be written: `{shown(above)}` is not a folder")
    except OSError as error:
        raise BadInput(f"`{shown(path)}` cannot be written: {error.strerror}") from error
    return path


def write_whole(path: Path, content: bytes | str) -> None:
    """Write `content` to `path` atomically: readers, also after a crash, see the old file or the new one.

    Raises OSError, naming `path`, if that fails; nothing is left behind.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    data = content.encode() if isinstance(content, str) else content
    with _naming(path):
        try:
            with part.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except BaseException:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise


def append_whole(path: Path, content: bytes) -> None:
    """Append `content` to `path`, completely or not at all. Raises OSError, naming `path`, if that fails."""
    with _naming(path), path.open("ab", buffering=0) as file:
        before, left = file.tell(), memoryview(content)
        try:
            while left:  # a disk that is almost full takes a part
                left = left[file.write(left) :]
        except OSError:
            file.truncate(before)
            raise


def copy_file(source: Path, target: Path) -> None:
    """Copy a file that is never changed in place: as a link, where the file system has these."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        write_whole(target, source.read_bytes())


def flush_to_disk(paths: Iterable[Path]) -> None:
    """Wait until everything that was written to these files would survive a power failure."""
    for path in paths:
        with path.open("rb") as file:
            os.fsync(file.fileno())


def reserve(folder: Path, size: int) -> None:
    """Keep `size` bytes of space in `folder` until `release`."""
    write_whole(folder / RESERVE, os.urandom(size))  # a file system may compress anything else


def release(folder: Path) -> None:
    """Give the reserved space back."""
    with suppress(OSError):
        (folder / RESERVE).unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Delete what killed processes have left in `folder` and below. No other process may be writing there."""
    for pattern in (RESERVE, ".*.part"):
        for leftover in folder.rglob(pattern):
            leftover.unlink(missing_ok=True)


def is_leftover(path: Path) -> bool:
    """Whether `sweep` would delete this file."""
    return path.name == RESERVE or path.match(".*.part")


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Make errors name `path`: that of a full disk names no file, others the temporary one."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
