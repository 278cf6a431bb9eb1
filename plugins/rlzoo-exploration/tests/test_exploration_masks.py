"""Action masks: no policy takes a forbidden action, and bootstrapped DQN's heads do not bootstrap from one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from exploration_specs import make_spec
from gymnasium.spaces import Box, Discrete
from scipy.stats import chisquare

from rlzoo.contracts import Batch
from rlzoo.lanes.clock import Clock
from rlzoo.registry.composition import compose
from rlzoo.testing import installed
from rlzoo.training.runner import Runner
from rlzoo_exploration.boltzmann_gumbel import BoltzmannGumbel
from rlzoo_exploration.bootstrapped import Bootstrapped
from rlzoo_exploration.ez_greedy import EZGreedy
from rlzoo_exploration.one_head import OneHead
from rlzoo_exploration.ucb import UCB

from support.masked import ENV, MASK

CATALOG = installed()
ACTIONS, NONE = 3, -np.inf
POLICIES: dict[str, dict[str, Any]] = {
    "ez-greedy": {"exploration.schedule": "constant", "exploration.start": 0.5},
    "ucb": {"exploration.c": 50.0},
    "boltzmann-gumbel": {"exploration.c": 50.0},
    "one-head": {"objective.heads": 3, "network": "mlp", "objective": "bootstrapped"},
}


def make_runner(name: str, seeds: Sequence[int]) -> Runner:
    """300 steps in an environment that fails where a forbidden action is taken."""
    settings = {"train.steps": 300, "train.eval_every": 100, "train.eval_episodes": 2, "train.eval_max_steps": 30}
    given = settings | POLICIES[name]
    components = {slot: given.pop(slot) for slot in ("network", "objective") if slot in given}
    return Runner(
        compose(CATALOG, "q-learning", {"exploration": name} | components, given, ENV), seeds, torch.device("cpu")
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", POLICIES)
def test_no_policy_takes_a_forbidden_action(name: str) -> None:
    runner = make_runner(name, (0, 1))
    seen, add = [], runner.parts.buffer.add

    def spy(transition: Any) -> None:
        seen.append(MASK[transition.observation, transition.action].all())
        add(transition)

    runner.parts.buffer.add = spy  # type: ignore[method-assign]
    played = [evaluation for log in runner.run() for evaluation in log.evaluations]
    assert seen == [True] * 300
    assert len(played) == 12
    assert not runner.learner.frozen.any()


@pytest.mark.slow
@pytest.mark.parametrize("name", POLICIES)
def test_a_seed_is_bit_identical_alone_and_with_others(name: str) -> None:
    alone, together = make_runner(name, (0,)), make_runner(name, (2, 0, 1))
    episodes = [
        [episode for log in runner.run() for episode in log.episodes if episode.seed == 0]
        for runner in (alone, together)
    ]
    assert episodes[0] == episodes[1] != []
    for leaf, other in zip(alone.weights()[0].values(), together.weights()[0].values(), strict=True):
        assert torch.equal(leaf, other)


@pytest.mark.slow
@pytest.mark.parametrize("value", [-torch.inf, torch.inf, torch.nan])
@pytest.mark.parametrize("name", POLICIES)
def test_a_diverged_seed_takes_no_forbidden_action(name: str, value: float) -> None:
    runner = make_runner(name, (0, 1))
    with torch.no_grad():
        runner.learner.row[1] = value
    list(runner.run())
    assert runner.counts()[0]["steps"] == 300


def act(policy: Any, q: Sequence[float], envs: int, begun: bool = False) -> np.ndarray:
    """Actions `[N]` of environments of one lane in state 5 that all have these values."""
    policy.observe(np.full((1, envs), 5), np.full((1, envs), begun))
    return policy.act(np.broadcast_to(np.array(q, np.float32), (1, envs, len(q))), Clock(1))[0]


def test_ez_greedy_stops_repeating_an_action_that_becomes_forbidden() -> None:
    envs = 600
    policy = EZGreedy(schedule="constant", start=1.0, mu=1.01).build(make_spec(Discrete(9), envs=envs))
    before = act(policy, [0.0, 0.0, 0.0], envs)
    going = policy.left[0] > 0
    after = act(policy, [0.0, NONE, 0.0], envs)
    assert (before == 1)[going].any()
    assert not (after == 1).any()
    kept = going & (before != 1)
    assert (after == before)[kept].all()
    fresh = np.bincount(after[~kept], minlength=3)
    assert chisquare(fresh[[0, 2]]).pvalue > 1e-3


def test_ucb_counts_the_visits_of_allowed_actions_only() -> None:
    policy = UCB(c=0.7).build(make_spec(Discrete(9), actions=4))
    q, mask, counts = np.array([0.3, 0.0, 0.5, 9.0]), np.array([True, True, True, False]), np.zeros(4)
    for _ in range(200):
        action = int(act(policy, np.where(mask, q, NONE).tolist(), 1)[0])
        untried = np.flatnonzero(mask & (counts == 0))
        with np.errstate(divide="ignore", invalid="ignore"):
            bound = np.where(mask, q + 0.7 * np.sqrt(np.log(counts.sum()) / counts), NONE)
        assert action == (untried[0] if len(untried) else bound.argmax())
        counts[action] += 1
    assert policy.counts[0, 5].tolist() == counts.tolist()
    assert counts[3] == 0


def test_boltzmann_gumbel_with_equal_counts_is_boltzmann_over_the_allowed_actions() -> None:
    envs = 6_000
    policy = BoltzmannGumbel(2.0).build(make_spec(Discrete(9), envs=envs))
    policy.counts[:] = 16
    weights = np.exp(np.array([0.3, 0.5]) / (2 / 4))
    found = np.bincount(act(policy, [0.3, NONE, 0.5], envs), minlength=3)
    assert found[1] == 0
    assert chisquare(found[[0, 2]], envs * weights / weights.sum()).pvalue > 1e-3


def test_one_head_takes_the_best_allowed_action_of_its_head() -> None:
    envs, heads = 300, 3
    policy = OneHead().build(make_spec(Discrete(9), envs=envs, outputs=heads))
    q = np.random.default_rng(0).normal(size=(1, envs, ACTIONS, heads)).astype(np.float32)
    q[..., 1, :] = NONE
    policy.observe(np.full((1, envs), 5), np.ones((1, envs), np.bool_))
    action = policy.act(q, Clock(1))[0]
    for env in range(envs):
        values = q[0, env, :, policy.head[0, env]]
        assert action[env] == max((0, 2), key=lambda a: values[a])
    probabilities = policy.probabilities(q, Clock(1))
    assert (probabilities[..., 1] == 0).all()
    np.testing.assert_allclose(probabilities.sum(-1), 1)


@pytest.mark.parametrize("double", [False, True])
def test_heads_bootstrap_from_allowed_actions_only(double: bool) -> None:
    lanes, size, features, heads, rng = 2, 30, 4, 3, np.random.default_rng(0)
    spec = make_spec(Box(-1, 1, (features,)), lanes=lanes)
    objective = Bootstrapped(gamma=0.9, heads=heads, p=1.0, double=double, loss="half-mse").build(spec)

    def normal(*shape: int) -> torch.Tensor:
        return torch.from_numpy(rng.normal(size=shape).astype(np.float32))

    def predict(params: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
        return torch.einsum("lbf,lfak->lbak", x, params["w"])

    online, target = ({"w": normal(lanes, features, ACTIONS, heads)} for _ in range(2))
    terminated = torch.from_numpy(rng.random((lanes, size)) < 1 / 3)
    mask = torch.from_numpy(rng.random((lanes, size, ACTIONS)) < 0.5)
    mask[..., 0] |= ~mask.any(-1)
    mask &= ~terminated[..., None]  # a terminal state may allow nothing
    batch = Batch(
        observation=normal(lanes, size, features),
        action=torch.from_numpy(rng.integers(ACTIONS, size=(lanes, size))),
        reward=normal(lanes, size),
        next_observation=normal(lanes, size, features),
        discount=torch.full((lanes, size), 0.9),
        terminated=terminated,
        truncated=torch.zeros_like(terminated),
        index=torch.zeros(lanes, size, dtype=torch.int64),
        weight=torch.ones(lanes, size),
        columns={"next_action_mask": mask, "head_mask": torch.ones(lanes, size, heads, dtype=torch.bool)},
    )
    loss, error = objective(predict, online, target, batch)
    now, after, ahead = (
        predict(online, batch.observation),
        predict(target, batch.next_observation),
        predict(online, batch.next_observation),
    )
    for at in np.ndindex(lanes, size):
        errors = []
        for head in range(heads):
            value = 0.0
            if not terminated[at]:
                judge = (ahead if double else after)[at][:, head]
                best = max(np.flatnonzero(mask[at]), key=lambda a: float(judge[a]))
                value = 0.9 * float(after[at][best, head])
            errors.append(float(batch.reward[at]) + value - float(now[at][batch.action[at], head]))
        assert error[at].item() == pytest.approx(np.mean(np.abs(errors)), abs=1e-4)
        assert loss[at].item() == pytest.approx(np.mean(np.square(errors)) / 2, rel=1e-3, abs=1e-4)
