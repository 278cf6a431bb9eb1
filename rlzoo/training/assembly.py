"""From a composition to the built parts of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

import torch
from torch import nn

from rlzoo.contracts import (
    Buffer,
    BuildSpec,
    Column,
    Composition,
    Environment,
    ExplorationPolicy,
    Intervention,
    Objective,
    Optimizer,
    Part,
    State,
    TargetUpdater,
)
from rlzoo.contracts.errors import check_memory, noted
from rlzoo.lanes.clock import Clock
from rlzoo.lanes.params import Params
from rlzoo.lanes.rng import LaneRng, stream
from rlzoo.lanes.stacking import memory_size
from rlzoo.registry.catalog import SLOTS
from rlzoo.training.columns import columns_of
from rlzoo.training.compatibility import (
    check_actions,
    check_exploration,
    check_network,
    check_recurrence,
    check_rollouts,
)

STATEFUL = ("exploration", "optimizer", "objective", "target", "buffer", "intervention")
"""The slots whose parts keep state and report metrics; a network's are in the learner."""


@dataclass(frozen=True)
class Parts:
    """What each slot built, for all lanes; networks are still one module per lane."""

    buffer: Buffer
    networks: Sequence[nn.Module]
    exploration: ExplorationPolicy
    target: TargetUpdater
    objective: Objective
    optimizer: Optimizer
    intervention: Intervention
    initial_weights: Callable[[], Params]
    """Draws the weights of new networks from the stream of the intervention."""
    rngs: dict[str, LaneRng]
    columns: Sequence[Column]
    """What transitions have besides the usual fields."""

    def all(self) -> Sequence[Part]:
        """The parts that keep state and report metrics."""
        return [getattr(self, slot) for slot in STATEFUL]

    def state(self) -> State:
        """The state of all parts and of their random streams."""
        streams = {slot: rng.state() for slot, rng in self.rngs.items()}
        return {"streams": streams, **{slot: getattr(self, slot).state() for slot in STATEFUL}}

    def load_state(self, state: State) -> None:
        """Restore what `state` returned."""
        for slot, rng in self.rngs.items():
            rng.load_state(state["streams"][slot])
        for slot in STATEFUL:
            getattr(self, slot).load_state(state[slot])


def assemble(
    composition: Composition,
    seeds: Sequence[int],
    environment: Environment,
    clock: Clock,
    device: torch.device,
    asked: Callable[[str], object] | None = None,
) -> Parts:
    """Build every slot for these seeds. Raises BadInput where parts do not fit the environment or each other.

    `asked`, if given, is called with every slot whose component reads `spec.steps`.
    """
    rngs = {slot: LaneRng(seeds, slot) for slot in SLOTS}
    train = composition.train
    base = BuildSpec(
        observation_space=environment.observation_space,
        action_space=environment.action_space,
        lanes=len(seeds),
        envs=train.envs,
        device=device,
        rng=rngs["network"],
        steps=train.schedule_steps or train.steps,
        batch_size=train.batch_size,
        update_every=train.update_every if train.update_unit == "steps" else None,
    )

    def build(slot: str, **more: Any) -> Any:
        spec = replace(base, rng=rngs[slot], **more)
        if asked is not None:
            spec = _watched(spec, lambda: asked(slot))
        with noted(_origin(composition, slot)):
            return (
                build_networks(composition[slot], spec, seeds) if slot == "network" else composition[slot].build(spec)
            )

    exploration: ExplorationPolicy  # built after the objective, which asks it only while training
    objective: Objective = build("objective", n_step=train.n_step, policy=lambda q: exploration.probabilities(q, clock))
    check_actions(composition, environment, objective)
    exploration = build("exploration", outputs=objective.outputs)
    check_exploration(composition, objective, exploration)
    networks = build("network", outputs=objective.outputs)
    check_network(composition, objective, networks[0])
    check_recurrence(composition, objective, networks[0])
    columns = columns_of(environment, (exploration, objective), memory_size(networks[0]))
    reading = {"gamma": objective.gamma, "n_step": train.n_step, "length": objective.length, "columns": columns}
    buffer: Buffer = build("buffer", **reading)
    check_rollouts(composition, objective, buffer)
    intervention: Intervention = build("intervention")
    intervention.check(networks[0])
    return Parts(
        buffer=buffer,
        networks=networks,
        exploration=exploration,
        target=build("target"),
        objective=objective,
        optimizer=build("optimizer"),
        intervention=intervention,
        initial_weights=partial(
            draw_weights, composition["network"], replace(base, outputs=objective.outputs), rngs["intervention"]
        ),
        rngs=rngs,
        columns=columns,
    )


def scheduled_slots(composition: Composition) -> list[str]:
    """The slots whose components ask how long the whole run is, as schedules over a fraction of it do."""
    environment: Environment = composition["environment"].build(1, composition.train.envs)
    environment.close()
    asked: list[str] = []
    assemble(composition, [0], environment, Clock(1), torch.device("cpu"), asked.append)
    return sorted(set(asked))


def _watched(spec: BuildSpec, notify: Callable[[], object]) -> BuildSpec:
    """The same spec; `notify` is called whenever its `steps` are read."""

    class Watched(BuildSpec):
        def __getattribute__(self, name: str) -> Any:
            if name == "steps":
                notify()
            return super().__getattribute__(name)

    return Watched(**{field.name: getattr(spec, field.name) for field in fields(spec)})


def _origin(composition: Composition, slot: str) -> str:
    chosen = composition.components[slot]
    return f"It was raised in building the {slot} `{chosen.name}` of {chosen.plugin} {chosen.version}."


def build_networks(network: Any, spec: BuildSpec, seeds: Sequence[int]) -> list[nn.Module]:
    """One module per lane, each initialized by ordinary initializers under that lane's `network` stream.

    Raises BadInput if this machine has too little memory for them.
    """
    _check_memory(network, spec, len(seeds))
    modules = []
    for seed in seeds:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(stream(seed, "network").integers(2**63)))
            modules.append(network.build(spec))
    return modules


def draw_weights(network: Any, spec: BuildSpec, rng: LaneRng) -> Params:
    """The trained parameters of a new network in each lane, initialized under the next number of its stream."""
    drawn: list[Params] = []
    for seed in rng.integers(2**53, (1,))[:, 0].tolist():
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            module = network.build(spec)
        drawn.append({name: leaf.detach() for name, leaf in module.named_parameters() if leaf.requires_grad})
    return {name: torch.stack([leaves[name] for leaves in drawn]).to(spec.device) for name in drawn[0]}


def _check_memory(network: Any, spec: BuildSpec, lanes: int) -> None:
    """Raise BadInput if the weights, counted without allocating them, and their gradients do not fit into memory."""
    count = 0
    with suppress(Exception), torch.device("meta"):  # a module that fails there is built without this check
        count = sum(leaf.numel() for leaf in network.build(spec).parameters())
    where = f"{lanes} {'lane' if lanes == 1 else 'lanes'}"
    check_memory(count * lanes * 2 * 4, f"{count:,} weights and their gradients in {where}")
