"""Whether a run may import the modules that its manifest names."""

from __future__ import annotations

import sys
from collections.abc import Collection

import click

from rlzoo.contracts import Composition
from rlzoo.contracts.errors import BadInput
from rlzoo.results.trust import untrusted_modules


def check_modules(composition: Composition, allowed: Collection[str]) -> None:
    """Ask before modules are imported that are neither a plugin's nor `allowed`.

    Raises BadInput if the answer is no, or if there is no terminal to ask on.
    """
    for module in untrusted_modules(composition, allowed):
        if sys.stdin is None or not sys.stdin.isatty():
            raise BadInput(f"the run imports the module `{module}`; if you trust it, add `--allow-import {module}`")
        if not click.confirm(f"The run imports, and so executes, the module `{module}`. Continue?", err=True):
            raise BadInput(f"the module `{module}` was not allowed")
