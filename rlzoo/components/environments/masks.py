"""Action masks: which actions an environment allows now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Discrete, Space

from rlzoo.contracts.encoding import CombinedActions
from rlzoo.contracts.errors import BadInput

KEY = "action_mask"
"""Where Gymnasium and PettingZoo put a mask in `info`."""
METHOD = "action_masks"
"""The method that sb3-contrib calls."""


def offers_masks(env: gymnasium.Env[Any, Any]) -> bool:
    """Whether `env` says which actions are allowed: by the method, or in the `info` of a reset, which this does.

    An environment that fails here offers none; its first reset in the run reports the failure.
    """
    if not isinstance(env.action_space, Discrete | gymnasium.spaces.MultiDiscrete | gymnasium.spaces.MultiBinary):
        return False
    try:
        return env.has_wrapper_attr(METHOD) or KEY in env.reset(seed=0)[1]
    except KeyboardInterrupt:
        raise
    except BaseException:
        return False


def read_mask(env: gymnasium.Env[Any, Any], info: Mapping[str, Any], actions: Space[Any]) -> np.ndarray:
    """The mask over `actions` now, `[A]` bool, from `info` or the environment's method.

    Raises BadInput where there is none, it has another shape, or it allows no action.
    """
    if KEY in info:
        given = info[KEY]
    elif env.has_wrapper_attr(METHOD):
        given = env.get_wrapper_attr(METHOD)()
    else:
        raise BadInput(f"returned no `{KEY}` in info, as it did before; ignore masks with `environment.masks=false`")
    assert isinstance(actions, Discrete)
    mask = actions.combine_mask(given) if isinstance(actions, CombinedActions) else _booleans(given)
    if mask.shape != (int(actions.n),):
        raise BadInput(f"returned an action mask of shape {mask.shape}, not {(int(actions.n),)}")
    if not mask.any():
        raise BadInput("returned an action mask that allows no action, though the episode is not over")
    return mask


def _booleans(mask: Any) -> np.ndarray:
    array = np.asarray(mask)
    if array.dtype != np.bool_ and not np.isin(array, (0, 1)).all():
        raise BadInput(f"returned the action mask {array.tolist()}; its values are 0 and 1")
    return array.astype(np.bool_)
