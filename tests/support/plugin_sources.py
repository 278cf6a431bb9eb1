"""Plugins, sound and broken, as source text or as objects."""

from __future__ import annotations

from types import SimpleNamespace

from rlzoo import hookimpl

GOOD = """
from rlzoo import hookimpl

@hookimpl
def rlzoo_target_updaters():
    return {"annealed": "annealed:Annealed"}
"""
RAISES_ON_IMPORT = "raise ImportError('needs torch 9')"
MISSPELT = GOOD.replace("rlzoo_target_updaters", "rlzoo_target_updater")
RAISES_WHEN_CALLED = GOOD.replace("return", "raise RuntimeError('no luck')  #")


def plugin(**hooks: object) -> SimpleNamespace:
    """A plugin whose hooks return the given values."""

    def implementation(value: object):
        return hookimpl(lambda: value)

    return SimpleNamespace(**{name: implementation(value) for name, value in hooks.items()})
