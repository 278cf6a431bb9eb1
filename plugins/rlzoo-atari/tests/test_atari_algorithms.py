"""The agents have the settings of their papers, and train on real frames."""

from __future__ import annotations

import resource
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from gymnasium.spaces import Discrete
from numpy.lib.stride_tricks import sliding_window_view
from torch import nn

from rlzoo.api import train
from rlzoo.components.buffers.ring import Ring
from rlzoo.components.optimizers.rmsprop import RMSProp
from rlzoo.contracts import BuildSpec, Composition, Transition
from rlzoo.contracts.spaces import FrameStack
from rlzoo.lanes.clock import Clock
from rlzoo.lanes.rng import LaneRng
from rlzoo.registry.composition import compose
from rlzoo.testing import installed, run
from rlzoo.training.runner import Runner
from rlzoo_atari.algorithms import DQN_2013, RAINBOW_ATARI

CATALOG = installed()
NATURE = {
    "train.steps": 50_000_000,
    "train.batch_size": 32,
    "train.n_step": 1,
    "train.learning_starts": 50_000,
    "train.update_every": 4,
    "train.update_unit": "steps",
    "train.updates": 1,
    "buffer.capacity": 1_000_000,
    "network.preset": "nature",
    "network.dueling": False,
    "exploration.start": 1.0,
    "exploration.end": 0.1,
    "exploration.steps": 1_000_000,
    "target.period": 10_000,
    "target.unit": "updates",
    "objective.gamma": 0.99,
    "objective.loss": "huber",
    "objective.delta": 1.0,
    "optimizer.lr": 0.00025,
    "optimizer.decay_rate": 0.95,
    "optimizer.eps": 0.01 / 32**2,
    "optimizer.eps_place": "inside",
    "optimizer.centered": True,
    "optimizer.momentum": 0.0,
    "environment.frame_skip": 4,
    "environment.stack": 4,
    "environment.side": 84,
    "environment.noops": 30,
    "environment.clip_rewards": True,
    "environment.episodic_life": True,
}
WITHOUT_TARGET = {name: value for name, value in NATURE.items() if not name.startswith("target.")}
RAINBOW = {
    "train.steps": 50_000_000,
    "train.batch_size": 32,
    "train.n_step": 3,
    "train.learning_starts": 80_000 // 4,
    "train.update_every": 4,
    "buffer.capacity": 1_000_000,
    "buffer.alpha": 0.5,
    "buffer.beta": 0.4,
    "buffer.beta_end": 1.0,
    "network.preset": "nature",
    "network.dueling": True,
    "network.sigma": 0.5,
    "target.period": 32_000 // 4,
    "target.unit": "steps",
    "objective.gamma": 0.99,
    "objective.atoms": 51,
    "objective.v_min": -10.0,
    "objective.v_max": 10.0,
    "objective.double": True,
    "optimizer.lr": 0.0000625,
    "optimizer.eps": 1.5e-4,
    "environment.max_frames": 108_000,
    "environment.clip_rewards": True,
    "environment.episodic_life": True,
}
PAPERS: dict[str, dict[str, Any]] = {
    "dqn-nature": NATURE,
    "dqn-2013": WITHOUT_TARGET
    | {
        "train.steps": 10_000_000,
        "train.update_every": 1,
        "network.preset": "2013",
        "objective.loss": "half-mse",
        "objective.delta": None,
    },
    "rainbow-atari": RAINBOW,
}


FRAMES_OF_84 = FrameStack(0, 255, (4, 84, 84), np.uint8)


def resolved(made: Composition, name: str) -> Any:
    section, _, field = name.partition(".")
    return getattr(made.train if section == "train" else made[section], field)


@pytest.mark.parametrize("name", PAPERS)
@pytest.mark.parametrize("game", [None, "atari/Pong"])
def test_settings_are_the_papers_on_any_game(name: str, game: str | None) -> None:
    made = compose(CATALOG, name, environment=game)
    assert {setting: resolved(made, setting) for setting in PAPERS[name]} == PAPERS[name]


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("dqn-nature", "uniform cnn epsilon-greedy hard q-learning rmsprop"),
        ("dqn-2013", "uniform cnn epsilon-greedy none q-learning rmsprop"),
        ("rainbow-atari", "prioritized noisy-cnn greedy hard c51 adam"),
    ],
)
def test_parts_are_the_papers(name: str, parts: str) -> None:
    slots = ("buffer", "network", "exploration", "target", "objective", "optimizer")
    assert [compose(CATALOG, name).components[slot].name for slot in slots] == parts.split()


@pytest.mark.parametrize(
    ("name", "layers"),
    [
        ("dqn-2013", [(16, 4, 8, 8), (32, 16, 4, 4), (256, 2592), (4, 256)]),
        ("dqn-nature", [(32, 4, 8, 8), (64, 32, 4, 4), (64, 64, 3, 3), (512, 3136), (4, 512)]),
        (
            "rainbow-atari",
            [(32, 4, 8, 8), (64, 32, 4, 4), (64, 64, 3, 3), (512, 3136), (51, 512), (512, 3136), (4 * 51, 512)],
        ),
    ],
)
def test_networks_have_the_papers_layers(name: str, layers: list[tuple[int, ...]]) -> None:
    made = compose(CATALOG, name)
    module: nn.Module = made["network"].build(spec_of(FRAMES_OF_84, outputs=51 if name == "rainbow-atari" else 1))
    weights = [leaf.shape for label, leaf in module.named_parameters() if label.endswith(("weight", "weight_mu"))]
    assert [tuple(shape) for shape in weights] == layers


def spec_of(space: FrameStack, **more: Any) -> BuildSpec:
    return BuildSpec(space, Discrete(4), 1, 1, torch.device("cpu"), LaneRng([0], "test"), 1_000, **more)


def test_mean_gradients_with_our_epsilon_step_as_summed_ones_with_the_papers() -> None:
    options = compose(CATALOG, "dqn-nature")["optimizer"]
    gradients = 1e-3 * torch.randn(50, 1, 64, generator=torch.Generator().manual_seed(0))
    rows = []
    for eps, factor in ((0.01, 32.0), (options.eps, 1.0)):
        optimizer = RMSProp(lr=options.lr, eps=eps).build(spec_of(FRAMES_OF_84))
        row = torch.zeros(1, 64, requires_grad=True)
        optimizer.start({"parameters": row})
        for gradient in gradients:
            row.grad = factor * gradient
            optimizer.step(Clock(1))
        rows.append(row.detach())
    assert rows[1].abs().max() > 1e-4
    assert torch.allclose(rows[0], rows[1], rtol=1e-4)


FEW = {"train.learning_starts": 60, "train.steps": 160, "buffer.capacity": 100, "environment.max_frames": 240}


@pytest.mark.slow
@pytest.mark.parametrize("name", PAPERS)
def test_lanes_are_exact_in_the_whole(name: str) -> None:
    made = compose(CATALOG, name, {}, FEW | {"train.update_every": 20, "train.batch_size": 4}, "atari/Asterix")
    together = run(made, [3, 1])
    for seed, outcome in run(made, [1]).items():
        assert outcome.episodes
        assert outcome.same(together[seed])


@pytest.mark.slow
@pytest.mark.parametrize(("name", "game"), [*zip(PAPERS, ["Pong", "Breakout", "Pong"], strict=True)])
def test_it_trains_on_real_frames(name: str, game: str, tmp_path: Any) -> None:
    settings = {
        "train.learning_starts": 400,
        "buffer.capacity": 500,
        "train.update_every": 24,
        "environment.max_frames": 1_200,
    }
    result = train(name, f"atari/{game}", steps=1_000, set=settings, out=tmp_path / "run", catalog=CATALOG)
    assert len(result.episodes) >= 2
    assert np.isfinite(result.metrics["loss"].dropna()).all()
    assert result.agent(0).q_values(np.zeros((4, 84, 84), np.uint8)).shape == (6 if game == "Pong" else 4,)
    if game == "Breakout":
        assert (result.episodes["return"] % 1 == 0).all()


@pytest.mark.slow
def test_prioritized_replay_of_frames_kept_once_learns_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    settings: dict[str, Any] = FEW | {
        "environment.side": 36,
        "train.update_every": 20,
        "train.batch_size": 4,
        "train.envs": 2,
    }
    made = compose(CATALOG, "rainbow-atari", {}, settings, "atari/Asterix")
    once = run(made, [3])[3]
    monkeypatch.setattr("rlzoo.components.buffers.ring.FrameStack", type("Never", (), {}))
    assert once.episodes
    assert run(made, [3])[3].same(once)


EPISODE = 200


def resident() -> int:
    """Bytes of memory this process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def filled(capacity: int) -> Ring:
    """A ring full of frames, in episodes of 200 steps, which few games are over in."""
    frames = np.random.default_rng(0).integers(0, 256, (EPISODE + 4, 84, 84), np.uint8)
    stacks = sliding_window_view(frames, 4, axis=0).transpose(0, 3, 1, 2)[:, None, None]
    ring, none = Ring(spec_of(FRAMES_OF_84), capacity), np.zeros((1, 1), np.int64)
    for step in range(capacity + EPISODE // 2):
        here = step % EPISODE
        ended = np.full((1, 1), here == EPISODE - 1)
        ring.add(Transition(stacks[here], none, none, stacks[here + 1], none > 0, ended))
    assert np.array_equal(ring.gather(ring.latest(1)[None]).next_observation, stacks[here + 1])
    return ring


def growth() -> float:
    """Bytes by which this process grows for each transition."""
    first = filled(2_000)  # loads what the first use loads
    before = resident()
    ring = filled(20_000)
    each = (resident() - before) / len(ring)
    assert len(first) == 2_000  # still held, so its memory was not used again
    return each


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_million_frames_fit_in_seven_and_a_half_gigabytes() -> None:
    """Measured with a fiftieth of them, in a new process: an old one has memory to spare that it does not ask for."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        each = process.submit(growth).result()
    assert each > 84 * 84
    assert 1_000_000 * each < 7.5e9


@pytest.mark.slow
def test_counts_are_in_the_units_of_the_papers() -> None:
    """In 200 steps from step 40 on: an update every 4, so 41; a copy every 10 updates, so 4."""
    settings = {
        "train.learning_starts": 40,
        "train.steps": 200,
        "buffer.capacity": 100,
        "target.period": 10,
        "environment.side": 36,
        "train.batch_size": 2,
    }
    runner = Runner(compose(CATALOG, "dqn-nature", {}, settings), [0], torch.device("cpu"))
    list(runner.run())
    assert (runner.clock.updates, runner.parts.target.syncs) == (41, 4)


def test_the_agents_are_short_differences() -> None:
    for algorithm in (DQN_2013, RAINBOW_ATARI):
        assert len(algorithm.settings) + len(algorithm.components) <= 16
