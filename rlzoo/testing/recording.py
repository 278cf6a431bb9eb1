"""Further columns of the transitions: that recorders supply what they declare, and that buffers return it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from unittest import mock

import numpy as np

from rlzoo.contracts import Buffer, Column, Recorder, Transition
from rlzoo.contracts.errors import OptionError
from rlzoo.contracts.spaces import observation_layout
from rlzoo.testing.specs import make_spec
from rlzoo.testing.verdict import require
from rlzoo.training.runner import Runner

STEPS = 30
"""Vector steps that a buffer is filled with."""
NUMBERED = (Column("number", (), "int64"), Column("next_number", (2,), "float32"))


def recorded_columns(runner: Runner, recorder: Recorder) -> None:
    """`record` must return exactly the declared columns, `[L, N, *shape]` each, with the declared dtypes."""
    record, shape = recorder.record, (len(runner.seeds), runner.train.envs)

    def watched(*given: object) -> Mapping[str, np.ndarray]:
        values = record(*given)  # type: ignore[arg-type]
        names = {column.name for column in recorder.columns}
        require(values.keys() == names, f"`record` returns the columns {sorted(values)}, but declared {sorted(names)}")
        for column in recorder.columns:
            got, expected = values[column.name], (*shape, *column.shape)
            require(got.shape == expected, f"the column `{column.name}` has shape {got.shape}, not {expected}")
            require(
                got.dtype == column.dtype, f"the column `{column.name}` is {got.dtype}, but declared {column.dtype}"
            )
        return values

    with mock.patch.object(recorder, "record", watched):
        runner.step()


def returned_columns(runner: Runner) -> None:
    """A buffer must return all columns with the transitions to which they belong, unless it refuses columns."""
    environment, train = runner.environment, runner.train
    spec = make_spec(environment.observation_space, seeds=runner.seeds, envs=train.envs, batch_size=train.batch_size)
    spec = dataclasses.replace(spec, action_space=environment.action_space, columns=NUMBERED)
    try:
        buffer: Buffer = runner.composition["buffer"].build(spec)
    except OptionError:
        return
    for step in range(STEPS):
        buffer.add(_numbered(runner, step))
    batch = buffer.sample(train.batch_size)
    require(
        batch.columns.keys() == {column.name for column in NUMBERED},
        f"a batch has the columns {sorted(batch.columns)}, not those of `spec.columns`",
    )
    number, after = batch.columns["number"], batch.columns["next_number"]
    same = (number % spec.actions == batch.action).all() and (after == 10 * number.unsqueeze(-1)).all()
    require(bool(same), "the columns of a batch belong to other transitions than its actions")


def _numbered(runner: Runner, step: int) -> Transition:
    """A vector step of numbered transitions, whose actions and columns depend on their numbers."""
    lanes, envs = len(runner.seeds), runner.train.envs
    shape, dtype = observation_layout(runner.environment.observation_space)
    number = np.arange(lanes * envs).reshape(lanes, envs) + step * lanes * envs
    nothing, zeros = np.zeros((lanes, envs, *shape), dtype), np.zeros((lanes, envs))
    return Transition(
        observation=nothing,
        action=number % int(runner.environment.action_space.n),
        reward=zeros.astype(np.float32),
        next_observation=nothing,
        terminated=zeros > 0,
        truncated=zeros > 0,
        columns={"number": number, "next_number": np.repeat(10.0 * number[..., None], 2, -1).astype(np.float32)},
    )
