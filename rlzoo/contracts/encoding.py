"""Spaces that rlzoo converts: text to tokens, Dict and Tuple to vectors, combined actions to a single number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Space, Text, Tuple
from gymnasium.spaces.utils import flatten, flatten_space

from rlzoo.contracts.errors import BadInput
from rlzoo.contracts.spaces import OBSERVATIONS, as_stored, in_words, observation_layout

MAX_COMBINATIONS = 4_096
"""The most actions that a MultiDiscrete or MultiBinary space may combine to."""


class Tokens(MultiDiscrete):
    """Texts as `[max_length]` token ids: 0 pads at the end, 1 to n are the characters in alphabetical order."""

    PADDING = 0

    def __init__(self, text: Text) -> None:
        # Sorted: the order of a set of characters differs from process to process.
        self._ids = {character: i for i, character in enumerate(sorted(text.character_set), 1)}
        super().__init__([len(self._ids) + 1] * text.max_length, dtype=np.int64)

    def is_raw(self, observation: Any) -> bool:
        """Whether `observation` is a text, still to be encoded."""
        return isinstance(observation, str)

    def encode(self, observation: str) -> np.ndarray:
        """The ids of a text's characters, padded. Raises BadInput for a text that the space does not contain."""
        length = int(self.shape[0])
        if len(observation) > length:
            raise BadInput(f"the text {observation!r} is longer than the {length} characters of its space")
        if not self._ids.keys() >= set(observation):
            unknown = next(character for character in observation if character not in self._ids)
            raise BadInput(f"the text {observation!r} has the character {unknown!r}, which its space does not contain")
        ids = [self._ids[character] for character in observation]
        return np.array(ids + [self.PADDING] * (length - len(ids)), np.int64)


class Flattened(Box):
    """Dict or Tuple observations as float32 vectors: Box parts as they are, Discrete and MultiDiscrete ones one-hot.

    Parts follow one another in the order of the space, for a Dict the order of its `spaces`.
    """

    def __init__(self, original: Dict | Tuple[Any]) -> None:
        self.original = original
        flat = flatten_space(original)
        assert isinstance(flat, Box)
        super().__init__(flat.low.astype(np.float32), flat.high.astype(np.float32), dtype=np.float32)

    def is_raw(self, observation: Any) -> bool:
        """Whether `observation` is a dict, or for a Tuple space a tuple, still to be encoded."""
        return isinstance(observation, Mapping if isinstance(self.original, Dict) else tuple)

    def encode(self, observation: Any) -> np.ndarray:
        """One observation of the original space as a vector `[F]`. Raises BadInput for one that does not fit it."""
        try:
            for part, value in _parts(self.original, observation):
                as_stored(part, value, observation_layout(part)[1])
            return np.asarray(flatten(self.original, observation), np.float32)
        except (BadInput, IndexError, KeyError, TypeError, ValueError) as error:
            reason = str(error) if isinstance(error, BadInput) else repr(error)
            raise BadInput(
                f"the observation {observation!r} does not fit {in_words(self.original)}: {reason}"
            ) from error


class CombinedActions(Discrete):
    """MultiDiscrete or MultiBinary actions as one number each; the last component changes fastest (C order)."""

    def __init__(self, original: MultiDiscrete | MultiBinary) -> None:
        self.sizes = _sizes(original)
        super().__init__(int(np.prod(self.sizes)))
        start = getattr(original, "start", 0)  # MultiBinary has none
        components = np.stack(np.unravel_index(np.arange(self.n), self.sizes), -1)
        self._table = (components.reshape(-1, *original.shape) + start).astype(original.dtype)  # [A, *shape]

    def decode(self, action: np.ndarray) -> np.ndarray:
        """Action numbers `[...]` -> actions of the original space, `[..., *shape]`."""
        return self._table[action]

    def combine_mask(self, mask: Any) -> np.ndarray:
        """A mask per component -> a mask over all combinations, `[A]` bool.

        `mask` is a tuple with an array for each component, or these arrays one after another, of `sum(sizes)`.
        Raises BadInput for other shapes.
        """
        flat = np.concatenate([np.ravel(part) for part in mask]) if isinstance(mask, tuple) else np.asarray(mask)
        if flat.shape != (sum(self.sizes),):
            raise BadInput(
                f"returned an action mask of shape {flat.shape}, not {(sum(self.sizes),)}: "
                "the masks of all components, one after another"
            )
        parts = np.split(flat.astype(np.bool_), np.cumsum(self.sizes)[:-1])
        return np.asarray(reduce(np.logical_and.outer, parts)).ravel()


def encoded_observations(name: str, space: Space[Any], flatten: bool) -> Space[Any]:
    """The space in which rlzoo sees observations of `space`; `flatten` allows Dict and Tuple spaces.

    Raises BadInput, naming environment `name`, where they cannot be flattened or must not be.
    """
    if isinstance(space, Text):
        return Tokens(space)
    if not isinstance(space, Dict | Tuple):
        return space
    if not flatten:
        raise BadInput(
            f"`{name}` has the observation space {in_words(space)}; rlzoo learns from it only as a vector, which "
            "`environment.flatten=false` forbids"
        )
    for part in _leaves(space):
        if not isinstance(part, OBSERVATIONS):
            raise BadInput(
                f"`{name}` has the observation space {in_words(space)}; its part {in_words(part)} cannot be flattened "
                "(only Box, Discrete, MultiBinary and MultiDiscrete can)"
            )
    return Flattened(space)


def encoded_actions(name: str, space: Space[Any]) -> Space[Any]:
    """The space in which rlzoo chooses actions of `space`. Raises BadInput where there are too many combinations."""
    if not isinstance(space, MultiDiscrete | MultiBinary):
        return space
    count = float(np.prod([float(size) for size in _sizes(space)]))
    if count > MAX_COMBINATIONS:
        raise BadInput(
            f"`{name}` has the action space {in_words(space)} with {count:,.0f} combinations; rlzoo takes a maximum "
            f"over all of them, so it allows at most {MAX_COMBINATIONS:,}"
        )
    return CombinedActions(space)


def as_array(space: Space[Any], observation: Any, dtype: np.dtype[Any]) -> np.ndarray:
    """Observations as rlzoo sees them, from those of the original space or from arrays: one, or a list of them.

    Raises BadInput for observations that do not fit the space.
    """
    if isinstance(space, Tokens | Flattened):
        if space.is_raw(observation):
            return space.encode(observation)
        if isinstance(observation, list) and observation and space.is_raw(observation[0]):
            return np.stack([space.encode(each) for each in observation])
    return as_stored(space, observation, dtype)


def as_actions(space: Space[Any], chosen: np.ndarray) -> np.ndarray:
    """What the environment takes for the actions that rlzoo chose, counted from 0: `[...]` -> `[..., *shape]`."""
    if isinstance(space, CombinedActions):
        return space.decode(chosen)
    return chosen + space.start if isinstance(space, Discrete) else chosen


def _sizes(space: MultiDiscrete | MultiBinary) -> tuple[int, ...]:
    """How many values each component has, in C order."""
    nvec = space.nvec.ravel() if isinstance(space, MultiDiscrete) else [2] * int(np.prod(space.shape))
    return tuple(int(size) for size in nvec)


def _parts(space: Space[Any], observation: Any) -> Iterator[tuple[Space[Any], Any]]:
    """The parts of a Dict or Tuple space with those of an observation."""
    if isinstance(space, Dict):
        for name, part in space.spaces.items():
            yield from _parts(part, observation[name])
    elif isinstance(space, Tuple):
        for part, value in zip(space.spaces, observation, strict=True):
            yield from _parts(part, value)
    else:
        yield space, observation


def _leaves(space: Space[Any]) -> Iterator[Space[Any]]:
    if isinstance(space, Dict | Tuple):
        for part in space.spaces.values() if isinstance(space, Dict) else space.spaces:
            yield from _leaves(part)
    else:
        yield space
