"""The transitions of training as datasets in Minari's format, one per seed."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
from gymnasium.spaces import Discrete

from rlzoo.contracts import Component, Environment, EnvironmentFamily, Log, Observer, Run, Transition
from rlzoo.contracts.errors import BadInput

if TYPE_CHECKING:
    from gymnasium.envs.registration import EnvSpec
    from minari.dataset.minari_storage import MinariStorage

INSTALL = 'pip install "rlzoo-lanes[minari]"'


@dataclass(frozen=True)
class Transitions(Component):
    """transitions/seed-<n>: a dataset of a seed's training episodes in Minari's format."""

    def build(self) -> Observer:
        """Build the observer. Raises BadInput if a package is missing."""
        try:
            import h5py  # noqa: F401
            import minari  # noqa: F401
        except ImportError as error:
            raise BadInput(f"recording transitions needs a package: {error}; run `{INSTALL}`") from error
        return TransitionsObserver()


class TransitionsObserver(Observer):
    """Appends episodes once they are over; those that the run's end cuts off are truncated there."""

    transitions = True
    resumable = False  # episodes that the end of the run cut off are written as they were

    def start(self, run: Run) -> None:
        """Create an empty dataset for each seed."""
        self.datasets = {seed: _create(run, seed) for seed in run.seeds}
        self._running = defaultdict[tuple[int, int], list[Transition]](list)  # by seed and environment: its pieces

    def log(self, run: Run, log: Log) -> None:
        """Append the episodes that are over."""
        for seed, transitions in log.transitions.items():
            self._write(seed, list(self._ended(seed, transitions)))

    def finish(self, run: Run) -> None:
        """Append the episodes that are not over."""
        for seed in self.datasets:
            numbers = sorted(env for other, env in self._running if other == seed)
            pieces = [self._running[seed, env] for env in numbers if self._running[seed, env]]
            self._write(seed, pieces)
        self._running.clear()

    def _ended(self, seed: int, transitions: Transition) -> Iterator[list[Transition]]:
        """The pieces of each episode that ended, in the order of their ends."""
        ends = np.argwhere(transitions.terminated | transitions.truncated).tolist()
        begins = [0] * transitions.reward.shape[1]
        for step, env in ends:
            yield [*self._running.pop((seed, env), []), _part(transitions, slice(begins[env], step + 1), env)]
            begins[env] = step + 1
        for env, begin in enumerate(begins):
            if begin < len(transitions.reward):
                self._running[seed, env].append(_part(transitions, slice(begin, None), env))

    def _write(self, seed: int, episodes: Sequence[Sequence[Transition]]) -> None:
        if episodes:
            start = _first_action(self.datasets[seed].action_space)
            self.datasets[seed].update_episodes(_buffer(pieces, start) for pieces in episodes)


def _part(transitions: Transition, steps: slice, env: int) -> Transition:
    """Some steps of one environment, `[T, ...]`, copied so that the others can be freed."""
    fields = {name: array for name, array in vars(transitions).items() if name != "columns"}
    return Transition(**{name: array[steps, env].copy() for name, array in fields.items()})


def _buffer(pieces: Sequence[Transition], first_action: int) -> Any:
    """An episode as Minari takes it: one observation more than steps, and actions as the environment takes them."""
    from minari.data_collector import EpisodeBuffer

    names = ("observation", "action", "reward", "terminated", "truncated")
    whole = {name: np.concatenate([getattr(piece, name) for piece in pieces]) for name in names}
    if not whole["terminated"][-1]:
        whole["truncated"][-1] = True
    last = pieces[-1].next_observation[-1:]
    return EpisodeBuffer(
        observations=np.concatenate([whole["observation"], last]),
        actions=whole["action"] + first_action,
        rewards=whole["reward"],
        terminations=whole["terminated"],
        truncations=whole["truncated"],
        infos={},
    )


def _first_action(space: Any) -> int:
    return int(space.start) if isinstance(space, Discrete) else 0


def _create(run: Run, seed: int) -> MinariStorage:
    from minari.dataset.minari_storage import MinariStorage

    family = run.composition["environment"]
    environment: Environment = family.build(1, 1)
    environment.close()
    path = run.path / "transitions" / f"seed-{seed}"
    path.mkdir(parents=True, exist_ok=True)
    storage = MinariStorage.new(
        path,
        observation_space=environment.observation_space,
        action_space=environment.action_space,
        env_spec=_spec(family),
        data_format="hdf5",
        jpeg_encoding=False,
    )
    name = re.sub(r"[^\w]+", "-", f"{run.composition.algorithm}-{family.id}-seed-{seed}")
    storage.update_metadata(
        {
            "dataset_id": f"rlzoo/{name}-v0",
            "algorithm_name": run.composition.algorithm,
            "minari_version": version("minari"),
        }
    )
    return storage


def _spec(family: EnvironmentFamily) -> EnvSpec | None:
    """How Gymnasium makes the environment again; None where it cannot be written as JSON."""
    env = family.make()
    spec = None if env is None else env.spec
    try:
        if env is not None:
            env.close()
        if spec is not None:
            spec.to_json()
    except Exception:  # of the environment, or because its arguments are not plain
        return None
    return spec
