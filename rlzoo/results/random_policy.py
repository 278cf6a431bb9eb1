"""The return of a random policy in an environment, measured once per machine and kept in the user's cache folder."""

from __future__ import annotations

import hashlib
import os
import sys
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import msgspec

from rlzoo.contracts import Chosen, RandomReturn, as_dict
from rlzoo.results.files import write_whole
from rlzoo.training.random_policy import measure_random_return


def random_return(environment: Chosen) -> RandomReturn | None:
    """The return of a random policy; None if it is unknown.

    Environments from a module or file, whose code may change, are measured each time.
    """
    if ":" in environment.options.id:
        return measure_random_return(environment.options)
    path = cache_folder() / "random-returns" / f"{_key(environment)}.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=RandomReturn | None)
    except (OSError, msgspec.DecodeError):
        measured = measure_random_return(environment.options)
    with suppress(OSError):  # it will be measured again
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, msgspec.json.encode(measured))
    return measured


def cache_folder() -> Path:
    """Where rlzoo keeps what it can compute again: `RLZOO_CACHE_DIR`, or a folder in the user's cache."""
    if chosen := os.environ.get("RLZOO_CACHE_DIR"):
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home()) / "rlzoo"
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/rlzoo"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rlzoo"


def _key(environment: Chosen) -> str:
    """A hash of everything that determines the environment."""
    identity = environment.name, as_dict(environment.options), environment.version, version("gymnasium")
    return hashlib.sha256(msgspec.json.encode(identity, order="deterministic")).hexdigest()[:32]
