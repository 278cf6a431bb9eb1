"""Everything a plugin can add. A plugin is a module named by an entry point of the group `rlzoo`.

Each hook returns a mapping from a name to a class (or command), or to `"package.module:Name"`, which is imported only
when the name is picked: prefer the text, so that no plugin slows `rlzoo --help`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from click import Command

    from rlzoo.contracts.algorithm import Algorithm
    from rlzoo.contracts.preset import Preset

hookspec = pluggy.HookspecMarker("rlzoo")
hookimpl = pluggy.HookimplMarker("rlzoo")

Components = Mapping[str, type | str]


@hookspec
def rlzoo_buffers() -> Components:
    """Add replay buffers, for `--buffer NAME`.

    >>> @hookimpl
    ... def rlzoo_buffers():
    ...     return {"prioritized": "my_plugin.prioritized:Prioritized"}
    """
    raise NotImplementedError


@hookspec
def rlzoo_q_networks() -> Components:
    """Add Q-networks, for `--network NAME`.

    >>> @hookimpl
    ... def rlzoo_q_networks():
    ...     return {"resnet": "my_plugin.resnet:ResNet"}
    """
    raise NotImplementedError


@hookspec
def rlzoo_exploration_policies() -> Components:
    """Add exploration policies, for `--exploration NAME`.

    >>> @hookimpl
    ... def rlzoo_exploration_policies():
    ...     return {"ucb": "my_plugin.ucb:UCB"}
    """
    raise NotImplementedError


@hookspec
def rlzoo_target_updaters() -> Components:
    """Add target updaters, for `--target NAME`.

    >>> @hookimpl
    ... def rlzoo_target_updaters():
    ...     return {"annealed": "my_plugin.annealed:Annealed"}
    """
    raise NotImplementedError


@hookspec
def rlzoo_objectives() -> Components:
    """Add objectives, for `--objective NAME`.

    >>> @hookimpl
    ... def rlzoo_objectives():
    ...     return {"munchausen": "my_plugin.munchausen:Munchausen"}
    """
    raise NotImplementedError


@hookspec
def rlzoo_optimizers() -> Components:
    """Add optimizers, for `--optimizer NAME`.

    >>> @hookimpl
    ... def rlzoo_optimizers():
    ...     return {"lion": "my_plugin.lion:Lion"}
    """
    raise NotImplementedError


@hookspec
def rlzoo_interventions() -> Components:
    """Add interventions, for `--intervention NAME`.

    >>> @hookimpl
    ... def rlzoo_interventions():
    ...     return {"redo": "my_plugin.redo:ReDo"}
    """
    raise NotImplementedError


@hookspec
def rlzoo_environments() -> Components:
    """Add families of environments for `--env FAMILY/ID`: classes with a field `id`; `environment.*` sets the others.

    >>> @hookimpl
    ... def rlzoo_environments():
    ...     return {"minatar": "my_plugin.minatar:MinAtar"}
    """
    raise NotImplementedError


@hookspec
def rlzoo_observers() -> Components:
    """Add observers of a run, which write or show what happens.

    >>> @hookimpl
    ... def rlzoo_observers():
    ...     return {"tensorboard": "my_plugin.tensorboard:TensorBoard"}
    """
    raise NotImplementedError


@hookspec
def rlzoo_executors() -> Components:
    """Add executors, which do the work of a study: `--executor NAME`.

    >>> @hookimpl
    ... def rlzoo_executors():
    ...     return {"slurm": "my_plugin.slurm:Slurm"}
    """
    raise NotImplementedError


@hookspec
def rlzoo_algorithms() -> "Mapping[str, Algorithm | str]":
    """Add algorithms: named compositions, pure data.

    >>> from rlzoo import Algorithm
    >>> @hookimpl
    ... def rlzoo_algorithms():
    ...     return {"dqn-slow-copy": Algorithm("DQN, copying rarely", like="dqn", settings={"target.period": 5_000})}
    """
    raise NotImplementedError


@hookspec
def rlzoo_presets() -> "Mapping[str, Preset | str]":
    """Add presets: settings of an algorithm for an environment, by `ALGORITHM/ENVIRONMENT/NAME`, for `--preset NAME`.

    >>> from rlzoo import Preset
    >>> @hookimpl
    ... def rlzoo_presets():
    ...     return {"dqn/CartPole-v1/short": Preset("A short run", settings={"train.steps": 50_000})}
    """
    raise NotImplementedError


@hookspec
def rlzoo_commands() -> "Mapping[str, Command | str]":
    """Add commands of the command line, made with click.

    >>> @hookimpl
    ... def rlzoo_commands():
    ...     return {"tournament": "my_plugin.cli:tournament"}
    """
    raise NotImplementedError


HOOKS: Mapping[str, str] = {
    "buffer": "rlzoo_buffers",
    "network": "rlzoo_q_networks",
    "exploration": "rlzoo_exploration_policies",
    "target": "rlzoo_target_updaters",
    "objective": "rlzoo_objectives",
    "optimizer": "rlzoo_optimizers",
    "intervention": "rlzoo_interventions",
    "environment": "rlzoo_environments",
    "observer": "rlzoo_observers",
    "executor": "rlzoo_executors",
    "algorithm": "rlzoo_algorithms",
    "preset": "rlzoo_presets",
    "command": "rlzoo_commands",
}
