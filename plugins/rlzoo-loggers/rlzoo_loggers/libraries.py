"""Libraries that only one observer needs."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from rlzoo.contracts.errors import BadInput


def library(module: str, observer: str) -> Any:
    """The module, imported now. Raises BadInput, naming the extra to install, where it is missing."""
    try:
        return import_module(module)
    except ImportError as error:
        raise BadInput(
            f"observer `{observer}` needs {module}: pip install 'rlzoo-loggers[{observer}]' ({error})"
        ) from error
