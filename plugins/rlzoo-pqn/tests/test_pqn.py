"""The algorithm as a whole: CleanRL's settings, exact lanes, exact targets, and one line for what cannot work."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from rlzoo.contracts.errors import OptionError
from rlzoo.registry.catalog import KINDS
from rlzoo.registry.composition import compose
from rlzoo.testing import CHECKS, Case, installed, run
from rlzoo.testing.cases import cases_of
from rlzoo.training.runner import Runner

CATALOG = installed()
SMALL: dict[str, Any] = {
    "train.steps": 128,
    "train.update_every": 32,
    "train.batch_size": 8,
    "train.updates": 8,
    "network.hidden": (9, 5),
}


@pytest.mark.parametrize(
    ("check", "case"),
    [(name, case) for case in cases_of(CATALOG, "rlzoo-pqn") for name in CHECKS if case.slot in CHECKS[name].checks],
    ids=lambda it: it if isinstance(it, str) else it.name,
)
def test_keeps_the_rule(check: str, case: Case) -> None:
    CHECKS[check](case)


def test_everything_says_where_it_was_published() -> None:
    entries = [CATALOG.get(kind, name) for kind in KINDS if kind != "command" for name in CATALOG.names(kind)]
    own = [entry for entry in entries if entry.plugin == "rlzoo-pqn"]
    assert own
    assert all(entry.reference for entry in own)


def test_the_settings_are_those_of_cleanrl() -> None:
    made = compose(CATALOG, "pqn")
    train, optimizer, exploration, network = (
        made.train,
        made["optimizer"],
        made["exploration"],
        made["network"],
    )
    assert (train.steps, train.envs, train.update_every, train.learning_starts) == (500_000, 4, 512, 0)
    assert (train.update_every // train.batch_size, train.updates) == (4, 16)  # minibatches, and those of four epochs
    assert (made["objective"].gamma, made["objective"].q_lambda, made["objective"].loss) == (0.99, 0.65, "mse")
    assert (optimizer.lr, optimizer.schedule, optimizer.max_grad_norm, optimizer.eps) == (2.5e-4, "linear", 10, 1e-8)
    assert (exploration.start, exploration.end, exploration.fraction) == (1, 0.05, 0.5)
    assert (network.hidden, network.layer_norm, network.init) == ((120, 84), True, "orthogonal")
    assert [made.components[slot].name for slot in ("optimizer", "target")] == ["radam", "none"]


@pytest.mark.parametrize("settings", [{}, {"network.dueling": True}, {"train.envs": 3}])
def test_lanes_are_exact_in_the_whole(settings: dict[str, Any]) -> None:
    made = compose(CATALOG, "pqn", {}, SMALL | settings, "rlzoo-probe/vector-v0")
    together = run(made, [3, 1, 7])
    for seeds in ([1], [7, 3]):
        for seed, outcome in run(made, seeds).items():
            assert outcome.same(together[seed])


def test_targets_are_those_of_the_network_before_the_updates() -> None:
    """Returns stay the same through all epochs, and truncation bootstraps from the true last observation."""
    made = compose(CATALOG, "pqn", {}, SMALL | {"train.updates": 1}, "rlzoo-probe/vector-v0")
    runner = Runner(made, [0], torch.device("cpu"))
    runner.begin()
    while runner.clock.steps < 28:
        runner.step()
    before = runner.learner.row.clone()
    while not runner.clock.updates:
        runner.step()
    assert not torch.equal(before, runner.learner.row)
    batch = runner.parts.buffer.sample(None)  # the rest of the epoch, after one update
    ring = runner.parts.buffer.ring  # type: ignore[attr-defined]  # a rollout buffer
    rollout = ring.gather(torch.arange(32)[None])
    runner.learner.row.data.copy_(before)
    with torch.no_grad():
        value = runner.learner.predict(runner.learner.online, rollout.next_observation).amax(-1)[0].numpy()
    returns = np.zeros(32)
    for place in reversed(range(32)):  # four environments, eight steps
        ended = rollout.terminated[0, place] or rollout.truncated[0, place] or place >= 28
        later = value[place] if ended else 0.65 * returns[place + 4] + 0.35 * value[place]
        returns[place] = rollout.reward[0, place] + 0.99 * later * (not rollout.terminated[0, place])
    np.testing.assert_allclose(batch.columns["return"][0], returns[batch.index[0]], rtol=1e-5)
    assert batch.index.shape == (1, 24)


@pytest.mark.parametrize(
    ("components", "settings", "message"),
    [
        ({"buffer": "uniform"}, {}, "`objective=q-lambda` learns from whole rollouts, which `buffer=uniform` does not"),
        ({}, {"train.n_step": 3}, "`train.n_step` has no effect with `objective=q-lambda`"),
        ({}, {"train.batch_size": 64}, "`train.batch_size` is 64, but a rollout has only the 32 steps"),
        ({}, {"train.update_unit": "episodes"}, "`buffer=rollout` collects a fixed number of steps"),
        ({}, {"buffer.capacity": 100}, "capacity"),
    ],
)
def test_what_cannot_work_is_refused_before_training(
    components: dict[str, str], settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(OptionError, match=message):
        Runner(compose(CATALOG, "pqn", components, SMALL | settings), [0], torch.device("cpu"))
