"""Garbage of environments is collected while they train."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = '''
import pathlib
import weakref
import gymnasium
import numpy as np

class World:
    pass

class Worlds(gymnasium.Env):
    """Makes a world at each reset that refers to itself, as Box2D's do."""

    observation_space, action_space = gymnasium.spaces.Box(0, 1, (1,)), gymnasium.spaces.Discrete(2)
    living, most = weakref.WeakSet(), 0

    def reset(self, *, seed=None, options=None):
        self.world = World()
        self.world.itself = self.world
        self.living.add(self.world)
        Worlds.most = max(self.most, len(self.living))
        return np.zeros(1, np.float32), {}

    def step(self, action):
        return np.zeros(1, np.float32), 1.0, True, False, {}

    def close(self):
        pathlib.Path("most").write_text(str(self.most))
'''


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_environments_leave_no_worlds(workers: str, tmp_path: Path) -> None:
    (tmp_path / "worlds.py").write_text(SOURCE)
    command = [sys.executable, "-m", "rlzoo", "run", "dqn", "--env", "worlds:Worlds", "--steps", "3000", "--seeds", "2"]
    options = ["--workers", workers, "--set", "train.learning_starts=2900", "--quiet"]
    subprocess.run([*command, *options], cwd=tmp_path, check=True, timeout=300)
    assert 1 < int((tmp_path / "most").read_text()) < 1_500  # of 3,000 or more
