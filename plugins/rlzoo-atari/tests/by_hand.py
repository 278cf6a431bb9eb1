"""One Atari game by the plain emulator and NumPy, written from the papers: what the environment is compared with."""

from __future__ import annotations

import numpy as np
from ale_py import ALEInterface, LoggerMode, roms


class ByHand:
    """Frames skipped, the last two pooled, shrunk to `side` x `side` by area, and stacked on zeros."""

    def __init__(
        self, game: str, seed: int, sticky: float = 0.0, skip: int = 4, side: int = 84, stack: int = 4
    ) -> None:
        ALEInterface.setLoggerMode(LoggerMode.Error)
        self.ale, self.skip = ALEInterface(), skip
        self.ale.setFloat("repeat_action_probability", sticky)
        self.ale.setInt("random_seed", seed)
        self.ale.loadROM(roms.get_rom_path(game))  # type: ignore[arg-type]
        self.ale.reset_game()
        self.actions = self.ale.getMinimalActionSet()
        height, width = self.ale.getScreenDims()
        self.rows, self.columns = area(height, side), area(width, side)
        self.stack = np.zeros((stack, side, side))

    def begin(self, noops: int) -> np.ndarray:
        for _ in range(noops):
            self.ale.act(0)
        return self._push(self.ale.getScreenGrayscale())

    def step(self, action: int) -> tuple[np.ndarray, int, bool]:
        """Observation, points, and whether the game is over; lives are asked of `ale`."""
        points, screens = 0, []
        for _ in range(self.skip):
            points += self.ale.act(self.actions[action])
            screens.append(self.ale.getScreenGrayscale())
        return self._push(np.maximum(*screens[-2:])), points, self.ale.game_over()

    def _push(self, screen: np.ndarray) -> np.ndarray:
        self.stack = np.concatenate([self.stack[1:], (self.rows @ screen @ self.columns.T)[None]])
        return self.stack


def area(size: int, smaller: int) -> np.ndarray:
    """Weights `[smaller, size]` that take each new pixel's mean over the part of the old ones that it covers."""
    ends = np.arange(smaller + 1) * size / smaller
    old = np.arange(size)
    covered = np.minimum(ends[1:, None], old + 1) - np.maximum(ends[:-1, None], old)
    return covered.clip(0) * smaller / size


def same(seen: np.ndarray, expected: np.ndarray) -> bool:
    """Whether bytes are the numbers expected, but for how halves are rounded."""
    return bool(np.abs(seen.astype(float) - expected).max() <= 1.0)
