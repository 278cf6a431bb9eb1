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
        "hl-gauss": "rlzoo_distributional.classification:HLGauss",
        "iqn": "rlzoo_distributional.iqn:IQN",
        "munchausen": "rlzoo_distributional.munchausen:Munchausen",
        "qr-dqn": "rlzoo_distributional.qr_dqn:QRDQN",
        "two-hot": "rlzoo_distributional.classification:TwoHot",
    }


@hookimpl
def rlzoo_algorithms() -> Mapping[str, Algorithm]:
    """Add DQN with each of these objectives."""
    return {
        "c51": algorithms.C51,
        "hl-gauss": algorithms.HL_GAUSS,
        "iqn": algorithms.IQN,
        "munchausen-dqn": algorithms.MUNCHAUSEN,
        "qr-dqn": algorithms.QR_DQN,
        "two-hot": algorithms.TWO_HOT,
    }
