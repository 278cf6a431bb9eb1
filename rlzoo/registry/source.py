"""A component's summary and the names of its options, read from its source: importing it may take seconds."""

from __future__ import annotations

import ast
from importlib.util import find_spec
from pathlib import Path


def source_summary(offer: str) -> str:
    """Return the first line of the docstring of the class at `"package.module:Name"`; "" if it cannot be found."""
    module, _, name = offer.partition(":")
    for node in _parsed(module).body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return (ast.get_docstring(node) or "").partition("\n")[0]
    return ""


def option_names(offer: str) -> list[str]:
    """Return the options of the class at `"package.module:Name"`, those of its base classes first.

    Bases that are imported from `rlzoo.contracts` have no options. A module that cannot be found has none, either.
    """
    module, _, name = offer.partition(":")
    tree = _parsed(module)
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    if name in classes:
        return list(dict.fromkeys(_of_class(classes[name], module)))
    imported = _imports(tree).get(name)
    return option_names(imported) if imported else []


def _of_class(node: ast.ClassDef, module: str) -> list[str]:
    inherited = [option for base in node.bases if isinstance(base, ast.Name) for option in _of_base(base.id, module)]
    fields = [line for line in node.body if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)]
    return inherited + [line.target.id for line in fields if "ClassVar" not in ast.unparse(line.annotation)]  # type: ignore[union-attr]


def _of_base(name: str, module: str) -> list[str]:
    return option_names(f"{module}:{name}")


def _imports(tree: ast.Module) -> dict[str, str]:
    """Name to `"module:Name"`, of what a module imports by `from module import Name`."""
    return {
        alias.asname or alias.name: f"{node.module}:{alias.name}"
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module and node.module != "rlzoo.contracts"
        for alias in node.names
    }


def _parsed(module: str) -> ast.Module:
    try:
        spec = find_spec(module)
    except ImportError:
        spec = None
    readable = spec is not None and spec.origin is not None and spec.origin.endswith(".py")
    return ast.parse(Path(spec.origin).read_text("utf-8")) if readable else ast.Module([], [])  # type: ignore[union-attr,arg-type]
