"""The agent against the code it was published with, written again here in plain torch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from rlzoo.registry.composition import compose
from rlzoo.testing import installed
from rlzoo.training.runner import Runner
from rlzoo_minatar import GAMES

PUBLISHED = {  # the constants at the head of their examples/dqn.py
    ("train", "batch_size"): 32,
    ("buffer", "capacity"): 100_000,
    ("target", "period"): 1_000,
    ("train", "update_every"): 1,
    ("train", "steps"): 5_000_000,
    ("train", "learning_starts"): 5_000,
    ("exploration", "end"): 0.1,
    ("optimizer", "lr"): 0.00025,
    ("optimizer", "decay_rate"): 0.95,
    ("optimizer", "eps"): 0.01,
    ("objective", "gamma"): 0.99,
    ("exploration", "start"): 1.0,
}
UPDATES = 5


class TheirNetwork(nn.Module):
    """One convolution of 16 filters, 128 hidden units."""

    def __init__(self, channels: int, actions: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, 16, kernel_size=3, stride=1)
        self.fc_hidden = nn.Linear(8 * 8 * 16, 128)
        self.output = nn.Linear(128, actions)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.conv(x))
        return self.output(functional.relu(self.fc_hidden(x.flatten(1))))


def their_update(online: nn.Module, target: nn.Module, optimizer: Any, batch: Any) -> None:
    images = [part[0].permute(0, 3, 1, 2).float() for part in (batch.observation, batch.next_observation)]
    q = online(images[0]).gather(1, batch.action[0].unsqueeze(1)).squeeze(1)
    with torch.no_grad():
        goal = batch.reward[0] + 0.99 * target(images[1]).amax(1) * ~batch.terminated[0]
    optimizer.zero_grad()
    functional.smooth_l1_loss(goal, q).backward()
    optimizer.step()


def theirs(runner: Runner) -> TheirNetwork:
    """Their network, with the weights of the runner's only lane."""
    channels = runner.environment.observation_space.shape[-1]  # type: ignore[index]
    network = TheirNetwork(channels, int(runner.environment.action_space.n))
    for leaf, ours in zip(network.parameters(), runner.weights()[0].values(), strict=True):
        leaf.data.copy_(ours)  # which raises where shapes differ
    return network


def test_the_settings_are_theirs() -> None:
    made = compose(installed(), "dqn-minatar")
    ours = {place: getattr(made.train if place[0] == "train" else made[place[0]], place[1]) for place in PUBLISHED}
    assert ours == PUBLISHED
    assert (made["target"].unit, made["objective"].loss) == ("updates", "huber")
    assert (made["optimizer"].eps_place, made["optimizer"].centered) == ("outside", True)
    assert (made["environment"].sticky, made["environment"].minimal_actions) == (0.1, False)


def test_pqn_has_the_settings_of_its_authors() -> None:
    made = compose(installed(), "pqn-minatar")
    train, optimizer, exploration = made.train, made["optimizer"], made["exploration"]
    assert (train.steps, train.envs, train.update_every, train.learning_starts) == (10_000_000, 128, 128 * 32, 0)
    assert (train.update_every // train.batch_size, train.updates) == (32, 2 * 32)
    assert (made["objective"].gamma, made["objective"].q_lambda, made["objective"].loss) == (0.99, 0.65, "half-mse")
    assert (optimizer.lr, optimizer.schedule, optimizer.max_grad_norm) == (5e-4, "linear", 10)
    assert (exploration.start, exploration.end, exploration.fraction) == (1, 0.05, 0.1)
    assert (made["network"].preset, made["network"].layer_norm) == ("minatar", True)
    assert [made.components[slot].name for slot in ("buffer", "optimizer", "target")] == ["rollout", "radam", "none"]


@pytest.mark.parametrize("game", GAMES)
def test_the_preset_of_a_game_has_these_settings(game: str) -> None:
    made = compose(installed(), "dqn", environment=f"minatar/{game}", preset="paper")
    assert made == replace(compose(installed(), "dqn-minatar", environment=f"minatar/{game}"), algorithm="dqn")


def test_updates_are_theirs() -> None:
    small = {"train.steps": 1_000, "train.learning_starts": 400, "buffer.capacity": 500, "target.period": 2}
    runner = Runner(compose(installed(), "dqn-minatar", {}, small), [0], torch.device("cpu"))
    runner.begin()
    while runner.clock.steps < 399:
        runner.step()
    online, target = theirs(runner), theirs(runner)
    optimizer = torch.optim.RMSprop(online.parameters(), lr=0.00025, alpha=0.95, centered=True, eps=0.01)
    for update in range(1, UPDATES + 1):
        batch = runner.parts.buffer.sample(32)
        assert batch.terminated.any() or update > 1  # both kinds of target are met
        runner.learner.update(batch)
        runner.learner.update_target()
        their_update(online, target, optimizer, batch)
        if update % 2 == 0:
            target.load_state_dict(online.state_dict())
    for leaf, ours in zip(online.parameters(), runner.weights()[0].values(), strict=True):
        np.testing.assert_allclose(ours, leaf.detach(), rtol=1e-4, atol=1e-6)
    runner.close()
