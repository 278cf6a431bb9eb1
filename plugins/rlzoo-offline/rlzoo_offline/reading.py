"""Reads datasets in Minari's format, whoever wrote them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium.spaces import Discrete
from minari.dataset.minari_storage import METADATA_FILE_NAME, MinariStorage

from rlzoo.contracts import BuildSpec, Transition
from rlzoo.contracts.errors import BadInput, OptionError
from rlzoo.contracts.spaces import as_stored, in_words, observation_layout


def read_transitions(path: str, spec: BuildSpec) -> list[Transition]:
    """The episodes of the datasets in `path`, in order, `[1, T, ...]` each.

    `path` is the folder of a dataset, or one that contains several. Raises OptionError if there is none, it is damaged,
    or its spaces are not those of the environment.
    """
    episodes = [episode for folder in _folders(Path(path).expanduser()) for episode in _episodes(folder, spec)]
    if not episodes:
        raise OptionError(f"the dataset `{path}` has no transitions")
    return episodes


def _folders(path: Path) -> list[Path]:
    inside = path / "data"  # where Minari's local datasets have it
    for folder in (path, inside):
        if (folder / METADATA_FILE_NAME).is_file():
            return [folder]
    several = sorted(file.parent for file in path.glob(f"*/{METADATA_FILE_NAME}"))
    if not several:
        raise OptionError(f"`{path}` is not a dataset in Minari's format: it has no {METADATA_FILE_NAME}")
    return several


def _episodes(folder: Path, spec: BuildSpec) -> Iterator[Transition]:
    try:
        storage = MinariStorage.read(folder)
        episodes = list(storage.get_episodes(range(storage.total_episodes)))
    except Exception as error:  # of whatever library reads the files
        raise OptionError(f"the dataset `{folder}` cannot be read: {type(error).__name__}: {error}") from error
    _check_spaces(folder, storage, spec)
    for number, episode in enumerate(episodes):
        try:
            transitions = _transitions(episode, spec)
        except (BadInput, KeyError, TypeError, ValueError) as error:
            raise OptionError(f"episode {number} of the dataset `{folder}` is damaged: {error}") from error
        if transitions.reward.size:
            yield transitions


def _check_spaces(folder: Path, storage: MinariStorage, spec: BuildSpec) -> None:
    pairs = (
        ("observation", storage.observation_space, spec.observation_space),
        ("action", storage.action_space, spec.action_space),
    )
    for name, found, expected in pairs:
        if _outline(found) != _outline(expected):
            raise OptionError(
                f"the dataset `{folder}` has the {name} space {in_words(found)}, but the environment "
                f"{in_words(expected)}"
            )


def _outline(space: Any) -> tuple[Any, ...]:
    """What has to be the same: bounds of a Box may differ, since many environments exceed them."""
    if isinstance(space, Discrete):
        return "Discrete", int(space.n), int(space.start)
    return space.shape, None if space.dtype is None else observation_layout(space)[1]


def _transitions(episode: dict[str, Any], spec: BuildSpec) -> Transition:
    """One episode, `[1, T, ...]`. Raises ValueError where its arrays do not fit together."""
    shape, dtype = observation_layout(spec.observation_space)
    observations = as_stored(spec.observation_space, episode["observations"], dtype)
    rewards = np.asarray(episode["rewards"], np.float32)
    steps = len(rewards)
    actions = np.asarray(episode["actions"], np.int64) - int(getattr(spec.action_space, "start", 0))
    ends = [np.asarray(episode[name], np.bool_) for name in ("terminations", "truncations")]
    if observations.shape != (steps + 1, *shape) or any(len(array) != steps for array in (actions, *ends)):
        raise ValueError(f"{len(observations)} observations, {len(actions)} actions and {steps} rewards")
    if steps and not (actions.min() >= 0 and actions.max() < spec.actions):
        raise ValueError(f"an action is not in {in_words(spec.action_space)}")
    if not np.isfinite(rewards).all():
        raise ValueError("a reward is not finite")
    terminated, truncated = ends
    if steps and not terminated[-1]:
        truncated[-1] = True  # whatever follows belongs to another episode
    before, after = observations[None, :-1], observations[None, 1:]
    return Transition(before, actions[None], rewards[None], after, terminated[None], truncated[None])
