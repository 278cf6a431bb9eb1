"""The rule `recurrence` finds typical mistakes, and a plain module with memory follows all rules for networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from rlzoo import hookimpl
from rlzoo.contracts import BuildSpec, QNetwork
from rlzoo.testing import CHECKS, Case, installed


class Average(nn.Module):
    """Q values of the observation and a moving average; it has no `lanes`, so it runs lane by lane."""

    def __init__(self, features: int, actions: int) -> None:
        super().__init__()
        self.memory_size, self.head = features, nn.Linear(2 * features, actions)

    def forward(self, x: Tensor, memory: Tensor, begins: Tensor) -> tuple[Tensor, Tensor]:
        memories = self.unroll(x, memory, begins)
        return self.head(torch.cat([x, memories], -1)), memories

    def unroll(self, x: Tensor, memory: Tensor, begins: Tensor) -> Tensor:
        memories = []
        for step, begin in zip(x.unbind(1), begins.unbind(1), strict=True):
            memory = 0.8 * memory.masked_fill(begin[:, None], 0.0) + 0.2 * step
            memories.append(memory)
        return torch.stack(memories, 1)


class Leaking(Average):
    """Each environment gets the memory of its neighbour."""

    def unroll(self, x: Tensor, memory: Tensor, begins: Tensor) -> Tensor:
        return super().unroll(x, memory.roll(1, 0), begins)


class Late(Average):
    """The memory before each step instead of the one after it."""

    def unroll(self, x: Tensor, memory: Tensor, begins: Tensor) -> Tensor:
        return torch.cat([memory.unsqueeze(1), super().unroll(x, memory, begins)[:, :-1]], 1)


class Timeless(Average):
    """In a sequence, each step begins anew."""

    def unroll(self, x: Tensor, memory: Tensor, begins: Tensor) -> Tensor:
        return 0.8 * memory.unsqueeze(1) + 0.2 * x


class Continuing(Average):
    """The memory is not reset within a sequence."""

    def unroll(self, x: Tensor, memory: Tensor, begins: Tensor) -> Tensor:
        return super().unroll(x, memory, torch.zeros_like(begins))


KINDS = {"average": Average, "leaking": Leaking, "late": Late, "timeless": Timeless, "continuing": Continuing}


@dataclass(frozen=True)
class Averaging(QNetwork):
    """A network with a moving average."""

    kind = "average"

    def build(self, spec: BuildSpec) -> nn.Module:
        return KINDS[self.kind]((spec.observation_space.shape or (0,))[0], spec.actions)


class Planted:
    """A plugin with these networks."""

    @hookimpl
    def rlzoo_q_networks(self) -> dict[str, Any]:
        return {name: type(name, (Averaging,), {"kind": name}) for name in KINDS}


CATALOG = installed()
CATALOG.plugins.register(Planted(), "planted")


def case(name: str) -> Case:
    return Case("network", name, CATALOG, {"objective.length": 6}, beside={"objective": "recurrent-q"})


@pytest.mark.parametrize("rule", ["lane-independent", "shapes", "diverging-lane", "gradient", "recurrence"])
def test_a_plain_module_follows_the_rules(rule: str) -> None:
    CHECKS[rule](case("average"))


@pytest.mark.slow
def test_its_runs_are_resumed_exactly() -> None:
    CHECKS["resumable"](case("average"))


@pytest.mark.parametrize("name", ["leaking", "late", "timeless", "continuing"])
def test_a_mistake_is_found(name: str) -> None:
    with pytest.raises(AssertionError, match="recurrence: step by step, the memory is not"):
        CHECKS["recurrence"](case(name))
