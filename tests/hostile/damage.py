"""Damage to the files of a run or a study, drawn from a seed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from random import Random
from typing import Any

VALUES: tuple[Any, ...] = (None, True, -1, 2.5, 10**30, "", "x", "\u0000", [], [1], {}, {"a": 1})


def damage(folder: Path, random: Random) -> str:
    """Damage one file below `folder`; returns what was done."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)
    path = random.choice([*files, *[file for file in files if file.suffix == ".json"] * 3])
    kind = random.choice(("cut", "flip", "empty", "delete", "folder", "json", "json", "json", "lines"))
    content = path.read_bytes()
    if kind == "cut":
        path.write_bytes(content[: random.randrange(len(content) + 1)])
    elif kind == "flip":
        changed = bytearray(content)
        for _ in range(random.choice((1, 10, 100))):
            changed[random.randrange(len(changed))] = random.randrange(256)
        path.write_bytes(bytes(changed))
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind in ("delete", "folder"):
        path.unlink()
        if kind == "folder":
            path.mkdir()
    elif kind == "json" and path.suffix == ".json":
        record = json.loads(content)
        _replace_something(record, random)
        path.write_text(json.dumps(record))
    else:
        lines = content.split(b"\n")
        random.shuffle(lines)
        path.write_bytes(b"\n".join(lines))
    return f"{kind} of {path.relative_to(folder)}"


def copy(folder: Path, place: Path) -> Path:
    """A fresh copy of `folder`, which replaces an earlier one."""
    shutil.rmtree(place, ignore_errors=True)
    return Path(shutil.copytree(folder, place))


def _replace_something(record: Any, random: Random) -> None:
    """Replace, or delete, one value somewhere in a JSON record."""
    places = list(_places(record))
    container, key = random.choice(places)
    if random.random() < 0.3 and isinstance(container, dict):
        del container[key]
    else:
        container[key] = random.choice(VALUES)


def _places(record: Any) -> Any:
    items = record.items() if isinstance(record, dict) else enumerate(record) if isinstance(record, list) else ()
    for key, value in list(items):
        yield record, key
        yield from _places(value)
