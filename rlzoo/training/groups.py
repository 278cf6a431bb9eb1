"""Training a group of seeds: the work that executors do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import torch

from rlzoo.contracts import Checkpoint, CheckpointTimes, Composition, Environment, Log, Stop, StoppingRule
from rlzoo.contracts.errors import NotRepeatable
from rlzoo.contracts.per_lane import merge_compositions
from rlzoo.lanes.freed_memory import keep_freed_memory
from rlzoo.training.checkpointing import state_of
from rlzoo.training.compatibility import image_note
from rlzoo.training.lane_states import join_states
from rlzoo.training.replay import restore
from rlzoo.training.runner import Runner

ReadCheckpoint = Callable[[], Checkpoint]
"""Reads the checkpoint of a lane, in the process that trains it."""


@dataclass(frozen=True)
class Group:
    """Seeds that train side by side, one lane each."""

    composition: Composition
    seeds: Sequence[int]
    device: str
    variants: Sequence[int] = ()
    """The variant of each lane, see `join`; all the same by default."""
    rules: Sequence[StoppingRule] = ()
    """Rules that may stop a seed early; each lane gets copies."""
    transitions: bool = False
    """Whether logs have the transitions of training."""
    checkpoints: Sequence[CheckpointTimes] = ()
    """When checkpoints are taken; none by default."""
    begins_at: int = 0
    """The step at which all lanes continue."""
    resumed: Sequence[ReadCheckpoint] = ()
    """Where each lane continues; empty if they begin."""
    exact: bool = True
    """Whether environments that do not repeat their episodes are refused when the lanes continue."""


def join(groups: Sequence[Group]) -> Group | None:
    """One group that trains all of these side by side; `Log.variant` is the number of the group that a log is about.

    Results are those of separate groups, to the bit. None where they differ in more than settings per lane, or cannot
    share a clock, are at different steps, or may be stopped by rules.
    """
    lanes = [(number, group, seed) for number, group in enumerate(groups) for seed in group.seeds]
    composition = merge_compositions([group.composition for _, group, _ in lanes])
    ruled = len(groups) > 1 and any(group.rules for group in groups)
    apart = len({(group.begins_at, bool(group.resumed)) for group in groups}) > 1
    if composition is None or ruled or apart or not (composition.lockstep or len(lanes) == 1):
        return None
    return replace(
        groups[0],
        composition=composition,
        seeds=[seed for *_, seed in lanes],
        variants=[number for number, *_ in lanes],
        resumed=[read for group in groups for read in group.resumed],
    )


def train_group(group: Group, stop: Stop) -> Iterator[Log]:
    """Train a group to its end, or until it is asked to stop.

    Raises BadInput where the parts do not fit, RunFailed when an environment fails.
    """
    with one_thread():
        arguments = torch.device(group.device), stop, group.variants, group.rules, group.checkpoints
        runner = Runner(group.composition, group.seeds, *arguments, transitions=group.transitions)
        if group.resumed:
            runner.resume([read() for read in group.resumed], exact=group.exact)
        yield from runner.run()


def check_group(group: Group, lanes: int = 1) -> str:
    """Raise BadInput where the parts do not fit the environment or each other, or `lanes` at a time the memory.

    Returns what to say of parts that fit badly, or "".
    """
    runner = Runner(group.composition, group.seeds[:1], torch.device(group.device), rules=group.rules)
    runner.close()
    runner.parts.buffer.check_memory(lanes)
    return image_note(group.composition, runner.environment)


def engine_of(composition: Composition) -> Mapping[str, str]:
    """How a run on a CPU would compute (`Runner.engine`). Raises BadInput like `check_group`."""
    runner = Runner(composition, [0], torch.device("cpu"))
    runner.close()
    return runner.engine


def check_repeatable(group: Group) -> None:
    """Raise NotRepeatable, if that matters, where an environment does not come to where its checkpoint was taken."""
    if not group.exact or not group.resumed:
        return
    state = join_states([state_of(read()) for read in group.resumed])["collector"]
    if "actions" not in state["environment"]:
        return
    environment: Environment = group.composition["environment"].build(len(group.seeds), group.composition.train.envs)
    seeds, episodes = state["episode_seeds"]["current"], state["episodes"]
    _, differs = restore(environment, seeds, state["environment"]["actions"], state["observation"], episodes["returns"])
    environment.close()
    for lane, env in np.argwhere(differs & ~state["to_reset"]).tolist():
        raise NotRepeatable(group.seeds[lane], env, int(episodes["lengths"][lane, env]))


def groups_of(composition: Composition, seeds: Sequence[int], workers: int = 1) -> list[list[int]]:
    """The seeds that train side by side: split over the workers, or each alone where lanes cannot share a clock."""
    if not composition.lockstep:
        return [[seed] for seed in seeds]
    places = np.array_split(np.arange(len(seeds)), min(workers, len(seeds)))
    return [[seeds[place] for place in part] for part in places]


@contextmanager
def one_thread() -> Iterator[None]:
    """One torch thread, so that no sum depends on how work was split; no denormals, which slow Adam down."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    keep_freed_memory()
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.set_flush_denormal(False)
