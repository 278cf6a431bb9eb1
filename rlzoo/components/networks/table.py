"""A table with a cell for every state and action: the network that does not generalize."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from gymnasium.spaces import Discrete
from torch import nn

from rlzoo.components.networks.inputs import per_action
from rlzoo.contracts import BuildSpec, Meta, QNetwork
from rlzoo.contracts.errors import OptionError
from rlzoo.contracts.spaces import in_words
from rlzoo.lanes.layer import LaneLayer
from rlzoo.lanes.layers import FromZero, Lower
from rlzoo.lanes.lookup import Lookup
from rlzoo.registry import papers


@dataclass(frozen=True)
class Table(QNetwork):
    """A Q value for each state and action, for Discrete observations (Watkins, 1989)."""

    reference: ClassVar[str] = papers.WATKINS_1989

    initial: Annotated[float, Meta(description="initial value of every cell; high values encourage exploration")] = 0.0

    def build(self, spec: BuildSpec) -> nn.Module:
        """A module from states `[B]` to `[B, A]`, or `[B, A, K]`. Raises OptionError unless states are Discrete."""
        space = spec.observation_space
        if not isinstance(space, Discrete):
            raise OptionError(
                f"`network=table` needs Discrete observations, one cell each; here they are {in_words(space)}"
            )
        cells = Cells(int(space.n), spec.actions * spec.outputs)
        nn.init.constant_(cells.weight, self.initial)
        return nn.Sequential(FromZero(int(space.start)), cells, *per_action(spec.outputs))


class Cells(nn.Embedding):
    """An embedding of observations that are one number each: a row for each state."""

    def lanes(self, lower: Lower, prefix: str) -> LaneLayer:
        """The tables of all lanes."""
        return Lookup(prefix, self.num_embeddings, self.embedding_dim, single=True)
