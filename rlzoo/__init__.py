"""rlzoo: a deep Q-learning zoo in which every part is a plugin and many seeds train as one tensor program.

The names below are imported when first used, so that `import rlzoo` stays instant.
"""

from __future__ import annotations

import os
from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rlzoo.api import train
    from rlzoo.contracts import Algorithm, Preset
    from rlzoo.contracts.hooks import hookimpl
    from rlzoo.explaining.explain import explain
    from rlzoo.results.load import load
    from rlzoo.resuming import resume
    from rlzoo.studies.ablate import ablate
    from rlzoo.tuning.tune import tune

    __version__: str

# Else MKL rounds a product otherwise where a matrix does not begin at a vector's boundary in memory, and where a lane's
# begins depends on the lanes before it. It is asked once, at the first product of the process.
os.environ.setdefault("MKL_CBWR", "AUTO")

__all__ = ["Algorithm", "Preset", "__version__", "ablate", "explain", "hookimpl", "load", "resume", "train", "tune"]

_HOMES = {
    "Algorithm": "rlzoo.contracts.algorithm",
    "Preset": "rlzoo.contracts.preset",
    "ablate": "rlzoo.studies.ablate",
    "explain": "rlzoo.explaining.explain",
    "hookimpl": "rlzoo.contracts.hooks",
    "load": "rlzoo.results.load",
    "resume": "rlzoo.resuming",
    "train": "rlzoo.api",
    "tune": "rlzoo.tuning.tune",
}


def __getattr__(name: str) -> object:
    if name == "__version__":
        return version("rlzoo-lanes")  # `rlzoo` on PyPI is another project
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module `rlzoo` has no attribute `{name}`")
