"""Exploration beyond epsilon-greedy: noisy networks, repeated random actions, visit counts, several Q functions."""

from __future__ import annotations

from collections.abc import Mapping

from rlzoo import Algorithm, hookimpl
from rlzoo_exploration import papers


@hookimpl
def rlzoo_q_networks() -> Mapping[str, str]:
    """Add noisy networks."""
    return {"noisy-cnn": "rlzoo_exploration.noisy_cnn:NoisyCNN", "noisy-mlp": "rlzoo_exploration.noisy_mlp:NoisyMLP"}


@hookimpl
def rlzoo_exploration_policies() -> Mapping[str, str]:
    """Add policies with memory: counts, repeated actions, a head per episode."""
    return {
        "boltzmann-gumbel": "rlzoo_exploration.boltzmann_gumbel:BoltzmannGumbel",
        "ez-greedy": "rlzoo_exploration.ez_greedy:EZGreedy",
        "one-head": "rlzoo_exploration.one_head:OneHead",
        "ucb": "rlzoo_exploration.ucb:UCB",
    }


@hookimpl
def rlzoo_objectives() -> Mapping[str, str]:
    """Add the objective of bootstrapped DQN."""
    return {"bootstrapped": "rlzoo_exploration.bootstrapped:Bootstrapped"}


@hookimpl
def rlzoo_algorithms() -> Mapping[str, Algorithm]:
    """Add the published algorithms, as differences from `dqn`."""
    noisy = Algorithm(
        "DQN that explores by learned noise in its weights",
        like="dqn",
        components={"network": "noisy-mlp", "exploration": "greedy"},
        reference=papers.FORTUNATO_2018,
    )
    ez_greedy = Algorithm(
        "DQN with temporally extended epsilon-greedy exploration",
        like="dqn",
        components={"exploration": "ez-greedy"},
        reference=papers.DABNEY_2021,
    )
    bootstrapped = Algorithm(
        "DQN with ten Q functions, one of which acts for a whole episode",
        like="dqn",
        components={"objective": "bootstrapped", "exploration": "one-head"},
        reference=papers.OSBAND_2016,
    )
    return {"bootstrapped-dqn": bootstrapped, "noisy-dqn": noisy, "dqn-ez-greedy": ez_greedy}
