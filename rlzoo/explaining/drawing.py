"""Pictures of observations: an environment beside the run's repeats the episode and is rendered."""

from __future__ import annotations

import io
import os
import warnings
from typing import Any

import gymnasium
import numpy as np
from PIL import Image

from rlzoo.contracts import EnvironmentFamily
from rlzoo.contracts.encoding import as_actions, as_array
from rlzoo.contracts.errors import described
from rlzoo.contracts.spaces import observation_layout
from rlzoo.results.plotting import COLOURS
from rlzoo.training.runner import Runner

WIDTH = 360
"""Pixels, at most."""
DEPTH = 64
"""Colors of a picture; drawings of environments have fewer."""


class Mirror:
    """Environment 0 of a run once more, with pictures.

    It begins each episode with the same seed and takes the same actions. `problem` says why there are no pictures, ""
    if there are. Where the environment cannot be rendered, observations that are images are drawn.
    """

    def __init__(self, runner: Runner) -> None:
        self.runner, self.problem = runner, ""
        self.space = runner.environment.observation_space
        self._env: gymnasium.Env[Any, Any] | None = None
        self._seed: int | None = None
        self._observation: Any = None

    def begin(self) -> None:
        """Come to where the run is: repeat the running episode."""
        family: EnvironmentFamily = self.runner.composition["environment"]
        collector = self.runner.collector
        taken = collector.taken()
        if self.runner.parts.buffer.offline:
            self.problem = "nothing is collected"
            return
        if taken is None:
            self.problem = "the actions of its episode are not known any more"
            return
        try:
            self._env = _rendering(family)
            if self._env is None:
                self.problem = f"`{family.id}` cannot be rendered"
                return
            length = int(collector.episodes.lengths[0, 0])
            if length:
                self._begin(int(collector.episode_seeds.current[0, 0]))
                for action in taken[0][0]:
                    self._take(action)
        except Exception as error:  # it runs the code of the environment
            self._give_up(described(error))

    def picture(self, observation: np.ndarray, seed: int) -> bytes | None:
        """The environment in this observation of the episode with this seed, as a PNG; None if that is not possible."""
        if self._env is not None:
            try:
                if seed != self._seed:
                    self._begin(seed)
                if self._shows(observation):
                    return _png(np.asarray(self._env.render()))
                self._give_up("its episodes cannot be repeated")
            except Exception as error:
                self._give_up(described(error))
        image = as_image(observation)
        return None if image is None else _png(image)

    def step(self, action: np.ndarray) -> None:
        """Take the action that the run's environment takes, `[L, N, ...]`."""
        if self._env is not None:
            try:
                self._take(action[0, 0])
            except Exception as error:
                self._give_up(described(error))

    def close(self) -> None:
        """Close the environment."""
        if self._env is not None:
            self._env.close()
            self._env = None

    def _begin(self, seed: int) -> None:
        assert self._env is not None
        self._observation, _ = self._env.reset(seed=seed)
        self._seed = seed

    def _take(self, action: np.ndarray) -> None:
        assert self._env is not None
        decoded = as_actions(self.runner.environment.action_space, np.asarray(action)[None, None])[0, 0]
        self._observation, _, terminated, truncated, _ = self._env.step(
            decoded.tolist() if decoded.ndim == 0 else decoded
        )
        if terminated or truncated:
            self._seed = None

    def _shows(self, observation: np.ndarray) -> bool:
        shown = as_array(self.space, self._observation, observation_layout(self.space)[1])
        return bool(np.array_equal(shown, observation))

    def _give_up(self, problem: str) -> None:
        self.problem = problem
        self.close()


def _rendering(family: EnvironmentFamily) -> gymnasium.Env[Any, Any] | None:
    """An environment that can be rendered; None where there is none."""
    if not os.environ.get("DISPLAY"):
        os.environ.setdefault("SDL_VIDEODRIVER", "dummy")  # without a screen, SDL would complain on stderr
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain = family.make()
        if plain is None or "rgb_array" not in plain.metadata.get("render_modes", ()):
            return None
        plain.close()
        return family.make("rgb_array")


HUES = np.array([[int(hue[place : place + 2], 16) for place in (1, 3, 5)] for hue in COLOURS[:-1]], np.uint8)
"""Of the channels of an image."""


def as_image(observation: np.ndarray) -> np.ndarray | None:
    """An observation that is an image as `[H, W, 3]`: of stacked frames the last, of other channels one colour each."""
    if observation.ndim == 2:
        return np.repeat(_bytes(observation)[..., None], 3, -1)
    if observation.ndim != 3:
        return None
    if observation.shape[0] < observation.shape[2]:  # channels first
        return as_image(observation[-1])
    if observation.shape[2] in (1, 3):
        return np.repeat(_bytes(observation), 3 // observation.shape[2], -1)
    image = np.zeros((*observation.shape[:2], 3), np.uint8)
    for channel in range(observation.shape[2]):
        image[observation[..., channel] != 0] = HUES[channel % len(HUES)]
    return image


def _bytes(image: np.ndarray) -> np.ndarray:
    """Any numbers as 0 to 255."""
    if image.dtype == np.uint8:
        return image
    low, high = float(image.min()), float(image.max())
    scaled: np.ndarray = np.round((image.astype(np.float64) - low) * (255 / (high - low or 1.0))).astype(np.uint8)
    return scaled


def _png(pixels: np.ndarray) -> bytes:
    """A small file: at most `WIDTH` wide, small images enlarged, with few colours."""
    image = Image.fromarray(pixels.astype(np.uint8))
    if image.width > WIDTH:
        image = image.resize((WIDTH, round(image.height * WIDTH / image.width)), Image.Resampling.LANCZOS)
    elif image.width < WIDTH // 4:
        factor = WIDTH // 2 // image.width
        image = image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)
    file = io.BytesIO()
    image.quantize(DEPTH).save(file, "PNG", optimize=True)
    return file.getvalue()
