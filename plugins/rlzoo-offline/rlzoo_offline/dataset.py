"""A buffer that reads a dataset: nothing is collected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from rlzoo.components.buffers.ring import Ring
from rlzoo.contracts import Batch, Buffer, BuildSpec, Component, Explanation, Meta, Transition
from rlzoo.contracts.errors import OptionError
from rlzoo.contracts.spaces import FrameStack
from rlzoo.lanes.settings import Setting
from rlzoo_offline import papers
from rlzoo_offline.reading import read_transitions

EXAMPLE = str(Path(__file__).parent / "example")
"""A small dataset of the conformance kit's environment, recorded by `rlzoo run dqn --record transitions`."""


@dataclass(frozen=True)
class Dataset(Component):
    """The transitions of a dataset in Minari's format, sampled uniformly; training collects nothing itself."""

    reference: ClassVar[str] = papers.YOUNIS_2024
    trials: ClassVar[tuple[Mapping[str, Any], ...]] = ({"buffer.path": EXAMPLE, "env": "rlzoo-probe/vector-v0"},)

    path: Annotated[str, Meta(description="folder of a dataset, or of several")] | None = None

    def build(self, spec: BuildSpec) -> Buffer:
        """Build the buffer. Raises OptionError if the dataset cannot be read or does not fit the environment."""
        if self.path is None:
            raise OptionError("`buffer=dataset` needs `buffer.path`, the folder of a dataset in Minari's format")
        if spec.columns:
            names = ", ".join(column.name for column in spec.columns)
            hint = "; `environment.masks=false` ignores action masks" if "action_mask" in names else ""
            raise OptionError(f"`buffer=dataset` has no column {names}, which the run needs{hint}")
        return DatasetBuffer(spec, read_transitions(self.path, spec))


class DatasetBuffer(Buffer):
    """One ring that all lanes share, since their data are the same; each samples from its own stream."""

    offline = True

    def __init__(self, spec: BuildSpec, episodes: list[Transition]) -> None:
        self.rng, self.gamma = spec.rng, spec.gamma
        several = spec.n_step > 1 or spec.length > 1
        if isinstance(spec.gamma, np.ndarray) and several:
            raise OptionError("`buffer=dataset` sums several steps with one discount for all lanes")
        gamma = 1.0 if isinstance(spec.gamma, np.ndarray) else spec.gamma
        capacity = sum(episode.reward.shape[1] for episode in episodes)
        self.ring = Ring(replace(spec, lanes=1, envs=1, gamma=gamma), capacity)
        stacked = isinstance(spec.observation_space, FrameStack)
        for episode in episodes:  # with one environment, transitions that are added together follow one another
            for transition in _steps(episode) if stacked else [episode]:
                self.ring.add(transition)

    def __len__(self) -> int:
        return len(self.ring)

    @property
    def ready(self) -> bool:
        """Whether a sample can begin anywhere."""
        return self.ring.starts > 0

    def add(self, transition: Transition) -> None:
        """Raise RuntimeError: nothing is collected."""
        raise RuntimeError("a dataset takes no further transitions")

    def sample(self, size: int | None) -> Batch:
        """Sample `size` transitions per lane."""
        assert size is not None
        index = torch.from_numpy(self.ring.start(self.rng.integers(self.ring.starts, (size,))))  # [L, B]
        batch = _by_lane(self.ring.gather(index.reshape(1, -1)), index)
        return replace(batch, discount=_discount(self.gamma, batch.discount))

    def explain(self, batch: Batch | None) -> Explanation:
        """Each transition is as likely as any other."""
        return Explanation(f"All {self.ring.starts:,} transitions of the dataset are equally likely.")


def _steps(episode: Transition) -> Iterator[Transition]:
    """Each step of an episode `[1, T, ...]` by itself, `[1, 1, ...]`."""
    fields = {name: array for name, array in vars(episode).items() if name != "columns"}
    for step in range(episode.reward.shape[1]):
        yield Transition(**{name: array[:, step : step + 1] for name, array in fields.items()})


def _by_lane(batch: Batch, index: Tensor) -> Batch:
    """Split a batch of one lane, `[1, L * B, ...]`, into those at `index` `[L, B]`."""
    tensors = {name: field for name, field in vars(batch).items() if isinstance(field, Tensor)}
    fields: dict[str, Any] = {name: field.reshape(*index.shape, *field.shape[2:]) for name, field in tensors.items()}
    return replace(batch, **fields)


def _discount(gamma: Setting, discount: Tensor) -> Tensor:
    """The discount of each lane, `[L, B]`, where lanes differ."""
    if not isinstance(gamma, np.ndarray):
        return discount
    return torch.from_numpy(gamma).to(discount).expand_as(discount)
