"""From the name of an executor to the executor."""

from __future__ import annotations

from typing import Any

from rlzoo.contracts import Executor
from rlzoo.registry.catalog import Catalog
from rlzoo.registry.options import convert


def build_executor(catalog: Catalog, name: str, **options: Any) -> Executor:
    """Build an executor with these options; those that are None keep their defaults.

    Raises UnknownName for an unknown executor, OptionError for an option it does not have.
    """
    given = {option: value for option, value in options.items() if value is not None}
    executor: Executor = convert(catalog.get("executor", name).component, given, f"executor {name}").build()
    return executor
