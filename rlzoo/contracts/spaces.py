"""Which observation and action spaces rlzoo can learn in, and how their elements are kept."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete, Space

from rlzoo.contracts.errors import BadInput


class FrameStack(Box):
    """A Box `[S, ...]` whose observations are the last `S` frames, oldest first.

    Each step drops the oldest frame and adds one; an episode may begin with any `S` frames. Buffers keep each frame
    once, which takes an eighth of the memory for `S` = 4.
    """


def observation_layout(space: Space[Any]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and number type in which observations of `space` are kept: floats as float32, states as int64.

    Bytes stay bytes, so that images take a quarter of the memory.
    """
    if isinstance(space, Discrete):
        return (), np.dtype(np.int64)
    if space.dtype is None or space.shape is None:
        raise BadInput(f"observations of {in_words(space)} have no shape")
    if np.issubdtype(space.dtype, np.floating):
        return space.shape, np.dtype(np.float32)
    kept = space.dtype in (np.bool_, np.uint8, np.int8, np.int16, np.int32, np.int64)
    return space.shape, np.dtype(space.dtype if kept else np.int64)


def in_words(space: Space[Any]) -> str:
    """A space in a few words; the bounds of a Box would fill the screen."""
    return f"Box of shape {space.shape}, {space.dtype}" if isinstance(space, Box) else str(space)


def check_spaces(name: str, observation: Space[Any], action: Space[Any]) -> None:
    """Raise BadInput, naming environment and reason, unless actions are Discrete and observations Box or Discrete."""
    if not isinstance(action, Discrete):
        raise BadInput(
            f"`{name}` has the action space {in_words(action)}; deep Q-learning takes a maximum over actions, "
            "so rlzoo needs a Discrete action space"
        )
    if not isinstance(observation, Box | Discrete):
        raise BadInput(
            f"`{name}` has the observation space {in_words(observation)}; rlzoo learns from Box and Discrete ones"
        )
    if isinstance(observation, Box) and 0 in observation.shape:
        raise BadInput(f"`{name}` has empty observations, of shape {observation.shape}")
