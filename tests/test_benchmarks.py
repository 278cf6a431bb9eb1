"""The benchmarks at tiny sizes: that they run, count the right products, and notice what became slower."""

from __future__ import annotations

import importlib
import math
from pathlib import Path
from types import ModuleType

import gymnasium
import numpy as np
import pytest
import torch

from rlzoo.contracts import Batch

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
DQN = [(128, 4, 120), (128, 120, 84), (128, 84, 2)]


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch):
    """Import a benchmark by name."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module


def test_products_are_those_of_two_forward_passes_and_one_backward(script) -> None:
    composed = script("timed_training").composition("dqn", None, {})
    gradients = [(128, 2, 84), (2, 128, 84), (128, 84, 120), (84, 128, 120), (120, 128, 4)]
    assert script("products").recorded(composed) == DQN + DQN + gradients


def test_a_convolution_counts_as_patches_times_filters(script) -> None:
    pytest.importorskip("rlzoo_minatar")
    shapes = script("products").recorded(script("timed_training").composition("dqn-minatar", None, {}))
    assert shapes.count((32 * 64, 9 * 4, 16)) == 2
    assert shapes.count((9 * 4, 32 * 64, 16)) == 1  # no gradient of the observations


def test_bare_update_computes_all_lanes(script) -> None:
    bare = script("products").BareUpdate([(3, 4, 2), (5, 6, 30)], lanes=7)
    bare()
    for left, right, out in bare.work:
        assert np.allclose(out, left @ right)
    assert bare.operations == 2 * 7 * (3 * 4 * 2 + 5 * 6 * 30)


def test_spread_and_ratios(script) -> None:
    measuring = script("measuring")
    assert measuring.spread([1.2, 3, 1]) == "1.20 (1.00 to 3.00)"
    assert measuring.spread([12_000, 9_000, 20_000]) == "12,000 (9,000 to 20,000)"
    assert measuring.ratios([6, 2], [3, 4]) == [2, 0.5]


def test_rounds_alternate(script) -> None:
    calls = []
    script("measuring").alternate({name: lambda name=name: calls.append(name) or 0.0 for name in "ab"}, 2)
    assert calls == ["a", "b", "a", "b"]


def test_lower_bound(script) -> None:
    lower_bound = script("lower_bound")
    case = lower_bound.Case("dqn", "CartPole-v1", 2, {"train.learning_starts": 200, "train.log_every": 100})
    it = lower_bound.measure(case, rounds=2, block=0.0)
    assert len(it.ratio) == 2
    assert all(value > 0 for value in (*it.loop, *it.environments, *it.products))


def test_update(script) -> None:
    it = script("updates").measure("dqn", 2, rounds=2, calls=1)
    assert {name: len(values) for name, values in it.items()} == {"update": 2, "products": 2, "dqn": 2}


def test_prioritized(script) -> None:
    pytest.importorskip("rlzoo_replay")
    it = script("prioritized").measure(rounds=1, capacity=1_000, calls=1)
    assert all(math.isfinite(value) and value > 0 for values in it.values() for value in values)


def test_diagnostics(script) -> None:
    tiny = {"train.log_every": 50, "train.learning_starts": 50}
    it = script("diagnostics").measure("dqn", "CartPole-v1", [0, 1], rounds=2, **tiny)
    assert {name: len(values) for name, values in it.items()} == {"plain": 2, "diagnosed": 2}


def fake(bench: ModuleType, **ratios: float):
    return bench.Baseline("this", {}, ratios)


@pytest.fixture
def bench(script) -> ModuleType:
    pytest.importorskip("rlzoo_replay")
    return script("bench")


def test_bench_reports_what_became_slower(bench: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    measurements = {"fast": lambda: [1.0], "slow": lambda: [2.4], "new": lambda: [9.0]}
    assert bench.compare(fake(bench, fast=1.0, slow=2.0), measurements) == ["slow"]
    assert "+20% slower" in capsys.readouterr().out


def test_bench_measures_again_before_it_reports(bench: ModuleType) -> None:
    results = iter([[2.4], [2.1]])
    assert bench.compare(fake(bench, noisy=2.0), {"noisy": lambda: next(results)}) == []


def test_bench_renews_only_what_it_measures(bench: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    first, second, *_ = bench.MEASUREMENTS
    bench.renew(path, {first: lambda: [1.0], second: lambda: [2.0]})
    bench.renew(path, {second: lambda: [3.0]})
    assert bench.load(path).ratios == {first: 1.0, second: 3.0}


def test_baseline_has_every_measurement(bench: ModuleType) -> None:
    assert bench.load(BENCHMARKS / "baseline.json").ratios.keys() == bench.MEASUREMENTS.keys()


@pytest.mark.slow
def test_lanes_beside_stable_baselines3(script, tmp_path: Path) -> None:
    peers = script("peers")
    there = importlib.util.find_spec("stable_baselines3") is not None
    measured = peers.measure([1, 2], rounds=1, steps=1_000, peer=there)
    peers.plot([1, 2], measured, tmp_path / "lanes.png")
    assert measured.keys() == {*([peers.PEER] if there else []), "rlzoo, 1 lane", "rlzoo, 2 lanes"}


@pytest.mark.slow
def test_startup(script) -> None:
    startup = script("startup")
    assert all(0 < phase < 60 for phase in startup.phases(startup.SHORT))


def test_jax_cartpole_is_gymnasiums(script) -> None:
    jax = pytest.importorskip("jax")
    pytest.importorskip("optax")
    import gymnasium

    jax_dqn = script("jax_dqn")
    theirs, draw = gymnasium.make("CartPole-v1"), np.random.default_rng(0)
    observation, _ = theirs.reset(seed=0)
    ours, key = jax_dqn.CartPole(observation[None], np.zeros(1, np.int32)), jax.random.PRNGKey(0)
    for action in draw.integers(2, size=200):
        observation, _, terminated, _, _ = theirs.step(int(action))
        ours, done = jax_dqn.step(ours, np.array([action]), key)
        assert bool(done[0]) == terminated
        if terminated:
            observation, _ = theirs.reset()
            ours = jax_dqn.CartPole(observation[None], np.zeros(1, np.int32))
        assert np.allclose(ours.state[0], observation, atol=1e-4)


@pytest.mark.parametrize("envs", [1, 10])
def test_jax_program_trains(script, envs: int) -> None:
    jax = pytest.importorskip("jax")
    pytest.importorskip("optax")
    jax_dqn = script("jax_dqn")
    program = jax_dqn.Program(envs, steps=400, until_learning=200)
    start = program.start(jax.vmap(jax.random.PRNGKey)(np.arange(2)))
    end, ended = program.train(start)
    assert ended.shape == (2, 20)
    pairs = zip(jax.tree.leaves(start.online), jax.tree.leaves(end.online), strict=True)
    assert all(not np.array_equal(before, after) for before, after in pairs)
    weights, _ = end.online[0]
    assert not np.array_equal(weights[0], weights[1])  # seeds differ


def test_sweep(script, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    sweep = script("sweep")
    monkeypatch.setattr(sweep, "STEPS", 4)
    monkeypatch.setattr(sweep, "VARIANTS", (2,))
    monkeypatch.setattr("sys.argv", ["sweep.py", "--rounds", "1"])
    sweep.main()
    assert capsys.readouterr().out.splitlines()[-1].startswith("| 2 | 8 |")


def test_a_search_costs_the_steps_of_hyperband(script) -> None:
    tuning = script("tuning")
    assert tuning.search_steps(9, 9) == tuning.SEEDS * (9 * 1 + 3 * 2 + 1 * 6)
    assert tuning.search_steps(17, 9) == tuning.SEEDS * (9 * 1 + 3 * 2 + 1 * 6 + 5 * 3 + 1 * 6 + 3 * 9)


def test_pqn_is_compared_with_triples_of_seeds(script) -> None:
    pytest.importorskip("rlzoo_pqn")
    deviations = script("pqn_deviations")
    assert deviations.reached(np.full(4, deviations.PUBLISHED + 1)) == 1
    assert deviations.reached(np.array([500, 500, 500, 0])) == 1 / 4


def test_pqn_deviates_where_episodes_end(script) -> None:
    pytest.importorskip("rlzoo_pqn")
    deviations = script("pqn_deviations")
    environment = deviations.TimeLimitTerminates(gymnasium.make("CartPole-v1", max_episode_steps=2))
    environment.reset(seed=0)
    assert [environment.step(0)[2:4] for _ in range(2)] == [(False, False), (True, True)]

    objective = deviations.ContinuingObjective(deviations.Continuing(q_lambda=1.0))
    objective.next_value = lambda *_: torch.zeros(1, 3)
    one, half, no = torch.ones(1, 1, 3), torch.full((1, 1, 3), 0.5), torch.zeros(1, 1, 3, dtype=torch.bool)
    ends = torch.tensor([[[False, True, False]]])
    index = torch.zeros(1, 1, 3, dtype=torch.int64)
    rollout = Batch(one, index, one, one, half, ends, no, index, one, {})
    found = objective.prepare(None, {}, {}, rollout)["return"]
    assert found.tolist() == [[[1.75, 1.5, 1.0]]]  # the episode's return would be 1.5, 1
