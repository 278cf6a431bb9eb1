"""Exploration beyond epsilon: noise in the weights, longer random actions, counts, several Q functions."""

from __future__ import annotations

from collections.abc import Mapping

from rlzoo import Algorithm, hookimpl
from rlzoo_exploration import papers


@hookimpl
def rlzoo_q_networks() -> Mapping[str, str]:
    """Networks that explore by the noise in their weights."""
    return {"noisy-cnn": "rlzoo_exploration.noisy_cnn:NoisyCNN", "noisy-mlp": "rlzoo_exploration.noisy_mlp:NoisyMLP"}


@hookimpl
def rlzoo_exploration_policies() -> Mapping[str, str]:
    """Policies that remember what they did."""
    return {
        "boltzmann-gumbel": "rlzoo_exploration.boltzmann_gumbel:BoltzmannGumbel",
        "ez-greedy": "rlzoo_exploration.ez_greedy:EZGreedy",
        "one-head": "rlzoo_exploration.one_head:OneHead",
        "ucb": "rlzoo_exploration.ucb:UCB",
    }


@hookimpl
def rlzoo_objectives() -> Mapping[str, str]:
    """Several Q functions at once, whose disagreement explores."""
    return {"bootstrapped": "rlzoo_exploration.bootstrapped:Bootstrapped"}


@hookimpl
def rlzoo_algorithms() -> Mapping[str, Algorithm]:
    """What is published, as differences from the built-in algorithms."""
    noisy = Algorithm(
        "DQN that explores by noise in its weights, which it learns to use",
        like="dqn",
        components={"network": "noisy-mlp", "exploration": "greedy"},
        reference=papers.FORTUNATO_2018,
    )
    lasting = Algorithm(
        "DQN whose random actions last",
        like="dqn",
        components={"exploration": "ez-greedy"},
        reference=papers.DABNEY_2021,
    )
    bootstrapped = Algorithm(
        "DQN with ten Q functions, of which one acts for a whole episode",
        like="dqn",
        components={"objective": "bootstrapped", "exploration": "one-head"},
        reference=papers.OSBAND_2016,
    )
    return {"bootstrapped-dqn": bootstrapped, "noisy-dqn": noisy, "dqn-ez-greedy": lasting}
