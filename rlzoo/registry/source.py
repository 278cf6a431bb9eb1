"""Option classes made from their source, since importing the module of a component may take seconds.

Only what describes options is evaluated: fields, class variables and docstrings, and the names that these use.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

LIGHT = ("rlzoo", "rlzoo.contracts", "msgspec")
"""Modules that are imported, besides those of Python."""


def class_from_source(offer: str) -> type | None:
    """Return the options of the class at `"package.module:Name"`: its fields, class variables and docstring.

    None if they cannot be evaluated without importing the module. The class has no methods.
    """
    module, _, name = offer.partition(":")
    try:
        found = _scope(module)[name]
    except Exception:  # the source of a component may contain anything
        return None
    return found if isinstance(found, type) else None


class _Scope(dict[str, Any]):
    """The names of a module, each evaluated when it is used. Also has them as attributes."""

    def __init__(self, module: str) -> None:
        path = _source(module)
        super().__init__(__builtins__=builtins, __file__=path)
        self.module = module
        self.definitions = dict(_definitions(path))

    def __missing__(self, name: str) -> Any:
        self[name] = value = self._evaluate(self.definitions[name], name)
        return value

    def __getattr__(self, name: str) -> Any:
        return self[name]

    def _evaluate(self, line: ast.stmt, name: str) -> Any:
        match line:
            case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                return self._value(value)
            case ast.ClassDef():
                return self._class(line)
            case ast.ImportFrom(module=str() as module):
                return _imported(module, next(alias.name for alias in line.names if name in (alias.asname, alias.name)))
        raise NameError(name)

    def _value(self, expression: ast.expr) -> Any:
        return eval(compile(ast.Expression(expression), self.module, "eval"), self)

    def _class(self, node: ast.ClassDef) -> Any:
        annotations: dict[str, Any] = {}
        body = {"__module__": self.module, "__doc__": ast.get_docstring(node), "__annotations__": annotations}
        for line in node.body:
            match line:
                case ast.AnnAssign(target=ast.Name(id=name)):
                    annotations[name] = self._value(line.annotation)
                    body |= {} if line.value is None else {name: self._value(line.value)}
                case ast.Assign(targets=[ast.Name(id=name)]):
                    body[name] = self._value(line.value)
        bases = tuple(map(self._value, node.bases))
        made: type = type(bases[0])(node.name, bases, body) if bases else type(node.name, (), body)
        options: Any = dataclass(frozen=True)(made)
        options.__abstractmethods__ = frozenset()
        return options


_scope = cache(_Scope)


def _source(module: str) -> str:
    """The file of a module's source, or ""."""
    spec = find_spec(module)
    return spec.origin if spec is not None and spec.origin is not None and spec.origin.endswith(".py") else ""


def _definitions(path: str) -> Iterator[tuple[str, ast.stmt]]:
    for line in ast.parse(Path(path).read_text("utf-8")).body if path else ():
        match line:
            case ast.ClassDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
                yield name, line
            case ast.Assign(targets=[ast.Name(id=name)]):
                yield name, line
            case ast.ImportFrom():
                yield from ((alias.asname or alias.name, line) for alias in line.names)


def _imported(module: str, name: str) -> Any:
    """`from module import name`: a name or a submodule."""
    if module in LIGHT or module.partition(".")[0] in sys.stdlib_module_names or module in sys.modules:
        imported = import_module(module)
        if hasattr(imported, name):
            return getattr(imported, name)
    scope = _scope(module)
    return scope[name] if name in scope.definitions else _scope(f"{module}.{name}")
