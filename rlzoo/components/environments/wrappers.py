"""Gymnasium wrappers, by name."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

import gymnasium

from rlzoo.contracts.errors import OptionError, nearest

Wrapper = str | Mapping[str, Any]
"""`module:Class`, or a table with that as its `name` and the arguments beside it."""
AnyEnv = gymnasium.Env[Any, Any]


def wrap(env: AnyEnv, wrappers: Iterable[Wrapper]) -> AnyEnv:
    """`env` in these wrappers, the first one innermost. Raises OptionError for a wrong name or wrong arguments."""
    for wrapper in wrappers:
        name, arguments = _split(wrapper)
        cls = _find(name)
        _check_arguments(name, cls, env, arguments)
        try:
            env = cls(env, **arguments)
        except Exception as error:
            raise OptionError(f"`environment.wrappers`: `{name}` does not fit the environment: {error}") from error
    return env


def _split(wrapper: Wrapper) -> tuple[str, dict[str, Any]]:
    if isinstance(wrapper, str):
        return wrapper, {}
    arguments = dict(wrapper)
    name = arguments.pop("name", None)
    if not isinstance(name, str):
        raise OptionError(
            f'`environment.wrappers`: {dict(wrapper)} needs a `name`, such as {{"name": "module:Class", ...}}'
        )
    return name, arguments


def _find(name: str) -> type[gymnasium.Wrapper[Any, Any, Any, Any]]:
    module, colon, cls = name.partition(":")
    if not colon:
        hint = nearest(name, _names(gymnasium.wrappers)).replace("`", "`gymnasium.wrappers:", 1)
        raise OptionError(f"`environment.wrappers`: `{name}` is not of the form `module:Class`.{hint}")
    try:
        found = getattr(import_module(module), cls, None)
    except ImportError as error:
        raise OptionError(f"`environment.wrappers`: cannot import `{module}`: {error}") from error
    if found is None:
        hint = nearest(cls, _names(import_module(module)))
        raise OptionError(f"`environment.wrappers`: `{module}` has no wrapper `{cls}`.{hint}")
    if not _is_wrapper(found):
        raise OptionError(f"`environment.wrappers`: `{name}` is not a subclass of `gymnasium.Wrapper`")
    wrapper: type[gymnasium.Wrapper[Any, Any, Any, Any]] = found
    return wrapper


def _check_arguments(name: str, cls: type, env: AnyEnv, arguments: Mapping[str, Any]) -> None:
    signature = inspect.signature(cls)
    try:
        signature.bind(env, **arguments)
    except TypeError as error:
        unknown = next((argument for argument in arguments if argument not in signature.parameters), "")
        hint = nearest(unknown, list(signature.parameters)[1:]) if unknown else ""
        raise OptionError(f"`environment.wrappers`: arguments of `{name}`: {error}.{hint}") from None


def _names(module: Any) -> list[str]:
    return [name for name, found in vars(module).items() if _is_wrapper(found)]


def _is_wrapper(found: Any) -> bool:
    return isinstance(found, type) and issubclass(found, gymnasium.Wrapper)
