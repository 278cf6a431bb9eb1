from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch

from rlzoo.contracts import Episode, Log, Transition
from rlzoo.contracts.errors import BadInput, EnvironmentFailed
from rlzoo.lanes.rng import stream
from rlzoo.lanes.seeding import EpisodeSeeds
from rlzoo.training.runner import Runner

from support.tiny import make_runner

BASE = {
    "train.steps": 100,
    "train.learning_starts": 0,
    "train.batch_size": 8,
    "train.update_every": 1,
    "train.log_every": 20,
}
EPISODES = {"train.learning_starts": 0, "exploration.schedule": "exponential"}
"""What a run counted in episodes needs."""


def small(settings: dict[str, Any], env: str = "Random", seeds: Sequence[int] = (0,), **components: str) -> Runner:
    """DQN for 100 steps, with an update at every step unless told otherwise."""
    return make_runner("dqn", BASE | settings, env, seeds, **components)


def watch(runner: Runner) -> list[Transition]:
    """Every transition that will reach the buffer."""
    seen: list[Transition] = []
    add = runner.parts.buffer.add

    def spy(transition: Transition) -> None:
        seen.append(transition)
        add(transition)

    runner.parts.buffer.add = spy  # type: ignore[method-assign]
    return seen


def episodes_of(logs: Sequence[Log]) -> list[Episode]:
    return [episode for log in logs for episode in log.episodes]


@pytest.mark.parametrize("envs", [1, 3, 8])
@pytest.mark.parametrize(("every", "updates"), [(1, 1), (4, 1), (10, 2), (7, 3)])
@pytest.mark.parametrize("starts", [0, 37])
def test_counts_are_exact(envs: int, every: int, updates: int, starts: int) -> None:
    settings = {"envs": envs, "update_every": every, "updates": updates, "learning_starts": starts}
    runner = small({f"train.{name}": value for name, value in settings.items()} | {"target.period": 9})
    list(runner.run())
    steps, due = 0, 0
    while steps < 100:
        passed = range(steps + 1, steps + envs + 1)
        steps += envs
        due += sum(step % every == 0 for step in passed) * updates if steps >= starts else 0
    assert runner.counts()[0] == {
        "steps": steps,
        "updates": due,
        "episodes": runner.clock.episodes[0],
        "syncs": steps // 9,
        "samples_per_transition": 8 * due / steps,
        "diverged_at": None,
        "stopped_at": None,
    }


@pytest.mark.parametrize("ends", ["terminated", "truncated"])
@pytest.mark.parametrize("envs", [1, 3])
def test_an_episodes_row_says_what_happened(ends: str, envs: int) -> None:
    runner = small({"train.envs": envs, "environment.kwargs.ends": ends}, "Counting", (4, 2))
    seen = watch(runner)
    rows = episodes_of(list(runner.run()))
    actions = np.stack([transition.action for transition in seen])  # [T, L, N]
    expected = []
    for number in range(len(seen) // 5):
        for lane, seed in enumerate((4, 2)):
            for env in range(envs):
                total = 15 + actions[5 * number : 5 * number + 5, lane, env].sum() / 10
                over = ends == "terminated", ends == "truncated"
                count, step = number * envs + env + 1, 5 * (number + 1) * envs
                expected.append(Episode(seed, count, step, pytest.approx(total), 5, *over))
    assert rows == expected


@pytest.mark.parametrize("envs", [1, 3])
def test_pitfall_02_the_true_final_observation_is_stored(envs: int) -> None:
    runner = small({"train.envs": envs}, "Counting", (0, 1))
    seen = watch(runner)
    list(runner.run())
    seeds = EpisodeSeeds((0, 1), envs, "env")
    episode = seeds.draw(np.ones((2, envs), np.bool_)).copy()
    for step, transition in enumerate(seen):
        time = step % 5
        assert (transition.observation == np.stack([episode % 10_000, np.full_like(episode, time)], -1)).all()
        assert (transition.next_observation == np.stack([episode % 10_000, np.full_like(episode, time + 1)], -1)).all()
        assert (transition.truncated == (time == 4)).all()
        if time == 4:
            episode = seeds.draw(np.ones((2, envs), np.bool_)).copy()


def test_pitfall_03_a_reset_is_no_transition() -> None:
    runner = small({"environment.kwargs.length": 2}, "Counting")
    seen = watch(runner)
    list(runner.run())
    assert [int(transition.next_observation[0, 0, 1]) for transition in seen] == [1, 2] * 50


def test_sarsa_learns_from_the_actions_taken_next() -> None:
    settings = {"train.envs": 3, "exploration.schedule": "constant", "exploration.start": 0.5}
    runner = small(settings, "Random", (0, 1), objective="sarsa")
    seen = watch(runner)
    list(runner.run())
    taken = {  # the first number of an observation, which is random, to the action taken there
        float(value): int(action)
        for transition in seen
        for value, action in zip(transition.observation[..., 0].flat, transition.action.flat, strict=True)
    }
    batch = runner.parts.buffer.sample(200)
    assert batch.action.shape == (2, 200, 2)
    begins = batch.next_observation[..., 0, 0][batch.valid[..., 1]].tolist()
    assert [taken[value] for value in begins] == batch.action[..., 1][batch.valid[..., 1]].tolist()
    assert len(begins) > 100


def test_the_policy_sees_where_it_chooses_and_what_begins() -> None:
    runner, seen = make_runner("dqn", {"train.envs": 2}, "Counting", (0, 1)), []
    policy = runner.parts.exploration
    policy.observe = lambda observation, begun: seen.append((observation[..., 1], begun))  # type: ignore[method-assign]
    runner.begin()
    for _ in range(7):  # episodes are 5 steps long
        runner.step()
    assert [time.ravel().tolist() for time, _ in seen] == [[time % 5] * 4 for time in range(7)]
    assert [begun.ravel().tolist() for _, begun in seen] == [[time % 5 == 0] * 4 for time in range(7)]


def exploding(seeds: Sequence[int], **settings: Any) -> Runner:
    options = {
        "environment.kwargs.p": 0.0,
        "environment.kwargs.explode_at": 20,
        "exploration.schedule": "constant",
    } | settings
    return small(options, "Random", seeds, buffer="recent")


def test_diverged_lanes_stop_where_they_are_and_the_rest_is_as_alone() -> None:
    seeds = range(8)
    odd = [seed for seed in seeds if stream(seed, "env.0").integers(2**31) % 2]
    even = [seed for seed in seeds if seed not in odd]
    whole, alone, short = exploding(seeds), exploding(even), exploding(odd, **{"train.steps": 19})
    rows = {seed for log in list(whole.run()) if log.step > 20 for seed in log.metrics}
    list(alone.run())
    list(short.run())
    assert {seed: counts["diverged_at"] for seed, counts in whole.counts().items()} == {
        seed: 20 if seed in odd else None for seed in seeds
    }
    assert {counts["steps"] for seed, counts in whole.counts().items() if seed in odd} == {20}
    assert rows == set(even)
    for other in (alone, short):
        for seed, weights in other.weights().items():
            assert all(torch.equal(whole.weights()[seed][name], leaf) for name, leaf in weights.items())


def test_what_is_counted_of_a_diverged_lane_is_as_alone() -> None:
    odd = [seed for seed in range(8) if stream(seed, "env.0").integers(2**31) % 2]
    whole, alone = (exploding(seeds, **{"target.period": 3}) for seeds in (range(8), odd[:1]))
    list(whole.run())
    list(alone.run())
    assert whole.counts()[odd[0]] == alone.counts()[odd[0]]
    assert whole.counts()[odd[0]]["syncs"] < max(counts["syncs"] for counts in whole.counts().values())


def test_a_run_ends_when_every_lane_has_diverged() -> None:
    odd = [seed for seed in range(8) if stream(seed, "env.0").integers(2**31) % 2]
    runner = exploding(odd)
    assert list(runner.run())[-1].last
    assert runner.clock.steps == 20


@pytest.mark.parametrize(
    ("fault", "reason"), [("raise", "the cable is loose"), ("nan", "not finite"), ("shape", "shape")]
)
def test_a_failure_names_seed_step_and_environment(fault: str, reason: str) -> None:
    bad = EpisodeSeeds((3, 5), 2, "env").draw(np.ones((2, 2), np.bool_))[1, 0]
    kwargs = {"fault": fault, "at": 4, "seed": int(bad)}
    runner = small({"train.envs": 2, "environment.kwargs": kwargs}, "Faulty", (3, 5))
    where = r"seed 5, after 6 steps: environment `rlzoo-tests/Faulty-v0` \(lane 1, environment 0 of the lane\)"
    with pytest.raises(EnvironmentFailed, match=f"{where} failed in step: .*{reason}"):
        list(runner.run())


@pytest.mark.parametrize("network", ["table", "mlp", "linear"])
def test_actions_and_states_may_start_anywhere(network: str) -> None:
    runner = small({"exploration.start": 0.5}, "Shifted", (0, 1), network=network)
    seen = watch(runner)
    list(runner.run())
    assert {int(state) for transition in seen for state in transition.observation.flat} == {5, 6, 7}
    assert {int(action) for transition in seen for action in transition.action.flat} == {0, 1, 2}


def test_images_of_bytes_are_learnt_from() -> None:
    runner = small({"network.preset": "minatar", "train.steps": 20}, "Images", (0, 1), network="cnn")
    before = runner.weights()[0]
    seen = watch(runner)
    list(runner.run())
    assert {transition.observation.dtype for transition in seen} == {np.dtype(np.uint8)}
    assert any(not torch.equal(runner.weights()[0][name], leaf) for name, leaf in before.items())


def test_continuous_actions_are_refused() -> None:
    with pytest.raises(BadInput, match="`Pendulum-v1` has the action space"):
        small({}, "Pendulum-v1")


def test_logs_leave_no_episode_out_and_metrics_come_when_due() -> None:
    runner = small({"train.envs": 3}, "Counting", (0, 1))
    logs = list(runner.run())
    assert [log.step for log in logs if log.metrics] == [21, 42, 60, 81, 102]
    assert [log.last for log in logs] == [False] * (len(logs) - 1) + [True]
    assert len(episodes_of(logs)) == 2 * int(runner.clock.episodes[0]) == 36
    assert set(logs[0].metrics) == {0, 1}
    assert {"loss", "q_mean", "epsilon", "lr"} <= set(logs[0].metrics[0])


def test_a_run_can_be_counted_in_episodes() -> None:
    runner = make_runner("dqn", EPISODES | {"train.episodes": 7, "environment.kwargs.length": 4}, "Counting")
    rows = episodes_of(list(runner.run()))
    assert [row.step for row in rows] == [4, 8, 12, 16, 20, 24, 28]


def test_one_update_an_episode_falls_on_its_end() -> None:
    settings = {"train.episodes": 6, "train.update_unit": "episodes", "train.update_every": 1, "train.batch_size": 4}
    target = {"target.period": 2, "target.unit": "episodes"}
    runner = make_runner("dqn", EPISODES | settings | target, "Counting")
    updates = []
    runner.begin()
    while not runner.finished:
        runner.step()
        updates.append((runner.clock.steps, runner.clock.updates, runner.counts()[0]["syncs"]))
    assert updates == [(step, step // 5, step // 10) for step in range(1, 31)]


def test_stopping_ends_the_run_after_the_step() -> None:
    runner = small({})
    logs = runner.run()
    next(logs)
    steps = runner.clock.steps
    runner.stop.request()
    assert [log.last for log in logs] == [True]
    assert runner.clock.steps == steps


def test_evaluations_are_greedy_and_leave_training_alone() -> None:
    settings = {"train.eval_every": 25, "train.eval_episodes": 3}
    plain, evaluated = small({}, "Counting", (0, 1)), small(settings, "Counting", (0, 1))
    without, logs = list(plain.run()), list(evaluated.run())
    assert episodes_of(logs) == episodes_of(without)
    found = [evaluation for log in logs for evaluation in log.evaluations]
    assert [(e.step, e.seed, e.episode) for e in found] == [
        (step, seed, n) for step in (25, 50, 75, 100) for seed in (0, 1) for n in range(3)
    ]
    assert {(e.length, e.terminated, e.truncated) for e in found} == {(5, False, True)}
