"""What checkpoints cost: the time to take and write one, as a share of the ten minutes between two.

    python benchmarks/checkpoints.py

Measures ten CartPole lanes, and one lane with an Atari replay of synthetic frames. The replay is saved twice: the
second checkpoint contains only the transitions added after the first, `--new` of them. The default is what a lane
collects in ten minutes at 300 steps per second.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from gymnasium.spaces import Discrete

from rlzoo.components.buffers.ring import Ring
from rlzoo.contracts import BuildSpec, CheckpointTimes, Transition
from rlzoo.contracts.spaces import FrameStack
from rlzoo.lanes.clock import Clock
from rlzoo.lanes.rng import LaneRng
from rlzoo.registry.catalog import open_catalog
from rlzoo.registry.composition import compose
from rlzoo.results.checkpoints import CheckpointFolder
from rlzoo.training.checkpointing import Checkpointer
from rlzoo.training.groups import one_thread
from rlzoo.training.runner import Runner

INTERVAL = 600.0
"""Seconds between two checkpoints by default."""
LANES = 10


def main() -> None:
    """Measure both, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--capacity", type=int, default=100_000, help="transitions of the Atari replay")
    parser.add_argument("--new", type=int, default=180_000, help="transitions between its two checkpoints")
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        _report(f"dqn, CartPole-v1, {LANES} lanes", *_run(Path(folder)))
    with TemporaryDirectory() as folder:
        whole, then = _replay(Path(folder), given.capacity, given.new)
        _report(f"Atari replay, {given.capacity:,} transitions, the first time", *whole)
        _report(f"the same, {given.new:,} new transitions", *then)


def _report(what: str, seconds: float, size: int) -> None:
    print(f"{what}: {seconds:.2f} s, {size / 2**20:,.1f} MiB, {seconds / INTERVAL:.2%} of ten minutes")


def _run(folder: Path) -> tuple[float, int]:
    """Of a run with a full replay."""
    composition = compose(open_catalog(), "dqn", {}, {"train.steps": 12_000})
    with one_thread():
        runner = Runner(composition, range(LANES), torch.device("cpu"))
        for _ in runner.run():
            pass
        runner.checkpointer = Checkpointer([CheckpointTimes()], LANES)
        began = time.perf_counter()
        for seed, checkpoint in enumerate(runner.take_checkpoints()):
            CheckpointFolder(folder).write(seed, checkpoint)
    return time.perf_counter() - began, _size(folder)


def _replay(folder: Path, capacity: int, new: int) -> list[tuple[float, int]]:
    """Of a full replay, and of the same after `new` transitions; a new one replaces the oldest."""
    space = FrameStack(0, 255, (4, 84, 84), np.uint8)
    rng = LaneRng([0], "buffer")
    ring = Ring(BuildSpec(space, Discrete(4), 1, 1, torch.device("cpu"), rng, steps=None), capacity)
    checkpointer, found, stored = Checkpointer([CheckpointTimes()], 1), [], set[Path]()
    for count in (capacity, new):
        _play(ring, count)
        began = time.perf_counter()
        for checkpoint in checkpointer.take({"buffer": ring.state()}, Clock(1), [{}]):
            CheckpointFolder(folder).write(0, checkpoint)
        files = set(folder.rglob("*.safetensors"))
        found.append((time.perf_counter() - began, sum(file.stat().st_size for file in files - stored)))
        stored = files
    return found


def _play(ring: Ring, steps: int) -> None:
    """Add transitions with random frames, in episodes of a thousand steps."""
    rng, shape = np.random.default_rng(0), (1, 1)
    action, reward = np.zeros(shape, np.int64), np.zeros(shape, np.float32)
    stack = np.zeros((*shape, 4, 84, 84), np.uint8)
    for step in range(1, steps + 1):
        over = np.full(shape, step % 1_000 == 0)
        after = np.concatenate([stack[:, :, 1:], rng.integers(256, size=(*shape, 1, 84, 84), dtype=np.uint8)], 2)
        ring.add(Transition(stack, action, reward, after, over, np.zeros_like(over)))
        stack = np.zeros_like(stack) if over.any() else after


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*.safetensors"))


if __name__ == "__main__":
    main()
