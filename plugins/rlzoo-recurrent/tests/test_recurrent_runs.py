"""Runs with memory: what is stored, reset, evaluated, loaded, exported and refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import rlzoo
from rlzoo.cli import main
from rlzoo.contracts.errors import BadInput, OptionError
from rlzoo.lanes.params import unroll
from rlzoo.registry.catalog import KINDS
from rlzoo.registry.composition import compose
from rlzoo.testing import Case, installed, one_thread, rules_of
from rlzoo.training.runner import Runner

CATALOG = installed()
SLOW = {"algorithm", "effect", "memory", "per-lane", "resumable"}
SMALL: dict[str, Any] = {
    "train.steps": 300,
    "train.learning_starts": 20,
    "train.batch_size": 8,
    "train.update_every": 4,
    "network.hidden": (6,),
    "network.units": 5,
    "buffer.capacity": 200,
    "environment.length": 3,
}
SHORT = {"objective.length": 6, "objective.burn_in": 2}


def _marked(rule: Any, case: Case) -> Any:
    slow = {rule.name, case.slot} & SLOW
    return pytest.param(rule, case, id=f"{case.name}-{rule.name}", marks=[pytest.mark.slow] if slow else [])


@pytest.mark.parametrize(("rule", "case"), [_marked(rule, case) for rule, case in rules_of("rlzoo-recurrent")])
def test_keeps_the_rule(rule: Any, case: Case) -> None:
    rule(case)


def test_everything_says_where_it_was_published() -> None:
    entries = [CATALOG.get(kind, name) for kind in KINDS if kind != "command" for name in CATALOG.names(kind)]
    own = [entry for entry in entries if entry.plugin == "rlzoo-recurrent"]
    assert len(own) == 7
    assert all(entry.reference for entry in own)


def runner_of(**settings: Any) -> Runner:
    given = {name.replace("__", "."): value for name, value in settings.items()}
    return Runner(compose(CATALOG, "r2d2", {}, SMALL | SHORT | given, "memory/t-maze"), (3, 1), torch.device("cpu"))


def test_pitfall_29_stored_memories_are_those_of_acting() -> None:
    """By hand: each lane, environment and step, also while the weights change; zeros where an episode begins."""
    with one_thread():
        runner = runner_of(train__envs=2)
        runner.begin()
        memory, episodes = torch.zeros(2, 2, 10), 0
        for _ in range(60):
            runner.collector.reset()
            observation = torch.from_numpy(runner.collector._observation)
            with torch.no_grad():
                _, after = unroll(runner.learner.predict, runner.learner.online, observation[:, :, None], memory)
            runner.step()
            ring = runner.parts.buffer.ring  # type: ignore[attr-defined]  # a prioritized buffer
            batch = ring.gather(ring.latest(2).expand(2, -1))
            assert torch.equal(batch.columns["memory"][:, :, 0], memory)
            assert runner.learner.memory is not None
            ended = (batch.terminated | batch.truncated)[:, :, 0]
            episodes += int(ended.sum())
            memory = torch.where(ended[..., None], 0.0, after[:, :, 0])
    assert runner.clock.updates > 10
    assert episodes > 4


def test_q_values_ahead_are_not_remembered() -> None:
    with one_thread():
        runner = runner_of()
        runner.begin()
        runner.step()
        learner, observation = runner.learner, runner.collector._observation
        assert learner.memory is not None
        before = learner.memory.state()
        ahead = learner.q_ahead(observation)
        assert all(np.array_equal(array, before[name]) for name, array in learner.memory.state().items())
        assert not np.array_equal(ahead, learner.q(observation))
        learner.memory.begin_step(np.zeros((2, 1), np.bool_))
        assert not np.array_equal(ahead, learner.q(observation))  # `q` had been called, and is remembered


def trained(folder: Path, algorithm: str = "drqn") -> rlzoo.Result:  # type: ignore[name-defined]
    settings = SMALL | {"train.eval_every": 100, "train.eval_episodes": 4}
    return rlzoo.train(algorithm, "memory/t-maze", seeds=2, set=settings, out=folder)


def test_agents_remember_until_they_are_reset(tmp_path: Path) -> None:
    trained(tmp_path / "run")
    agent = rlzoo.load(tmp_path / "run", seed=1)
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(2, 3, 2)).astype(np.float32)
    fresh = agent.q_values(second)
    agent.act(first)
    later = agent.q_values(second)
    assert not np.allclose(fresh, later)
    np.testing.assert_array_equal(agent.q_values(second), later)  # looking changes nothing
    agent.reset([True, False, False])
    np.testing.assert_allclose(agent.q_values(second)[0], fresh[0], rtol=1e-5)
    np.testing.assert_allclose(agent.q_values(second)[1:], later[1:], rtol=1e-5)
    with pytest.raises(BadInput, match=r"the agent remembers 3 episodes, not 1; call `reset\(\)`"):
        agent.act(first[0])
    agent.reset()
    np.testing.assert_array_equal(agent.q_values(second), fresh)
    x = torch.from_numpy(np.stack([first, second], 1))
    with torch.inference_mode():
        at_once, _ = agent.module(x, torch.zeros(3, agent.memory_size), torch.zeros(3, 2, dtype=torch.bool))
    np.testing.assert_allclose(at_once[:, 1], later, rtol=1e-5)


def test_evaluations_during_a_run_are_those_of_the_agent(tmp_path: Path) -> None:
    """Greedy episodes in both, one in a batch of lanes and environments, the other alone."""
    with one_thread():
        runner = runner_of(train__eval_every=300, train__eval_episodes=5)
        logs = list(runner.run())
        evaluations = [episode for log in logs for episode in log.evaluations if episode.seed == 1]
        from rlzoo.results.agent import Agent

        agent, env = Agent(runner.composition, 1, runner.weights()[1]), runner.composition["environment"].make()
        from rlzoo.lanes.seeding import EpisodeSeeds

        drawn = EpisodeSeeds([1], 5, "evaluation").draw(np.ones((1, 5), np.bool_))
        for episode in evaluations:
            observation, _ = env.reset(seed=int(drawn[0, episode.episode]))
            agent.reset()
            total, length, over = 0.0, 0, False
            while not over:
                observation, reward, terminated, truncated, _ = env.step(agent.act(observation))
                total, length, over = total + reward, length + 1, terminated or truncated
            assert (total, length) == (episode.episode_return, episode.length)
    assert len(evaluations) == 5


def test_programs_are_refused_and_weights_are_exported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trained(tmp_path / "run")
    for form in ("torch", "onnx"):
        assert main(["export", str(tmp_path / "run"), "--seed", "0", "--format", form]) == 2
        assert "`network=lstm` has a memory, but a program takes single observations" in capsys.readouterr().err
    assert main(["export", str(tmp_path / "run"), "--seed", "0", "--format", "safetensors"]) == 0
    assert main(["eval", str(tmp_path / "run"), "--episodes", "2"]) == 0


@pytest.mark.parametrize(
    ("components", "settings", "message"),
    [
        ({"network": "mlp"}, {}, "`objective=recurrent-q` trains networks with memory, but `network=mlp` has none"),
        ({"objective": "double"}, {}, "`network=lstm` carries a memory .* `objective=double` does not train"),
        ({}, {"objective.burn_in": 6}, "`objective.burn_in` is 6, so sequences of `objective.length` 6 leave no step"),
        ({"buffer": "dataset"}, {"buffer.path": "DATASET"}, "`buffer=dataset` has no column memory"),
        (
            {"buffer": "primed"},
            {"buffer.evict": "newest", "buffer.prime": 0, "train.n_step": 1},
            "sequences needs neighbouring steps",
        ),
        ({"buffer": "primed"}, {}, "priming cannot supply the column `memory`"),
        ({}, {"buffer.capacity": 5}, "a buffer of 5 transitions cannot hold 6 steps"),
    ],
)
def test_what_cannot_work_is_refused_before_training(
    components: dict[str, str], settings: dict[str, Any], message: str
) -> None:
    given = SMALL | SHORT | settings
    if "network" in components:
        given = {name: value for name, value in given.items() if not name.startswith("network.")}
    if "objective" in components:
        given = {name: value for name, value in given.items() if not name.startswith("objective.")}
    if components.get("buffer") == "dataset":
        from rlzoo_offline.dataset import EXAMPLE

        given = {**given, "buffer.path": EXAMPLE}
        del given["buffer.capacity"]
    with pytest.raises(OptionError, match=message):
        Runner(compose(CATALOG, "r2d2", components, given), [0], torch.device("cpu"))


def test_diagnostics_see_the_q_values_of_acting() -> None:
    with one_thread():
        runner = runner_of(train__diagnose=True, train__learning_starts=300)
        runner.begin()
        for _ in range(5):
            runner.collector.reset()
            observation = runner.collector._observation
            runner.step()
        learner = runner.learner
        seen, _ = learner.look(learner.online, learner.states(observation))
        assert learner.memory is not None
        with torch.inference_mode():
            acted = learner.memory.run(learner.predict, learner.online, torch.from_numpy(observation))
        torch.testing.assert_close(seen, acted)
        assert not torch.allclose(seen, learner.look(learner.online, {"observation": torch.from_numpy(observation)})[0])


@pytest.mark.slow
@pytest.mark.parametrize(("algorithm", "network", "solves"), [("drqn", "gru", True), ("double-dqn", "mlp", False)])
def test_a_bit_is_remembered(algorithm: str, network: str, solves: bool, tmp_path: Path) -> None:
    settings = {"train.learning_starts": 200, "train.update_every": 4, "train.batch_size": 16, "optimizer.lr": 3e-3}
    settings |= {"environment.length": 4, "exploration.steps": 1_500}
    settings |= {"network.hidden": (16,)} | ({"network.units": 16} if solves else {})
    result = rlzoo.train(
        algorithm, "memory/chain", network=network, steps=3_000, seeds=2, set=settings, out=tmp_path / "run"
    )
    for seed in range(2):
        agent, returns = result.agent(seed), []
        env = agent.make_env()
        for episode in range(20):
            observation, _ = env.reset(seed=episode)
            agent.reset()
            over = False
            while not over:
                observation, reward, over, *_ = env.step(agent.act(observation))
            returns.append(reward)
        assert np.mean(returns) == 1 if solves else abs(np.mean(returns)) < 0.8
