"""Distributional Q-learning for rlzoo: the network predicts the distribution of returns instead of their mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rlzoo import hookimpl
from rlzoo_distributional import algorithms

if TYPE_CHECKING:
    from rlzoo import Algorithm


@hookimpl
def rlzoo_q_networks() -> Mapping[str, str]:
    """Add networks that take quantile fractions as a second input."""
    return {
        "iqn": "rlzoo_distributional.quantile_network:QuantileMLP",
        "iqn-cnn": "rlzoo_distributional.quantile_network:QuantileCNN",
    }


@hookimpl
def rlzoo_objectives() -> Mapping[str, str]:
    """Add distributional objectives, and Munchausen."""
    return {
        "c51": "rlzoo_distributional.c51:C51",
        "iqn": "rlzoo_distributional.iqn:IQN",
        "munchausen": "rlzoo_distributional.munchausen:Munchausen",
        "qr-dqn": "rlzoo_distributional.qr_dqn:QRDQN",
    }


@hookimpl
def rlzoo_algorithms() -> Mapping[str, Algorithm]:
    """Add DQN with each of these objectives."""
    return {
        "c51": algorithms.C51,
        "iqn": algorithms.IQN,
        "munchausen-dqn": algorithms.MUNCHAUSEN,
        "qr-dqn": algorithms.QR_DQN,
    }
