"""Opening the folder of a search, new or to be continued, after checking that it has the same search."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import msgspec
from msgspec import structs

from rlzoo.contracts.errors import BadInput
from rlzoo.results.files import as_path, is_leftover, shown
from rlzoo.studies.execution.opening import NEW_FOLDER
from rlzoo.studies.numbers import count
from rlzoo.tuning.search import Search

SEARCH = "search.json"
"""The file that says what is searched."""


def choose_search_folder(search: Search, out: str | Path | None) -> Path:
    """The folder of a search: `out`, or one below `tunings/` that is always the same for the same search."""
    if out is not None:
        return as_path(out)
    digest = hashlib.sha256(_identity(search)).hexdigest()[:6]
    name = re.sub(r"[^\w.-]+", "-", f"{search.algorithm}-{search.environment}")
    return as_path("tunings") / f"{name[:60]}-{digest}"


def open_search(search: Search, path: Path) -> Search:
    """The search in `path`, new, continued or grown. Nothing is written yet.

    A search may get more trials. Raises BadInput if `path` contains anything else.
    """
    if not (path / SEARCH).exists():
        if path.is_file() or (path.is_dir() and not all(is_leftover(entry) for entry in path.iterdir())):
            raise BadInput(f"`{shown(path)}` is not empty and does not contain a search; {NEW_FOLDER}")
        return search
    try:
        before = msgspec.json.decode((path / SEARCH).read_bytes(), type=Search)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(f"`{shown(path / SEARCH)}` is damaged: {error}") from None
    if _identity(before) != _identity(search):
        raise BadInput(f"`{shown(path)}` contains another search ({_difference(before, search)}); {NEW_FOLDER}")
    if before.trials > search.trials:
        raise BadInput(
            f"`{shown(path)}` already has {before.trials} trials. A search cannot shrink: use `--trials "
            f"{before.trials}` or more, or {NEW_FOLDER}"
        )
    return _grown(before, search)


def _grown(before: Search, search: Search) -> Search:
    """The search as a continuation of what it was `before`.

    With more trials, its comparison gets seeds that no earlier one had, since their results may be why it grew.
    """
    grown = [*before.grown, before.trials] if search.trials > before.trials else before.grown
    seeds = [seed + len(grown) * len(search.test_seeds) for seed in search.test_seeds]
    return structs.replace(search, grown=grown, test_seeds=seeds)


def _identity(search: Search) -> bytes:
    return msgspec.json.encode(_fixed(search), order="deterministic")


def _fixed(search: Search) -> Search:
    """The search without what may change when it continues."""
    tested = list(range(len(search.test_seeds)))
    return structs.replace(search, command="", trials=0, grown=[], test_seeds=tested)


def _difference(before: Search, now: Search) -> str:
    old, new = _fixed(before), _fixed(now)
    names = [name for name in Search.__struct_fields__ if getattr(old, name) != getattr(new, name)]
    if names == ["seeds"]:
        return f"with {count(len(old.seeds), 'seed')} each, by which trials were stopped early"
    return f"different: {', '.join(names)}"
