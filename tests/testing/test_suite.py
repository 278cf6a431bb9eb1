from __future__ import annotations

import pytest
import torch
from gymnasium.spaces import Discrete

from rlzoo.contracts.errors import UnknownName
from rlzoo.testing import make_spec, rules_of


def test_a_plugin_that_is_not_loaded_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"plugin `rlzooo` is not loaded. Did you mean `rlzoo`\? Loaded: "):
        rules_of("rlzooo")


def test_every_rule_comes_with_what_it_is_tried_on(install) -> None:
    algorithm = 'Algorithm("DQN that copies often", like="dqn", settings={"target.period": 50})'
    hook = f"@hookimpl\ndef rlzoo_algorithms():\n    return {{'often': {algorithm}}}"
    install("rlzoo-often", "0.1", rlzoo_often=f"from rlzoo import Algorithm, hookimpl\n{hook}")
    tried = [(rule.name, case.slot, case.name) for rule, case in rules_of("rlzoo-often")]
    assert ("lazy-imports", "plugin", "rlzoo-often") in tried
    assert ("repeatable", "algorithm", "often") in tried
    assert len(tried) == len(set(tried))


def test_a_spec_has_a_lane_for_each_seed_and_draws_from_its_stream() -> None:
    both, alone = make_spec(seeds=(3, 5)), make_spec(seeds=(5,))
    assert (both.lanes, both.envs, both.observation_space.shape) == (2, 1, (4,))
    assert torch.equal(torch.tensor(both.rng.random((7,))[1]), torch.tensor(alone.rng.random((7,))[0]))


def test_a_spec_has_what_it_is_told() -> None:
    spec = make_spec(Discrete(9), actions=2, envs=4, steps=None, outputs=6, gamma=0.5)
    assert (spec.observation_space, spec.action_space) == (Discrete(9), Discrete(2))
    assert (spec.envs, spec.steps, spec.outputs, spec.gamma) == (4, None, 6, 0.5)
