"""Which observation and action spaces rlzoo learns in, and how observations are stored."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete, MultiBinary, MultiDiscrete, Space

from rlzoo.contracts.errors import BadInput

OBSERVATIONS = (Box, Discrete, MultiBinary, MultiDiscrete)


class FrameStack(Box):
    """A Box `[S, ...]` whose observations are the last `S` frames, oldest first.

    Each step drops the oldest frame and adds one; an episode may begin with any `S` frames. Buffers store each frame
    once, which takes an eighth of the memory for `S` = 4.
    """


def observation_layout(space: Space[Any]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and number type in which observations of `space` are stored: floats as float32, states as int64.

    Bytes stay bytes, so that images take a quarter of the memory. Raises BadInput for a space without a shape.
    """
    if isinstance(space, Discrete):
        return (), np.dtype(np.int64)
    if space.dtype is None or space.shape is None:
        raise BadInput(f"observations of {in_words(space)} have no shape")
    if np.issubdtype(space.dtype, np.floating):
        return space.shape, np.dtype(np.float32)
    kept = space.dtype in (np.bool_, np.uint8, np.int8, np.int16, np.int32, np.int64)
    return space.shape, np.dtype(space.dtype if kept else np.int64)


def as_stored(space: Space[Any], observation: Any, dtype: np.dtype[Any]) -> np.ndarray:
    """An observation of `space`, or several, as an array of the `dtype` of `observation_layout`.

    Raises BadInput for anything but numbers, for numbers that an integer type would change (0.7, 300 as a byte), and
    for states that do not exist. Bounds of a Box are not checked: many environments exceed those that they declare.
    """
    array = np.asarray(observation)
    if array.dtype.kind not in "biuf":
        raise BadInput(f"the observation has the type {array.dtype}, but its space {dtype}")
    with np.errstate(invalid="ignore", over="ignore"):
        stored = array.astype(dtype, copy=False)
    if dtype.kind != "f" and (changed := stored != array).any():
        raise BadInput(f"the observation has the value {array[changed].flat[0]}, which its space, {dtype}, cannot hold")
    limits = value_range(space)
    if limits is not None and not ((stored >= limits[0]) & (stored <= limits[1])).all():
        raise BadInput(f"the observation {stored} is not in {in_words(space)}")
    return stored


def value_range(space: Space[Any]) -> tuple[Any, Any] | None:
    """The lowest and highest value of each entry of states; None for a Box."""
    if isinstance(space, Discrete):
        return space.start, space.start + space.n - 1
    if isinstance(space, MultiDiscrete):
        return space.start, space.start + space.nvec - 1
    return (0, 1) if isinstance(space, MultiBinary) else None


def in_words(space: Space[Any]) -> str:
    """A space in a few words; the bounds of a Box would fill the screen."""
    return f"Box of shape {space.shape}, {space.dtype}" if isinstance(space, Box) else str(space)


def check_spaces(name: str, observation: Space[Any], action: Space[Any], continuous: bool = False) -> None:
    """Raise BadInput, naming environment `name` and the reason, for spaces that rlzoo cannot learn in.

    Observations are Box, Discrete, MultiBinary or MultiDiscrete. Actions are Discrete, or with `continuous` also Box.
    """
    if not isinstance(action, Discrete | Box if continuous else Discrete):
        needed = "Discrete or Box actions" if continuous else "Discrete actions"
        raise BadInput(f"`{name}` has the action space {in_words(action)}; rlzoo needs {needed}")
    if not isinstance(observation, OBSERVATIONS):
        supported = ", ".join(space.__name__ for space in OBSERVATIONS)
        raise BadInput(f"`{name}` has the observation space {in_words(observation)}; rlzoo learns from {supported}")
    if 0 in (observation.shape or ()):
        raise BadInput(f"`{name}` has empty observations, of shape {observation.shape}")
