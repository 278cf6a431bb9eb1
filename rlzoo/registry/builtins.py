"""The built-in components, registered through the hooks of every plugin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rlzoo.contracts.hooks import Components, hookimpl
from rlzoo.registry.algorithms import dqn, tabular
from rlzoo.registry.presets import rl_zoo3, toy_text, tuned

if TYPE_CHECKING:
    from rlzoo.contracts import Algorithm, Preset


@hookimpl
def rlzoo_buffers() -> Components:
    """Replay buffers."""
    return {
        "online": "rlzoo.components.buffers.online:Online",
        "recent": "rlzoo.components.buffers.recent:Recent",
        "rollout": "rlzoo.components.buffers.rollout:Rollout",
        "uniform": "rlzoo.components.buffers.uniform:Uniform",
    }


@hookimpl
def rlzoo_q_networks() -> Components:
    """Q-networks."""
    return {
        "cnn": "rlzoo.components.networks.cnn:CNN",
        "linear": "rlzoo.components.networks.linear:Linear",
        "mlp": "rlzoo.components.networks.mlp:MLP",
        "rnn": "rlzoo.components.networks.rnn:RNN",
        "table": "rlzoo.components.networks.table:Table",
    }


@hookimpl
def rlzoo_exploration_policies() -> Components:
    """Exploration policies."""
    return {
        "boltzmann": "rlzoo.components.exploration.boltzmann:Boltzmann",
        "epsilon-greedy": "rlzoo.components.exploration.epsilon_greedy:EpsilonGreedy",
        "greedy": "rlzoo.components.exploration.greedy:Greedy",
    }


@hookimpl
def rlzoo_target_updaters() -> Components:
    """Updates of the target network."""
    return {
        "hard": "rlzoo.components.targets.hard:Hard",
        "none": "rlzoo.components.targets.none:NoTarget",
        "soft": "rlzoo.components.targets.soft:Soft",
    }


@hookimpl
def rlzoo_objectives() -> Components:
    """Learning objectives."""
    return {
        "double": "rlzoo.components.objectives.double:Double",
        "expected-sarsa": "rlzoo.components.objectives.expected_sarsa:ExpectedSarsa",
        "q-learning": "rlzoo.components.objectives.q_learning:QLearning",
        "sarsa": "rlzoo.components.objectives.sarsa:Sarsa",
    }


@hookimpl
def rlzoo_optimizers() -> Components:
    """Optimizers."""
    return {
        "adam": "rlzoo.components.optimizers.adam:Adam",
        "radam": "rlzoo.components.optimizers.radam:RAdam",
        "rmsprop": "rlzoo.components.optimizers.rmsprop:RMSProp",
        "sgd": "rlzoo.components.optimizers.sgd:SGD",
    }


@hookimpl
def rlzoo_interventions() -> Components:
    """Interventions between updates."""
    return {"none": "rlzoo.components.interventions.none:NoIntervention"}


@hookimpl
def rlzoo_environments() -> Components:
    """Families of environments."""
    return {"gymnasium": "rlzoo.components.environments.gymnasium:Gymnasium"}


@hookimpl
def rlzoo_observers() -> Components:
    """Observers, which record and show runs."""
    return {
        "checkpoint": "rlzoo.results.observers.checkpoint:Checkpoints",
        "csv": "rlzoo.results.observers.csv:CSV",
        "early-stopping": "rlzoo.results.observers.early_stopping:EarlyStopping",
        "plot": "rlzoo.results.observers.plot:Plot",
        "progress": "rlzoo.results.observers.progress:Progress",
        "transitions": "rlzoo.results.observers.transitions:Transitions",
        "weights": "rlzoo.results.observers.weights:Weights",
    }


@hookimpl
def rlzoo_executors() -> Components:
    """Execution backends."""
    return {"local": "rlzoo.components.executors.local:Local", "ray": "rlzoo.components.executors.ray:Ray"}


@hookimpl
def rlzoo_algorithms() -> Mapping[str, Algorithm]:
    """Algorithms."""
    return {
        "dqn": dqn.DQN,
        "dqn-no-target": dqn.NO_TARGET,
        "dqn-soft": dqn.SOFT,
        "double-dqn": dqn.DOUBLE,
        "dueling-dqn": dqn.DUELING,
        "q-learning": tabular.Q_LEARNING,
        "sarsa": tabular.SARSA,
    }


@hookimpl
def rlzoo_presets() -> Mapping[str, Preset]:
    """Settings of algorithms for environments."""
    return {
        "dqn/Acrobot-v1/rl-zoo3": rl_zoo3.ACROBOT,
        "dqn/Acrobot-v1/tuned": tuned.ACROBOT,
        "dqn/CartPole-v1/rl-zoo3": rl_zoo3.CARTPOLE,
        "dqn/CartPole-v1/tuned": tuned.CARTPOLE,
        "dqn/LunarLander-v3/rl-zoo3": rl_zoo3.LUNAR_LANDER,
        "dqn/MountainCar-v0/rl-zoo3": rl_zoo3.MOUNTAIN_CAR,
        "double-dqn/CartPole-v1/tuned": tuned.CARTPOLE_DOUBLE,
        "q-learning/FrozenLake-v1/hf-course": toy_text.FROZEN_LAKE,
        "q-learning/Taxi-v4/gymnasium": toy_text.TAXI,
    }


@hookimpl
def rlzoo_commands() -> Mapping[str, str]:
    """Commands."""
    return {
        "ablate": "rlzoo.cli.ablate:ablate",
        "card": "rlzoo.cli.card:card",
        "check-plugin": "rlzoo.cli.check_plugin:check_plugin",
        "demo": "rlzoo.cli.demo:demo",
        "eval": "rlzoo.cli.eval:evaluate",
        "explain": "rlzoo.cli.explain:explain",
        "export": "rlzoo.cli.export:export",
        "list": "rlzoo.cli.list:list_",
        "new-plugin": "rlzoo.cli.new_plugin:new_plugin",
        "plot": "rlzoo.cli.plot:plot",
        "plugins": "rlzoo.cli.plugins:plugins",
        "report": "rlzoo.cli.report:report",
        "resume": "rlzoo.cli.resume:resume",
        "run": "rlzoo.cli.run:run",
        "show": "rlzoo.cli.show:show",
        "studies": "rlzoo.cli.studies:studies",
        "tune": "rlzoo.cli.tune:tune",
    }
