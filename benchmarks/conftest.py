from __future__ import annotations

import pytest
import torch

from rlzoo.catalog import open_catalog
from rlzoo.composition import compose
from rlzoo.runner import Runner
from rlzoo.training import one_thread

LANES = (1, 10)


@pytest.fixture(params=LANES, ids=lambda lanes: f"{lanes}-lanes")
def runner(request: pytest.FixtureRequest):
    """DQN with CleanRL's settings on CartPole-v1, its replay full and its first updates done."""
    composition = compose(open_catalog(no_plugins=True), "dqn", {}, {"train.steps": 10**9}, "CartPole-v1")
    with one_thread():
        runner = Runner(composition, range(request.param), torch.device("cpu"))
        runner.begin()
        while runner.clock.updates < 10:
            runner.step()
        yield runner
        runner.close()
