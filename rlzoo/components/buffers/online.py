"""No replay at all: every transition is learnt from once, when it happens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rlzoo.components.buffers.ring import Ring, RingBuffer
from rlzoo.contracts import Batch, Buffer, BuildSpec
from rlzoo.contracts.errors import OptionError
from rlzoo.registry import papers


@dataclass(frozen=True)
class Online:
    """Only what the last vector step brought, one transition per environment (Watkins, 1989)."""

    reference: ClassVar[str] = papers.WATKINS_1989

    ignores: ClassVar[tuple[str, ...]] = ("train.batch_size",)

    def build(self, spec: BuildSpec) -> Buffer:
        """The buffer for `spec.lanes` lanes. Raises OptionError for `train.n_step`, which needs steps that follow."""
        if spec.n_step > 1:
            raise OptionError("`train.n_step` has no effect with `buffer=online`, which holds one step")
        return OnlineBuffer(spec)


class OnlineBuffer(RingBuffer):
    """A ring as long as one vector step, so always the latest one."""

    def __init__(self, spec: BuildSpec) -> None:
        super().__init__(Ring(spec, spec.envs))

    def sample(self, size: int | None) -> Batch:
        """The last vector step, `N` transitions per lane."""
        return self.ring.gather(self.ring.latest(len(self)).expand(self.ring.lanes, -1))
