"""Numbers that may differ from lane to lane."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

Setting = float | np.ndarray
"""One number for all lanes, or float64 `[L, 1]`."""
Values = TypeVar("Values", np.ndarray, Tensor)


def beside(setting: Setting, values: Values) -> float | Values:
    """The setting in a form that broadcasts against `values` `[L, ...]`: a number, or `[L, 1, ...]` of their type.

    A tensor has the bits of the number: PyTorch, too, converts a number to the type of the tensor beside it.
    """
    if not isinstance(setting, np.ndarray):
        return setting
    shaped = setting.reshape(-1, *[1] * (values.ndim - 1))
    if isinstance(values, Tensor):
        return torch.as_tensor(shaped, dtype=values.dtype, device=values.device)
    return shaped


def for_each_lane(setting: Setting, lanes: int) -> np.ndarray:
    """The setting as float64 `[L]`."""
    numbers = np.empty(lanes)
    numbers[:] = np.ravel(setting)
    return numbers


def groups(lanes: int, *settings: Setting) -> Iterator[tuple[slice, tuple[float, ...]]]:
    """All lanes and the settings, or, where a setting is `[L, 1]`, each lane and its settings."""
    if not any(isinstance(setting, np.ndarray) for setting in settings):
        yield slice(None), settings  # type: ignore[misc]
        return
    columns = [for_each_lane(setting, lanes).tolist() for setting in settings]
    for lane, numbers in enumerate(zip(*columns, strict=True)):
        yield slice(lane, lane + 1), numbers


def power(base: np.ndarray, exponent: Setting) -> np.ndarray:
    """`base ** exponent`, `[L, ...]`. NumPy rounds another way for some exponents, but not if they are in an array."""
    if not isinstance(exponent, np.ndarray):
        return np.asarray(base**exponent)
    return np.stack([lane**number for lane, number in zip(base, np.ravel(exponent).tolist(), strict=True)])
