"""The returns from which Gymnasium calls environments solved."""

from __future__ import annotations


def reward_threshold(environment: str) -> float | None:
    """Return the threshold of Gymnasium's registry, None if it has none."""
    import gymnasium

    spec = gymnasium.registry.get(environment)
    return None if spec is None or spec.reward_threshold is None else float(spec.reward_threshold)
