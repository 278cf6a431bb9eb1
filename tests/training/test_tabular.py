"""The tabular algorithms against value iteration on the environments' own transition tables."""

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Discrete

from rlzoo.training.runner import Runner

from support.tiny import make_runner

GAMMA = 0.9
START, CLIFF_EDGE = 36, range(24, 36)


def model(id_: str, **kwargs: Any) -> tuple[np.ndarray, np.ndarray]:
    """Chance of each next state, none after a terminal step, `[S, A, S]`, and expected reward `[S, A]`."""
    table = gymnasium.make(id_, **kwargs).unwrapped.P  # type: ignore[attr-defined]
    chance, reward = np.zeros((len(table), len(table[0]), len(table))), np.zeros((len(table), len(table[0])))
    for state, actions in table.items():
        for action, outcomes in actions.items():
            for p, after, r, over in outcomes:
                reward[state, action] += p * r
                chance[state, action, after] += 0.0 if over else p
    return chance, reward


def optimal(chance: np.ndarray, reward: np.ndarray) -> np.ndarray:
    """Values of the best policy, `[S, A]`."""
    q = np.zeros_like(reward)
    for _ in range(1000):
        q = reward + GAMMA * chance @ q.max(-1)
    return q


def value_of(policy: np.ndarray, chance: np.ndarray, reward: np.ndarray) -> np.ndarray:
    """Values of a policy that takes `policy[s]`, `[S]`."""
    states = np.arange(len(policy))
    return np.linalg.solve(np.eye(len(states)) - GAMMA * chance[states, policy], reward[states, policy])


def trained(algorithm: str, settings: dict[str, Any], env: str, seeds: int) -> Runner:
    runner = make_runner(algorithm, settings, env, range(seeds))
    list(runner.run())
    return runner


def tables(runner: Runner) -> np.ndarray:
    return np.stack([next(iter(weights.values())).numpy() for weights in runner.weights().values()])  # [L, S, A]


def reachable(chance: np.ndarray, policy: np.ndarray, start: int) -> np.ndarray:
    """States that `policy` can meet from `start` on, `[S]`."""
    met = np.arange(len(policy)) == start
    for _ in range(len(policy)):
        met |= chance[met, policy[met]].sum(0) > 0
    return met


@pytest.mark.slow
@pytest.mark.parametrize(
    ("env", "kwargs", "start", "initial"),
    [("FrozenLake-v1", {"is_slippery": False}, 0, 1.0), ("CliffWalking-v1", {}, START, 0.0)],
)
def test_q_learning_finds_the_values_of_a_deterministic_world(
    env: str, kwargs: dict[str, Any], start: int, initial: float
) -> None:
    chance, reward = model(env, **kwargs)
    settings = {"train.steps": 6_000, "optimizer.lr": 1.0, "objective.gamma": GAMMA, "environment.kwargs": kwargs}
    optimistic = {"network.initial": initial, "exploration.start": 0.1, "environment.max_episode_steps": 200}
    best = optimal(chance, reward).max(-1)
    for q in tables(trained("q-learning", settings | optimistic, env, 3)):
        policy = q.argmax(-1)
        met = reachable(chance, policy, start)
        np.testing.assert_allclose(q[met].max(-1), best[met], atol=1e-4)
        np.testing.assert_allclose(value_of(policy, chance, reward)[met], best[met], atol=1e-4)


@pytest.mark.slow
def test_q_learning_comes_close_to_the_values_of_a_slippery_lake() -> None:
    chance, reward = model("FrozenLake-v1")
    # One update per vector step; its loss is a mean over 8 environments, so each transition counts with an eighth.
    often = {"train.steps": 160_000, "train.envs": 8, "train.update_every": 8, "exploration.start": 0.5}
    decay = {"optimizer.lr": 1.6, "optimizer.schedule": "inverse-time", "optimizer.decay": 0.001}
    best = optimal(chance, reward).max(-1)
    assert best[0] > 0.06
    for q in tables(trained("q-learning", often | decay | {"objective.gamma": GAMMA}, "FrozenLake-v1", 4)):
        policy = q.argmax(-1)
        met = reachable(chance, policy, 0)
        np.testing.assert_allclose(q[met].max(-1), best[met], atol=0.1)
        np.testing.assert_allclose(value_of(policy, chance, reward)[met], best[met], atol=0.01)


def path(q: np.ndarray) -> list[int]:
    """States a greedy walk meets."""
    env = gymnasium.make("CliffWalking-v1", max_episode_steps=60)
    state, _ = env.reset(seed=0)
    met, over = [], False
    while not over:
        state, _, terminated, truncated, _ = env.step(int(q[state].argmax()))
        met.append(int(state))
        over = terminated or truncated
    return met


@pytest.mark.slow
@pytest.mark.parametrize(("algorithm", "steps", "on_edge"), [("q-learning", 5_000, 12), ("sarsa", 10_000, 2)])
def test_sarsa_keeps_away_from_the_cliff_and_q_learning_walks_along_it(
    algorithm: str, steps: int, on_edge: int
) -> None:
    settings = {"train.steps": steps, "objective.gamma": 1.0, "exploration.start": 0.1, "optimizer.lr": 0.3}
    for q in tables(trained(algorithm, settings | {"environment.max_episode_steps": 500}, "CliffWalking-v1", 3)):
        met = path(q)
        assert met[-1] == 47
        assert sum(state in CLIFF_EDGE for state in met) == on_edge
        assert (len(met) == 13) == (algorithm == "q-learning")


class Walk(gymnasium.Env[int, int]):
    """Sutton's random walk: states 0 to 4, one step left or right; past the right end is worth 1, past the left 0."""

    observation_space, action_space = Discrete(5), Discrete(2)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[int, dict[str, Any]]:
        self.state = 2
        return self.state, {}

    def step(self, action: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        self.state += 2 * action - 1
        over = self.state in (-1, 5)
        return min(max(self.state, 0), 4), float(self.state == 5), over, False, {}


gymnasium.register("rlzoo-tests/Walk-v0", Walk)


def values_of_random_walking() -> np.ndarray:
    """Q of the policy that takes either action with probability 1/2, `[S, A]`."""
    q = np.zeros((5, 2))
    for _ in range(1000):
        value = [0.0, *(GAMMA * q.mean(-1)), 1.0]  # past each end, and in between
        q = np.array([[value[state], value[state + 2]] for state in range(5)])
    return q


@pytest.mark.slow
@pytest.mark.parametrize(
    ("objective", "n", "limit", "buffer"),
    [
        ("sarsa", 1, None, "online"),
        ("sarsa", 3, None, "online"),
        ("sarsa", 1, 7, "online"),
        ("sarsa", 3, None, "uniform"),
        ("expected-sarsa", 3, 7, "online"),
    ],
)
def test_sarsa_learns_the_values_of_the_policy_it_follows(
    objective: str, n: int, limit: int | None, buffer: str
) -> None:
    settings = {
        "train.steps": 12_000,
        "train.envs": 4,
        "train.update_every": 4,
        "train.n_step": n,
        "exploration.schedule": "constant",
        "exploration.start": 1.0,
        "objective.gamma": GAMMA,
        "optimizer.lr": 1.0,
        "optimizer.schedule": "inverse-time",
        "optimizer.decay": 0.005,
        "environment.max_episode_steps": limit,
    }
    batches = {"train.batch_size": 32, "buffer.capacity": 10_000} if buffer == "uniform" else {}
    parts = {"buffer": buffer, "objective": objective}
    runner = make_runner("sarsa", settings | batches, "rlzoo-tests/Walk-v0", range(3), **parts)
    list(runner.run())
    expected = values_of_random_walking()
    for q in tables(runner):
        np.testing.assert_allclose(q, expected, atol=0.1)
    assert np.ptp(expected) > 0.8
