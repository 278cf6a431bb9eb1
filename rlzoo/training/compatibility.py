"""Which parts fit each other: refusals that name both."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from gymnasium.spaces import Discrete
from torch import Tensor, nn

from rlzoo.contracts import Buffer, Composition, Environment, ExplorationPolicy, Objective, StoppingRule
from rlzoo.contracts.errors import BadInput, OptionError
from rlzoo.contracts.spaces import in_words
from rlzoo.lanes.stacking import memory_size


def check_actions(composition: Composition, environment: Environment, objective: Objective) -> None:
    """Raise BadInput for actions that the objective cannot take a maximum over."""
    if not isinstance(environment.action_space, Discrete) and not objective.continuous:
        raise BadInput(
            f"`{composition['environment'].id}` has the action space {in_words(environment.action_space)}; "
            f"`objective={_name(composition, 'objective')}` takes a maximum over actions, so it needs a Discrete one"
        )


def check_exploration(composition: Composition, objective: Objective, exploration: ExplorationPolicy) -> None:
    """Raise OptionError for a policy that acts by what the objective does not have: heads, or values of actions."""
    if objective.continuous and exploration.sees != "actions":
        raise OptionError(
            f"`exploration={_name(composition, 'exploration')}` chooses among the values of discrete actions, but "
            f"`objective={_name(composition, 'objective')}` has continuous ones; choose an exploration that adds noise "
            "to actions"
        )
    if exploration.sees == "heads" and not objective.heads:
        raise OptionError(
            f"`exploration={_name(composition, 'exploration')}` acts by one of several Q functions, but "
            f"`objective={_name(composition, 'objective')}` learns only one; choose an objective with heads, or "
            "another exploration"
        )


def check_network(composition: Composition, objective: Objective, network: nn.Module) -> None:
    """Raise BadInput if the network and the objective differ in inputs, or layers of the network share parameters."""
    buffers = {name for name, _ in network.named_buffers()}
    for name in objective.inputs:
        if name not in buffers:
            raise OptionError(
                f"`objective={_name(composition, 'objective')}` needs a network that takes `{name}`, which "
                f"`network={_name(composition, 'network')}` does not"
            )
    for name in getattr(network, "inputs", ()):
        if name not in objective.inputs:
            raise OptionError(
                f"`network={_name(composition, 'network')}` needs an objective that gives it `{name}`, which "
                f"`objective={_name(composition, 'objective')}` does not"
            )
    _refuse_ties(network)


def check_recurrence(composition: Composition, objective: Objective, network: nn.Module) -> None:
    """Raise OptionError unless both network and objective are recurrent, or neither is."""
    names = f"`network={_name(composition, 'network')}`", f"`objective={_name(composition, 'objective')}`"
    if memory_size(network) and not objective.recurrent:
        raise OptionError(
            f"{names[0]} carries a memory from step to step, which {names[1]} does not train; choose a recurrent "
            "objective or another network"
        )
    if objective.recurrent and not memory_size(network):
        raise OptionError(
            f"{names[1]} trains networks with memory, but {names[0]} has none; choose a recurrent network or another "
            "objective"
        )


def check_rollouts(composition: Composition, objective: Objective, buffer: Buffer) -> None:
    """Raise OptionError for an objective that learns from whole rollouts, with a buffer that collects none."""
    if objective.rollouts and not buffer.rollouts:
        raise OptionError(
            f"`objective={_name(composition, 'objective')}` learns from whole rollouts, which "
            f"`buffer={_name(composition, 'buffer')}` does not keep; choose `--buffer rollout`"
        )


def check_offline(composition: Composition, buffer: Buffer, rules: Sequence[StoppingRule]) -> None:
    """Raise OptionError where something waits for training episodes, but the buffer is offline."""
    name = f"buffer={_name(composition, 'buffer')}"
    if buffer.offline and not composition.lockstep:
        raise OptionError(f"`{name}` collects no episodes, but the run counts them; count steps or updates instead")
    if buffer.offline and rules:
        raise OptionError(f"`{name}` collects no episodes, so no seed can stop early by their returns")


def image_note(composition: Composition, environment: Environment) -> str:
    """What to say of a network that takes images as plain vectors, or ""."""
    shape = environment.observation_space.shape or ()
    if len(shape) != 3 or not composition["network"].flattens:
        return ""
    size = "x".join(map(str, shape))
    return (
        f"observations of `{composition['environment'].id}` are images, {size}, of which "
        f"`network={_name(composition, 'network')}` makes plain vectors; try `--network cnn`"
    )


def _refuse_ties(module: nn.Module) -> None:
    """Stacking keeps a tensor under its first name only; the second would stay lane 0's."""
    first: dict[Tensor, str] = {}
    used = chain(module.named_parameters(remove_duplicate=False), module.named_buffers(remove_duplicate=False))
    for name, leaf in used:
        if first.setdefault(leaf, name) != name:
            raise BadInput(f"the network's `{first[leaf]}` is also its `{name}`; networks must not share parameters")


def _name(composition: Composition, slot: str) -> str:
    return composition.components[slot].name
