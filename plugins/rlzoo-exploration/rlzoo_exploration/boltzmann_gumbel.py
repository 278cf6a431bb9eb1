"""Boltzmann exploration with a temperature per action that falls with its visits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np

from rlzoo.contracts import PER_LANE, BuildSpec, Component, ExplorationPolicy, Meta
from rlzoo.lanes.settings import Setting, beside
from rlzoo_exploration import papers
from rlzoo_exploration.visits import CountingPolicy


@dataclass(frozen=True)
class BoltzmannGumbel(Component):
    """The highest Q + c / sqrt(n) times Gumbel noise, over the action's visits n (Cesa-Bianchi et al., 2017)."""

    reference: ClassVar[str] = papers.CESA_BIANCHI_2017

    c: Annotated[float, Meta(gt=0, description="scale of the noise, in units of Q"), PER_LANE] = 1.0

    def build(self, spec: BuildSpec) -> ExplorationPolicy:
        """The policy for `spec.lanes` lanes. Raises OptionError unless observations are Discrete."""
        return BoltzmannGumbelPolicy(self.c, spec)


class BoltzmannGumbelPolicy(CountingPolicy):
    """With equal counts this is Boltzmann exploration at temperature c / sqrt(n), by the Gumbel-max trick."""

    def __init__(self, c: Setting, spec: BuildSpec) -> None:
        super().__init__("boltzmann-gumbel", spec)
        self.c, self.rng = c, spec.rng

    def scores(self, q: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """Perturbed values, a draw per action: q and counts `[L, N, A]` -> `[L, N, A]`."""
        uniform = np.maximum(self.rng.random(q.shape[1:]), 2.0**-54)  # 0 has no logarithm
        return q - beside(self.c, q) / np.sqrt(counts) * np.log(-np.log(uniform))
