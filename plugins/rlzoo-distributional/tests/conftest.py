from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from gymnasium.spaces import Box, Discrete

from rlzoo.contracts import Batch, BuildSpec
from rlzoo.lanes.rng import LaneRng

LANES, SIZE, FEATURES, ACTIONS = 3, 7, 4, 3


@pytest.fixture(autouse=True)
def _as_in_a_run() -> None:
    """One thread, and weights that are the same in every run of the tests."""
    torch.set_num_threads(1)
    torch.manual_seed(0)


@pytest.fixture
def spec() -> Callable[..., BuildSpec]:
    """Makes a `BuildSpec` for vectors of four numbers and three actions."""

    def make(**more: Any) -> BuildSpec:
        values = {
            "observation_space": Box(-1, 1, (FEATURES,)),
            "action_space": Discrete(ACTIONS),
            "lanes": LANES,
            "envs": 1,
            "device": torch.device("cpu"),
            "rng": LaneRng(range(LANES), "test"),
            "steps": 1_000,
        }
        return BuildSpec(**values | more)

    return make


@pytest.fixture
def batch() -> Batch:
    """Random transitions that span one to three steps; a third of them are terminal."""
    rng = np.random.default_rng(0)

    def normal(*shape: int) -> torch.Tensor:
        return torch.from_numpy(rng.normal(size=shape).astype(np.float32))

    return Batch(
        observation=normal(LANES, SIZE, FEATURES),
        action=torch.from_numpy(rng.integers(ACTIONS, size=(LANES, SIZE))),
        reward=normal(LANES, SIZE),
        next_observation=normal(LANES, SIZE, FEATURES),
        discount=torch.from_numpy(0.9 ** rng.integers(1, 4, size=(LANES, SIZE))).float(),
        terminated=torch.from_numpy(rng.random((LANES, SIZE)) < 1 / 3),
        truncated=torch.zeros(LANES, SIZE, dtype=torch.bool),
        index=torch.zeros(LANES, SIZE, dtype=torch.int64),
        weight=torch.ones(LANES, SIZE),
    )


@pytest.fixture
def network() -> Callable[..., tuple[dict[str, torch.Tensor], Callable[..., torch.Tensor]]]:
    """Makes weights and the function of a linear network with `outputs` numbers per action."""

    def predict(params: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
        return torch.einsum("lbf,lfak->lbak", x, params["w"])

    def make(outputs: int, seed: int) -> tuple[dict[str, torch.Tensor], Callable[..., torch.Tensor]]:
        generator = torch.Generator().manual_seed(seed)
        return {"w": torch.randn(LANES, FEATURES, ACTIONS, outputs, generator=generator)}, predict

    return make


@pytest.fixture
def by_loops() -> Callable[..., float]:
    """The quantile Huber loss, by the loops of algorithm 1 in Dabney et al. (2018)."""

    def huber(u: float, kappa: float) -> float:
        return u * u / 2 if abs(u) <= kappa else kappa * (abs(u) - kappa / 2)

    def loss(predicted: np.ndarray, fractions: Sequence[float], goal: np.ndarray, kappa: float) -> float:
        total = 0.0
        for theta, fraction in zip(predicted, fractions, strict=True):
            for sample in goal:
                u = sample - theta
                total += abs(fraction - (u < 0)) * huber(u, kappa) / kappa / len(goal)
        return total

    return loss
