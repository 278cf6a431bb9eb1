"""Kernels: steps collected by compiled code are those that the parts would have taken."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from rlzoo.contracts.errors import BadInput
from rlzoo.testing.case import ENVS, SEEDS, Case, train
from rlzoo.testing.verdict import RuleSkipped, require
from rlzoo.training.collector import Collector
from rlzoo.training.groups import one_thread
from rlzoo.training.runner import Runner


class PlainRunner(Runner):
    """Collects without kernels."""

    def build_collector(self) -> Collector:
        """The collector that calls the parts themselves."""
        return Collector(self.environment, self.parts, self.learner, self.seeds, self.train, self.clock)


def check_compiled(case: Case) -> None:
    """With kernels and without them, a run has the same result; Q values are those of the network, but for rounding."""
    case = case if case.slot == "environment" else replace(case, on="CartPole-v1")
    for envs in ENVS:
        with one_thread():
            compiled, plain = _runners(case, envs)
            _same_values(compiled)
            results, expected = train(compiled), train(plain)
        for seed in compiled.seeds:
            require(
                results[seed].same(expected[seed]),
                f"seed {seed} gave a different result with compiled steps ({envs} environments per lane)",
            )


def _runners(case: Case, envs: int) -> tuple[Runner, Runner]:
    try:
        composition = case.composition(envs)
        seeds = SEEDS if composition.lockstep else SEEDS[:1]
        compiled, plain = (make(composition, seeds, torch.device("cpu")) for make in (Runner, PlainRunner))
    except BadInput as error:
        raise RuleSkipped(f"it does not fit an environment that offers a kernel: {error}") from error
    if type(compiled.collector) is type(plain.collector):
        raise RuleSkipped("it offers no kernel, or another part of this run offers none")
    return compiled, plain


def _same_values(runner: Runner) -> None:
    """The kernels of network and objective against the network itself."""
    learner, shape = runner.learner, runner.environment.observation_space.shape or ()
    observation = np.random.default_rng(0).normal(size=(len(runner.seeds), 50, *shape)).astype(np.float32)
    assert learner.compiled is not None
    with torch.inference_mode():
        expected = learner.objective.q_values(learner.predict(learner.online, torch.from_numpy(observation))).numpy()
    close = np.allclose(learner.compiled(observation), expected, rtol=1e-4, atol=1e-5)
    require(close, "the compiled Q values are not those of the network and the objective")
