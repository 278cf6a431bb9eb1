"""The further columns of the transitions: who declares them, and how a vector step gets them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from rlzoo.contracts import Column, Environment, Recorder, Transition
from rlzoo.contracts.errors import OptionError


def columns_of(environment: Environment, recorders: Sequence[Recorder], memory_size: int = 0) -> tuple[Column, ...]:
    """All further columns of a run. Raises OptionError where two parts supply the same one."""
    mask = environment.action_mask
    names = () if mask is None else ("action_mask", "next_action_mask")
    columns = [Column(name, mask.shape[2:], "bool") for name in names if mask is not None]
    if memory_size:
        columns.append(Column("memory", (memory_size,), "float32"))
    for recorder in recorders:
        columns += recorder.columns
    for name, count in Counter(column.name for column in columns).items():
        if count > 1:
            raise OptionError(f"two parts supply the column `{name}` of a transition; choose another for one of them")
    return tuple(columns)


def with_columns(
    transition: Transition,
    masks: tuple[np.ndarray | None, np.ndarray | None],
    recorders: Sequence[Recorder],
    q_values: Callable[[np.ndarray], np.ndarray],
    memory: np.ndarray | None = None,
) -> Transition:
    """The transition with the action masks before and after it, the network's `memory` before it, if it has any, and
    what the recorders supply.
    """
    before, after = masks
    columns = {} if before is None or after is None else {"action_mask": before, "next_action_mask": after}
    if memory is not None:
        columns["memory"] = memory
    for recorder in recorders:
        columns |= recorder.record(transition, q_values)
    return replace(transition, columns=columns)
