"""The kit finds the mistakes it is made for: each is planted in a component, and the check that fails is named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import pytest
import torch

from rlzoo.buffers.ring import Ring, RingBuffer
from rlzoo.catalog import Catalog
from rlzoo.exploration.epsilon_greedy import EpsilonGreedy
from rlzoo.exploration.greedy import GreedyPolicy
from rlzoo.hookspecs import hookimpl
from rlzoo.interfaces import Batch, BuildSpec
from rlzoo.objectives.one_step import OneStepObjective
from rlzoo.objectives.q_learning import QLearning, highest
from rlzoo.options import Meta
from rlzoo.plugins import Plugins
from rlzoo.testing import CHECKS, Case


@dataclass(frozen=True)
class MeanAcrossLanes(QLearning):
    """Centres the errors over everything, lanes included."""

    def build(self, spec: BuildSpec) -> Any:
        def centred(predict, online, target, batch):
            value = highest(predict, online, target, batch)
            return value - value.mean()

        return OneStepObjective(self, centred)


@dataclass(frozen=True)
class GlobalRandom:
    """Explores with NumPy's global generator."""

    def build(self, spec: BuildSpec) -> Any:
        class Policy(GreedyPolicy):
            def act(self, q, clock):
                return np.random.randint(q.shape[-1], size=q.shape[:2])  # noqa: NPY002

        return Policy()


@dataclass(frozen=True)
class SharedStream:
    """Explores with lane 0's numbers in every lane."""

    def build(self, spec: BuildSpec) -> Any:
        class Policy(GreedyPolicy):
            def act(self, q, clock):
                drawn = (spec.rng.random((q.shape[1],))[:1] * q.shape[-1]).astype(np.int64)
                return np.broadcast_to(drawn, q.shape[:2])

        return Policy()


@dataclass(frozen=True)
class Forgetful:
    """Repeats its last action now and then, and does not tell in its state which that was."""

    def build(self, spec: BuildSpec) -> Any:
        class Policy(GreedyPolicy):
            def __init__(self):
                self.last = np.zeros((spec.lanes, spec.envs), np.int64)

            def act(self, q, clock):
                drawn = spec.rng.random((q.shape[1], 2))
                fresh = (drawn[..., 1] * q.shape[-1]).astype(np.int64)
                self.last = np.where(drawn[..., 0] < 0.9, self.last, fresh)
                return self.last

        return Policy()


@dataclass(frozen=True)
class WrongShape:
    """Gives weights of shape [B]."""

    def build(self, spec: BuildSpec) -> Any:
        class Wrong(RingBuffer):
            def sample(self, size):
                index = torch.zeros(spec.lanes, size, dtype=torch.int64)
                batch = self.ring.gather(index)
                return Batch(**{**vars(batch), "weight": torch.ones(size)})

        return Wrong(Ring(spec, 50))


@dataclass(frozen=True)
class Undescribed(EpsilonGreedy):
    """Has an option without a description."""

    mystery: Annotated[int, Meta(ge=0)] = 0


class Plugin:
    @hookimpl
    def rlzoo_objectives(self):
        return {"mean-across-lanes": MeanAcrossLanes}

    @hookimpl
    def rlzoo_exploration_policies(self):
        return {
            "global-random": GlobalRandom,
            "shared-stream": SharedStream,
            "forgetful": Forgetful,
            "undescribed": Undescribed,
        }

    @hookimpl
    def rlzoo_buffers(self):
        return {"wrong-shape": WrongShape}


@pytest.fixture
def catalog() -> Catalog:
    plugins = Plugins(strict=True)
    plugins.register(Plugin(), "planted")
    return Catalog(plugins)


@pytest.mark.parametrize(
    ("slot", "name", "check", "said"),
    [
        ("objective", "mean-across-lanes", "lane-independent", "mixes lanes"),
        ("objective", "mean-across-lanes", "poison", "reached seed"),
        ("exploration", "global-random", "repeatable", "draw only from `spec.rng`"),
        ("exploration", "global-random", "global-state", r"numpy\.random was used"),
        ("exploration", "shared-stream", "lane-independent", "a draw shared by lanes"),
        ("exploration", "forgetful", "state", "not in state"),
        ("exploration", "undescribed", "options", "`mystery` is not described"),
        ("buffer", "wrong-shape", "shapes", "`weight` of a batch has shape"),
    ],
)
def test_a_planted_mistake_is_found(slot: str, name: str, check: str, said: str, catalog: Catalog) -> None:
    with pytest.raises(AssertionError, match=said):
        CHECKS[check](Case(slot, name, catalog))
