"""Observers for rlzoo that log runs to TensorBoard or Weights & Biases."""

from __future__ import annotations

from collections.abc import Mapping

from rlzoo import hookimpl


@hookimpl
def rlzoo_observers() -> Mapping[str, str]:
    """Add `--observer tensorboard` and `--observer wandb`."""
    return {
        "tensorboard": "rlzoo_loggers.tensorboard:TensorBoard",
        "wandb": "rlzoo_loggers.wandb:WandB",
    }
