from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Discrete, Text

import rlzoo
from rlzoo.registry.catalog import open_catalog
from rlzoo.results.video import record_video


class Alternating(gymnasium.Env[str, int]):
    """No action may follow itself, though repeating the last one pays; refuses forbidden actions."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 4}  # noqa: RUF012
    observation_space, action_space = Text(3, charset="ab"), Discrete(2)

    def __init__(self, render_mode: str | None = None) -> None:
        self.render_mode = render_mode

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[str, dict[str, Any]]:
        super().reset(seed=seed)
        self.last, self.time = 0, 0
        return "a", {"action_mask": np.arange(2) != self.last}

    def step(self, action: int) -> tuple[str, float, bool, bool, dict[str, Any]]:
        assert action != self.last, "forbidden"
        self.last, self.time = action, self.time + 1
        return "ab"[action], 1.0, False, self.time == 5, {"action_mask": np.arange(2) != self.last}

    def render(self) -> Any:
        return np.zeros((16, 16, 3), np.uint8)


gymnasium.register("rlzoo-tests/Alternating-v0", Alternating)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_videos_show_allowed_actions_only(tmp_path: Path) -> None:
    small = {"train.learning_starts": 50, "train.batch_size": 8}
    result = rlzoo.train("dqn", "rlzoo-tests/Alternating-v0", steps=100, set=small, out=tmp_path / "run")
    composition = result.folder.composition(open_catalog())
    path = record_video(composition, result.agent(seed=0), 0, "video", tmp_path / "videos")
    assert path.stat().st_size > 0
