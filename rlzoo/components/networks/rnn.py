"""A recurrent network over the tokens or rows of a single observation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from gymnasium.spaces import Box, MultiDiscrete
from torch import nn

from rlzoo.components.networks.inputs import ScaleOption, per_action, scaling
from rlzoo.contracts import BuildSpec, Meta, QNetwork
from rlzoo.contracts.encoding import Flattened, Tokens
from rlzoo.contracts.errors import OptionError
from rlzoo.contracts.spaces import in_words
from rlzoo.lanes.layers import AsVector, FromZero
from rlzoo.lanes.recurrent import LastState
from rlzoo.registry import papers


@dataclass(frozen=True)
class RNN(QNetwork):
    """A GRU over the characters of a Text, the tokens of a MultiDiscrete or the rows of a two-dimensional Box.

    The sequence lies within each observation; nothing is remembered from one step of the environment to the next.
    """

    reference: ClassVar[str] = papers.CHO_2014
    trials: ClassVar[tuple[Mapping[str, Any], ...]] = ({"env": "rlzoo-probe/text-v0"}, {"env": "rlzoo-probe/rows-v0"})

    embedding: Annotated[int, Meta(ge=1, description="features of each token; without effect for a Box")] = 16
    units: Annotated[int, Meta(ge=1, description="hidden units of the GRU")] = 64
    scale: ScaleOption = None

    def build(self, spec: BuildSpec) -> nn.Module:
        """A module from observations `[B, ...]` to `[B, A]`, or `[B, A, K]`.

        Raises OptionError for observations that are not sequences.
        """
        last = nn.Linear(self.units, spec.actions * spec.outputs)
        return nn.Sequential(*self._encoder(spec.observation_space), last, *per_action(spec.outputs))

    def _encoder(self, space: Any) -> list[nn.Module]:
        if isinstance(space, MultiDiscrete):
            flat = [AsVector(len(space.shape))] if len(space.shape) > 1 else []
            table = nn.Embedding(int(space.nvec.max()), self.embedding)
            rows = nn.Sequential(FromZero(space.start.ravel().tolist()), table)
            padding = Tokens.PADDING if isinstance(space, Tokens) else None
            return [*flat, LastState(rows, self.embedding, self.units, padding)]
        if isinstance(space, Box) and not isinstance(space, Flattened) and len(space.shape) == 2:
            rows = nn.Sequential(*scaling(space, self.scale))
            return [LastState(rows, space.shape[1], self.units)]
        raise OptionError(
            f"`network=rnn` needs Text, MultiDiscrete or two-dimensional Box observations; here they are "
            f"{in_words(space)}"
        )
