"""Environments that need no registration: `module:Name`, `path/to/file.py:Name`, and classes and functions."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from operator import attrgetter
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import gymnasium

from rlzoo.contracts.errors import BadInput, OptionError, UnknownName, nearest

Maker = Callable[..., Any]
SESSION = SimpleNamespace()
"""Functions and classes that only this process has, such as lambdas; found as `session:Name`."""


def find_maker(name: str) -> Maker | None:
    """The class or function that `module:Name` or `file.py:Name` names; None where there is no colon.

    If the module has no such name, it may register an environment with this id. Modules and files are looked up in the
    current folder, too.

    Raises BadInput for a missing file, UnknownName for a missing name, and whatever the module raises.
    """
    place, colon, attribute = name.rpartition(":")
    if name.endswith(".py") or (colon and not attribute):
        path = name.removesuffix(":")
        raise BadInput(f"`{name}` names no environment; add its class, function or id, as in `{path}:MyEnv-v0`")
    if not colon:
        return None
    _look_into(Path())
    module = _imported(place)
    try:
        maker: Maker = attrgetter(attribute)(module)
    except AttributeError:
        return _registered(place, attribute, module)
    return maker


def environment_name(given: object) -> str:
    """The name of an environment, given as that, or as a class or function that makes it.

    Raises OptionError for anything else.
    """
    if isinstance(given, str):
        return given
    if not callable(given):
        raise OptionError(f"`env` must name an environment, or be a class or function that makes one, got {given!r}")
    return name_of(given)


def name_of(maker: Maker) -> str:
    """The name by which `find_maker` finds a class or function, in other processes where that is possible."""
    place, name = str(getattr(maker, "__module__", "")), str(getattr(maker, "__qualname__", type(maker).__name__))
    main = getattr(sys.modules.get(place), "__file__", None) if place == "__main__" else None
    place = _relative(Path(main)) if main else place
    if "<" not in name and sys.modules.get(str(getattr(maker, "__module__", ""))) is not None:
        try:
            if find_maker(f"{place}:{name}") is maker:
                return f"{place}:{name}"
        except BadInput:
            pass  # it is made at run time
    return f"session:{_remember(maker, name)}"


def _remember(maker: Maker, name: str) -> str:
    """Keep a function or class in `SESSION`; returns its name there."""
    plain = "".join(character if character.isalnum() else "_" for character in name.rpartition(".")[2]).strip("_")
    number = 1
    while getattr(SESSION, key := plain if number == 1 else f"{plain}_{number}", maker) is not maker:
        number += 1
    setattr(SESSION, key, maker)
    return key


def _imported(place: str) -> Any:
    if place == "session":
        return SESSION
    return _file(Path(place)) if place.endswith(".py") else import_module(place)


def _file(path: Path) -> ModuleType:
    """The module in a file, executed once per process; that of a running script is the script itself."""
    if not path.is_file():
        raise BadInput(f"there is no file `{path}`")
    whole = path.resolve()
    main = sys.modules["__main__"]
    if Path(getattr(main, "__file__", None) or "").resolve() == whole:
        return main
    name = str(whole)
    if name not in sys.modules:
        spec = spec_from_file_location(name, whole)
        assert spec is not None
        assert spec.loader is not None
        _look_into(whole.parent)
        sys.modules[name] = module = module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
    return sys.modules[name]


def _look_into(folder: Path) -> None:
    """Let modules of a folder be imported, after all that are installed."""
    whole = str(folder.resolve())
    if whole not in sys.path:
        sys.path.append(whole)


def _registered(place: str, name: str, module: Any) -> Maker:
    if not any(known == name or known.startswith(f"{name}-v") for known in gymnasium.registry):
        if place == "session":
            raise BadInput(f"the environment `{name}` was made in another process; define it at the top of a module")
        public = [known for known, value in vars(module).items() if callable(value) and not known.startswith("_")]
        hint = nearest(name, [*public, *gymnasium.registry])
        raise UnknownName(f"`{place}` neither has nor registers an environment `{name}`.{hint}")
    return partial(gymnasium.make, name, disable_env_checker=True)


def _relative(path: Path) -> str:
    """A path from the current folder where it is below, else the whole path."""
    whole = path.resolve()
    return str(whole.relative_to(Path.cwd())) if whole.is_relative_to(Path.cwd()) else str(whole)
