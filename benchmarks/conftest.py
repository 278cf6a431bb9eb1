from __future__ import annotations

import pytest
import torch

from rlzoo.registry.catalog import open_catalog
from rlzoo.registry.composition import compose
from rlzoo.training.groups import one_thread
from rlzoo.training.runner import Runner

LANES = (1, 10)


@pytest.fixture(params=LANES, ids=lambda lanes: f"{lanes}-lanes")
def runner(request: pytest.FixtureRequest):
    """DQN with CleanRL's settings on CartPole-v1, with a full replay buffer and after the first updates."""
    composition = compose(open_catalog(no_plugins=True), "dqn", {}, {"train.steps": 10**9}, "CartPole-v1")
    with one_thread():
        runner = Runner(composition, range(request.param), torch.device("cpu"))
        runner.begin()
        while runner.clock.updates < 10:
            runner.step()
        yield runner
        runner.close()
