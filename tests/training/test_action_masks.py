"""Action masks in whole runs: a forbidden action is never taken, learned from, or bootstrapped from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch

from rlzoo.contracts import Transition
from rlzoo.contracts.errors import EnvironmentFailed
from rlzoo.registry.composition import compose
from rlzoo.training.runner import Runner

from support.masked import ENV, GAMMA, MASK, optimal_values
from support.tiny import CATALOG

EVALUATED = {"train.eval_every": 100, "train.eval_episodes": 3, "train.eval_max_steps": 30}
ATTRACTIVE = 100.0
"""The initial value of every action. Forbidden actions keep it, so they always look best."""
SETTINGS = {
    "train.steps": 300,
    "objective.gamma": GAMMA,
    "network.initial": ATTRACTIVE,
    "optimizer.lr": 0.5,
}


def make_runner(settings: dict[str, Any], seeds: Sequence[int] = (0, 1), env: str = ENV, **components: str) -> Runner:
    """Tabular Q-learning, unless other components or settings are given."""
    composition = compose(CATALOG, "q-learning", components, SETTINGS | settings, env)
    return Runner(composition, seeds, torch.device("cpu"))


def watch(runner: Runner) -> list[Transition]:
    """Every transition that will reach the buffer."""
    seen: list[Transition] = []
    add = runner.parts.buffer.add

    def spy(transition: Transition) -> None:
        seen.append(transition)
        add(transition)

    runner.parts.buffer.add = spy  # type: ignore[method-assign]
    return seen


def table(runner: Runner, seed: int) -> np.ndarray:
    """The Q values of one seed, `[S, A]`."""
    return next(iter(runner.weights()[seed].values())).numpy()


EXPLORATIONS: dict[str, dict[str, Any]] = {
    "epsilon-greedy": {"exploration.schedule": "constant", "exploration.start": 0.5},
    "boltzmann": {"exploration.temperature": 20.0},
    "greedy": {},
}
OBJECTIVES = ("q-learning", "double", "expected-sarsa", "sarsa")


def check_run(settings: dict[str, Any], **components: str) -> None:
    """Run in an environment that fails where a forbidden action is taken, and compare the masks that are stored."""
    runner = make_runner(EVALUATED | settings, **components)
    seen = watch(runner)
    logs = list(runner.run())
    assert sum(len(log.evaluations) for log in logs) == 2 * 3 * 3
    for step in seen:
        assert np.take_along_axis(step.columns["action_mask"], step.action[..., None], -1).all()
        assert np.array_equal(step.columns["action_mask"], MASK[step.observation])
        going = ~step.terminated
        assert np.array_equal(step.columns["next_action_mask"][going], MASK[step.next_observation][going])
    assert all(leaf.isfinite().all() for weights in runner.weights().values() for leaf in weights.values())
    assert not runner.learner.frozen.any()


@pytest.mark.parametrize("envs", [1, 3])
@pytest.mark.parametrize("exploration", EXPLORATIONS)
def test_no_policy_takes_a_forbidden_action(exploration: str, envs: int) -> None:
    check_run(EXPLORATIONS[exploration] | {"train.envs": envs}, exploration=exploration)


@pytest.mark.slow
@pytest.mark.parametrize("exploration", EXPLORATIONS)
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_every_objective_learns_with_every_policy(objective: str, exploration: str) -> None:
    check_run(EXPLORATIONS[exploration], objective=objective, exploration=exploration)


def test_replay_and_n_step_returns_keep_the_masks() -> None:
    replay = {"train.n_step": 3, "buffer.capacity": 100, "train.batch_size": 16, "train.learning_starts": 20}
    runner = make_runner(replay, buffer="uniform")
    list(runner.run())
    batch = runner.parts.buffer.sample(64)
    going = ~batch.terminated
    assert 0 < going.sum() < going.numel()
    assert np.array_equal(batch.columns["action_mask"], MASK[batch.observation])
    assert np.array_equal(batch.columns["next_action_mask"][going], MASK[batch.next_observation[going]])


@pytest.mark.parametrize("settings", [{}, {"exploration.start": 0.0, "exploration.schedule": "constant"}])
def test_ignoring_the_masks_takes_forbidden_actions(settings: dict[str, Any]) -> None:
    runner = make_runner(settings | {"environment.masks": False})
    assert runner.environment.action_mask is None
    with pytest.raises(EnvironmentFailed, match=r"action \d is forbidden in state"):
        list(runner.run())


def test_without_masks_no_column_is_stored() -> None:
    runner = make_runner({"environment.masks": False, "environment.kwargs.strict": False})
    seen = watch(runner)
    list(runner.run())
    assert not any(transition.columns for transition in seen)
    taken = np.concatenate([MASK[transition.observation, transition.action].ravel() for transition in seen])
    assert not taken.all()


@pytest.mark.slow
def test_q_learning_finds_the_optimal_values_among_allowed_actions() -> None:
    everywhere = {"exploration.schedule": "constant", "exploration.start": 1.0, "optimizer.lr": 1.0}
    runner = make_runner(everywhere | {"train.steps": 8_000})
    list(runner.run())
    expected = optimal_values()
    for seed in (0, 1):
        q = table(runner, seed)
        np.testing.assert_allclose(q[MASK], expected[MASK], atol=1e-3)
        assert (q[~MASK] == ATTRACTIVE).all()  # never tried, and never learned from


@pytest.mark.slow
def test_the_metric_q_mean_leaves_forbidden_actions_out() -> None:
    runner = make_runner({"train.log_every": 100, "train.steps": 1_000, "exploration.start": 1.0})
    last = [log.metrics for log in runner.run() if log.metrics][-1]
    assert all(row["q_mean"] < ATTRACTIVE / 2 for row in last.values())


@pytest.mark.slow
@pytest.mark.parametrize("exploration", EXPLORATIONS)
def test_a_seed_is_bit_identical_alone_and_with_others(exploration: str) -> None:
    settings = EXPLORATIONS[exploration] | EVALUATED | {"train.envs": 2}
    alone = make_runner(settings, (0,), exploration=exploration)
    together = make_runner(settings, (2, 0, 1), exploration=exploration)
    logs = [list(runner.run()) for runner in (alone, together)]
    episodes = [[episode for log in some for episode in log.episodes if episode.seed == 0] for some in logs]
    evaluations = [[played for log in some for played in log.evaluations if played.seed == 0] for some in logs]
    assert episodes[0] == episodes[1] != []
    assert evaluations[0] == evaluations[1] != []
    assert table(alone, 0).tobytes() == table(together, 0).tobytes()


@pytest.mark.slow
@pytest.mark.parametrize("exploration", EXPLORATIONS)
@pytest.mark.parametrize("value", [-torch.inf, torch.inf, torch.nan])
def test_a_diverged_seed_takes_no_forbidden_action_and_leaves_the_others_alone(exploration: str, value: float) -> None:
    settings = EXPLORATIONS[exploration] | EVALUATED
    alone = make_runner(settings, (3, 8), exploration=exploration)
    together = make_runner(settings, (3, 5, 8), exploration=exploration)
    with torch.no_grad():
        together.learner.row[1] = value
    list(alone.run())
    list(together.run())
    for seed in (3, 8):
        assert table(alone, seed).tobytes() == table(together, seed).tobytes()


@pytest.mark.slow
def test_masks_help_on_taxi() -> None:
    def taxi(masks: bool) -> tuple[float, bool]:
        learning = {"train.steps": 4_000, "network.initial": 0.0, "objective.gamma": 0.99, "optimizer.lr": 1.0}
        acting = {"environment.masks": masks, "exploration.schedule": "constant", "exploration.start": 0.1}
        runner = make_runner(learning | acting, range(2), "Taxi-v4")
        seen = watch(runner)
        episodes = [episode for log in runner.run() for episode in log.episodes]
        chosen = [
            (int(s), int(a)) for step in seen for s, a in zip(step.observation.flat, step.action.flat, strict=True)
        ]
        allowed = gymnasium.make("Taxi-v4").unwrapped.action_mask  # type: ignore[attr-defined]
        kept = all(allowed(state)[action] for state, action in set(chosen))
        late = [episode.episode_return for episode in episodes if episode.step > 2_000]
        return float(np.mean(late)), kept

    (with_masks, kept), (without, ignored) = taxi(True), taxi(False)
    assert kept
    assert not ignored
    assert with_masks > without
