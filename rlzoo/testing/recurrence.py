"""The memory of a network belongs to one episode, and is what the network has seen of it."""

from __future__ import annotations

import dataclasses
from unittest import mock

import numpy as np
import torch

from rlzoo.contracts import Transition
from rlzoo.lanes.params import unroll
from rlzoo.testing.case import ENVS, SEEDS, Case, started
from rlzoo.testing.verdict import RuleSkipped, require
from rlzoo.training.groups import one_thread
from rlzoo.training.runner import Runner

STEPS = 40
"""Vector steps, in which many episodes begin and end."""


def check_recurrence(case: Case) -> None:
    """Stored memories are zeros where an episode begins, and those of all observations at once."""
    composition = case.composition(ENVS[-1])
    train = dataclasses.replace(composition.train, learning_starts=1_000_000)  # the weights stay the same
    with one_thread():
        runner = started(dataclasses.replace(composition, train=train), SEEDS if composition.lockstep else SEEDS[:1])
        if runner.learner.memory is None:
            raise RuleSkipped("the network has no memory")
        _compare(runner, _collected(runner))


def _collected(runner: Runner) -> list[Transition]:
    """Vector steps, as they are stored."""
    added: list[Transition] = []
    add = runner.parts.buffer.add

    def watched(transition: Transition) -> None:
        added.append(transition)
        add(transition)

    with mock.patch.object(runner.parts.buffer, "add", watched):
        for _ in range(STEPS):
            runner.step()
    return added


def _compare(runner: Runner, steps: list[Transition]) -> None:
    memory = np.stack([step.columns["memory"] for step in steps], 2)  # [L, N, T, M]
    ended = np.stack([step.terminated | step.truncated for step in steps], 2)
    begins = np.concatenate([np.ones_like(ended[..., :1]), ended[..., :-1]], -1)
    require(not memory[begins].any(), "the memory is not zero where an episode begins")
    learner, x = runner.learner, torch.from_numpy(np.stack([step.observation for step in steps], 2))
    unknown = torch.ones(memory.shape[:2] + memory.shape[-1:])  # which the first step sets to zero
    with torch.inference_mode():
        _, after = unroll(learner.predict, learner.online, x, unknown, torch.from_numpy(begins))
    expected = np.where(begins[..., 1:, None], 0, after[:, :, :-1].numpy())
    same = np.allclose(memory[:, :, 1:], expected, rtol=1e-4, atol=1e-5)
    require(same, "step by step, the memory is not what the network makes of the same observations at once")
