"""What a part offers so that steps can be collected without Python.

Between two updates nothing changes but environments, random streams and the buffer. Where every part offers a kernel,
one compiled call does all those steps. A kernel is a function with the signature of its slot (`rlzoo.lanes.compiled`)
and the arrays it works on. It must compute the same bits as the part does otherwise, which the conformance kit checks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from rlzoo.lanes.clock import Clock
    from rlzoo.lanes.compiled import Compiled
    from rlzoo.lanes.rng import LaneRng


def offered(part: Any, kernel: str, *methods: str) -> Any:
    """The kernel of a part, by the name of its property; None where a subclass overrides a method it stands for."""
    classes = type(part).__mro__

    def place(name: str) -> int:
        return next(place for place, cls in enumerate(classes) if name in vars(cls))

    return getattr(part, kernel) if all(place(kernel) <= place(method) for method in methods) else None


@dataclass(frozen=True)
class EnvironmentKernel:
    """Steps one environment; `reset` stays in Python. All episodes end after `max_steps` at the latest."""

    step: Compiled
    """`STEP`."""
    state: np.ndarray
    """float64 `[L * N, S]`. These three are changed in place by kernel and environment, and never replaced."""
    observation: np.ndarray
    """float32 `[L * N, F]`: the current observations."""
    lengths: np.ndarray
    """int64 `[L * N]`: steps of each episode so far."""
    max_steps: int


@dataclass(frozen=True)
class NetworkKernel:
    """Computes the outputs of a network from a lane's row of parameters, for one observation."""

    forward: Compiled
    """`FORWARD`."""
    layout: np.ndarray
    """int64 `[...]` of two dimensions: where the parameters lie in the row, in a form that `forward` understands."""
    width: int
    """`W`, float32 numbers in each of the two rows of scratch memory."""
    outputs: int
    """`A * K`."""


@dataclass(frozen=True)
class ObjectiveKernel:
    """Computes Q values from a network's outputs."""

    values: Compiled
    """`VALUES`."""
    numbers: np.ndarray
    """float32 `[...]` of one dimension, for `values`."""


@dataclass(frozen=True)
class ExplorationKernel:
    """Chooses one action."""

    act: Compiled
    """`ACT`."""
    draws: int
    """`D`, uniform numbers for each action, taken from `rng` in the order of environments."""
    rng: LaneRng
    numbers: Callable[[Clock], Any]
    """What `act` needs to know now: one number, or an array that broadcasts to `[L, P]`."""


@dataclass(frozen=True)
class Storage:
    """The arrays of a ring that holds one transition after another, in every lane."""

    observation: np.ndarray  # float32 [L, capacity, F]
    next_observation: np.ndarray  # the same
    action: np.ndarray  # int64 [L, capacity]
    reward: np.ndarray  # float32 [L, capacity]
    terminated: np.ndarray  # bool [L, capacity]
    truncated: np.ndarray  # bool [L, capacity]
    added: Callable[[], int]
    """How many transitions of each lane have ever been written; the next one goes to that number modulo capacity."""
