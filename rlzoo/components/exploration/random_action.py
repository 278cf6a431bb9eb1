"""A uniformly random action among those that are allowed."""

from __future__ import annotations

import numpy as np


def allowed(q: np.ndarray) -> np.ndarray:
    """Which actions are allowed, bool `[..., A]`: the Q value of a forbidden one is -inf."""
    return ~np.isneginf(q)


def random_action(uniform: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Actions `[...]` chosen by uniform numbers `[...]` in [0, 1), each allowed action of `q` `[..., A]` equally."""
    may = allowed(q)
    if may.all():
        return (uniform * q.shape[-1]).astype(np.int64)
    rank = (uniform * may.sum(-1)).astype(np.int64)
    return (may.cumsum(-1) > rank[..., None]).argmax(-1)


def random_probabilities(q: np.ndarray, total: np.ndarray) -> np.ndarray:
    """`total` `[..., 1]`, divided equally among the allowed actions, `[..., A]`."""
    may = allowed(q)
    return total * may / np.maximum(may.sum(-1, keepdims=True), 1)
