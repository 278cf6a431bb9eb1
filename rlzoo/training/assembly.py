"""From a composition to the built parts of a run."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn

from rlzoo.contracts import (
    Buffer,
    BuildSpec,
    Composition,
    Environment,
    ExplorationPolicy,
    Objective,
    Optimizer,
    TargetUpdater,
)
from rlzoo.contracts.errors import BadInput, OptionError, noted
from rlzoo.lanes.clock import Clock
from rlzoo.lanes.rng import LaneRng, stream
from rlzoo.registry.catalog import SLOTS


@dataclass(frozen=True)
class Parts:
    """What each slot built, for all lanes; networks are still one module per lane."""

    buffer: Buffer
    networks: Sequence[nn.Module]
    exploration: ExplorationPolicy
    target: TargetUpdater
    objective: Objective
    optimizer: Optimizer
    rngs: dict[str, LaneRng]


def assemble(
    composition: Composition, seeds: Sequence[int], environment: Environment, clock: Clock, device: torch.device
) -> Parts:
    """Build every slot for these seeds. Raises OptionError where parts do not fit the environment or each other."""
    rngs = {slot: LaneRng(seeds, slot) for slot in SLOTS}

    def spec(slot: str, **more: Any) -> BuildSpec:
        return dataclasses.replace(base, rng=rngs[slot], **more)

    train = composition.train
    base = BuildSpec(
        observation_space=environment.observation_space,
        action_space=environment.action_space,
        lanes=len(seeds),
        envs=train.envs,
        device=device,
        rng=rngs["network"],
        steps=train.steps,
        batch_size=train.batch_size,
    )

    def build(slot: str, **more: Any) -> Any:
        with noted(_whose(composition, slot)):
            return composition[slot].build(spec(slot, **more))

    exploration: ExplorationPolicy  # built after the objective, which asks it only while training
    objective: Objective = build("objective", policy=lambda q: exploration.probabilities(q, clock))
    exploration = build("exploration", next_action=objective.next_action, outputs=objective.outputs)
    _refuse_missing_heads(composition, objective, exploration)
    with noted(_whose(composition, "network")):
        networks = build_networks(composition["network"], spec("network", outputs=objective.outputs), seeds)
    _refuse_ties(networks[0])
    _refuse_missing_inputs(composition, objective, networks[0])
    return Parts(
        buffer=build("buffer", next_action=objective.next_action, gamma=objective.gamma, n_step=train.n_step),
        networks=networks,
        exploration=exploration,
        target=build("target"),
        objective=objective,
        optimizer=build("optimizer"),
        rngs=rngs,
    )


def _whose(composition: Composition, slot: str) -> str:
    chosen = composition.components[slot]
    return f"It was raised in building the {slot} `{chosen.name}` of {chosen.plugin} {chosen.version}."


def _refuse_ties(module: nn.Module) -> None:
    """Raise BadInput for a tensor under two names: stacking keeps the first, and the second would stay lane 0's."""
    first: dict[Tensor, str] = {}
    used = chain(module.named_parameters(remove_duplicate=False), module.named_buffers(remove_duplicate=False))
    for name, leaf in used:
        if first.setdefault(leaf, name) != name:
            raise BadInput(f"the network's `{first[leaf]}` is also its `{name}`; networks must not share parameters")


def _refuse_missing_inputs(composition: Composition, objective: Objective, network: nn.Module) -> None:
    held = {name for name, _ in network.named_buffers()}
    for name in objective.inputs:
        if name not in held:
            wanting, lacking = (composition.components[slot].name for slot in ("objective", "network"))
            raise OptionError(
                f"`objective={wanting}` needs a network that takes `{name}`, which `network={lacking}` does not"
            )


def _refuse_missing_heads(composition: Composition, objective: Objective, exploration: ExplorationPolicy) -> None:
    if exploration.sees == "heads" and not objective.heads:
        wanting, lacking = (composition.components[slot].name for slot in ("exploration", "objective"))
        raise OptionError(
            f"`exploration={wanting}` acts by one of several Q functions, but `objective={lacking}` does not learn "
            "several; take an objective with heads, or another exploration"
        )


def build_networks(network: Any, spec: BuildSpec, seeds: Sequence[int]) -> list[nn.Module]:
    """One module per lane, each initialised by ordinary initialisers under that lane's `network` stream."""
    modules = []
    for seed in seeds:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(stream(seed, "network").integers(2**63)))
            modules.append(network.build(spec))
    return modules
