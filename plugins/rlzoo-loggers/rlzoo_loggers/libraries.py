"""Optional libraries, each needed by one observer."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from rlzoo.contracts.errors import BadInput


def library(module: str, observer: str) -> Any:
    """Import and return a module. Raises BadInput with the extra to install if it is missing."""
    try:
        return import_module(module)
    except ImportError as error:
        raise BadInput(
            f"observer `{observer}` needs {module}: pip install 'rlzoo-loggers[{observer}]' ({error})"
        ) from error
