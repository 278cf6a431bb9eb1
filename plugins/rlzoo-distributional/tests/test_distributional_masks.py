"""Action masks: targets and actions of the distributional objectives, against loops over the allowed actions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from scipy.special import log_softmax

from rlzoo.contracts import Batch
from rlzoo.registry.composition import compose
from rlzoo.testing import installed
from rlzoo.training.runner import Runner
from rlzoo_distributional.c51 import C51
from rlzoo_distributional.classification import HLGauss, TwoHot
from rlzoo_distributional.iqn import IQN
from rlzoo_distributional.munchausen import Munchausen
from rlzoo_distributional.qr_dqn import QRDQN

from support.masked import ENV, MASK

CATALOG = installed()
OUTPUTS = 5
OBJECTIVES: dict[str, Any] = {
    "c51": C51(atoms=OUTPUTS, v_min=-2.0, v_max=2.0),
    "c51-double": C51(atoms=OUTPUTS, v_min=-2.0, v_max=2.0, double=True),
    "two-hot": TwoHot(atoms=OUTPUTS, v_min=-2.0, v_max=2.0),
    "hl-gauss": HLGauss(atoms=OUTPUTS, v_min=-2.0, v_max=2.0, double=True),
    "qr-dqn": QRDQN(quantiles=OUTPUTS),
    "qr-dqn-double": QRDQN(quantiles=OUTPUTS, double=True),
    "iqn": IQN(fractions=OUTPUTS, target_fractions=OUTPUTS, acting_fractions=OUTPUTS),
    "iqn-double": IQN(fractions=OUTPUTS, target_fractions=OUTPUTS, acting_fractions=OUTPUTS, double=True),
}


def random_masks(batch: Batch, seed: int) -> torch.Tensor:
    """At least one of three actions is allowed, `[L, B, A]`."""
    rng, shape = np.random.default_rng(seed), tuple(batch.action.shape)
    only = np.arange(3) == rng.integers(3, size=shape)[..., None]
    return torch.from_numpy((rng.random((*shape, 3)) < 0.4) | only)


def masked(batch: Batch) -> Batch:
    """Terminal states allow nothing, as an environment may say there."""
    mask = random_masks(batch, 1) & ~batch.terminated[..., None]
    taken = torch.nn.functional.one_hot(batch.action, 3).bool()
    return replace(batch, columns={"action_mask": random_masks(batch, 2) | taken, "next_action_mask": mask})


def only_the_best(batch: Batch, objective: Any, predict: Any, online: Any, target: Any) -> Batch:
    """The batch with masks that allow nothing but the best allowed action of each next state, found by a loop."""
    judge = online if objective.options.double else target
    q = objective.q_values(predict(judge, batch.next_observation))
    mask = batch.columns["next_action_mask"]
    single = torch.zeros_like(mask)
    for at in np.ndindex(*batch.action.shape):
        choices = np.flatnonzero(mask[at])
        if len(choices):
            single[at][max(choices, key=lambda action: float(q[at][action]))] = True
    return replace(batch, columns={"next_action_mask": single})


def with_only_that_action(batch: Batch, following: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The outputs `[L, B, A, K]` with those of the single allowed action in the place of all others."""
    place = mask.long().argmax(-1)[..., None, None].expand(*mask.shape[:-1], 1, following.shape[-1])
    return following.gather(-2, place).expand_as(following)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_the_target_is_that_of_the_best_allowed_action(name, spec, batch, network) -> None:
    """With the outputs of the best allowed action in the place of all others, and no mask, the result is the same."""
    (online, linear), (target, _) = network(OUTPUTS, 0), network(OUTPUTS, 1)
    batch = masked(batch)
    after = batch.next_observation

    def predict(params, x):
        return linear(params, x)

    objective, other, free = (OBJECTIVES[name].build(spec()) for _ in range(3))
    best = only_the_best(batch, objective, predict, online, target)

    def replaced(params, x):
        output = linear(params, x)
        return with_only_that_action(batch, output, best.columns["next_action_mask"]) if x is after else output

    found = objective(predict, online, target, batch)
    expected = other(replaced, online, target, replace(batch, columns={}))
    for one, another in zip(found, expected, strict=True):
        assert one.isfinite().all()
        torch.testing.assert_close(one, another)
    unmasked = free(predict, online, target, replace(batch, columns={}))
    assert ((found[1] - unmasked[1]).abs() > 1e-3).sum() >= 3  # the masks make a difference


@pytest.mark.parametrize("name", [*OBJECTIVES, "munchausen"])
def test_a_mask_that_allows_everything_changes_no_bit(name, spec, batch, network) -> None:
    outputs = 1 if name == "munchausen" else OUTPUTS
    (online, linear), (target, _) = network(outputs, 0), network(outputs, 1)
    options = OBJECTIVES.get(name, Munchausen())

    def predict(params, x):
        return linear(params, x).squeeze(-1) if name == "munchausen" else linear(params, x)

    everything = torch.ones(*batch.action.shape, 3, dtype=torch.bool)
    allowing = replace(batch, columns={"action_mask": everything, "next_action_mask": everything})
    results = [options.build(spec())(predict, online, target, it) for it in (allowing, batch)]
    assert all(torch.equal(one, other) for one, other in zip(*results, strict=True))


@pytest.mark.parametrize("temperature", [0.03, 0.5])
def test_munchausen_has_a_policy_over_allowed_actions_only(temperature, spec, batch, network) -> None:
    alpha, clip = 0.7, -0.8
    objective = Munchausen(alpha=alpha, temperature=temperature, clip=clip).build(spec())
    (online, linear), (target, _) = network(1, 0), network(1, 1)
    online["w"].requires_grad_()
    batch = masked(batch)
    loss, error = objective(lambda params, x: linear(params, x).squeeze(-1), online, target, batch)
    loss.sum().backward()
    assert online["w"].grad.isfinite().all()
    for at in np.ndindex(*batch.action.shape):
        x, y = (field[at].double().numpy() for field in (batch.observation, batch.next_observation))
        w, v = (params["w"][at[0], ..., 0].detach().double().numpy() for params in (online, target))
        now, after = (np.flatnonzero(batch.columns[column][at]) for column in ("action_mask", "next_action_mask"))
        action, ahead = int(batch.action[at]), 0.0
        bonus = temperature * log_softmax((x @ v)[now] / temperature)[list(now).index(action)]
        if not batch.terminated[at]:
            log_policy = log_softmax((y @ v)[after] / temperature)
            ahead = float(batch.discount[at]) * (np.exp(log_policy) @ ((y @ v)[after] - temperature * log_policy))
        expected = float(batch.reward[at]) + alpha * max(bonus, clip) + ahead - x @ w[:, action]
        assert error[at].item() == pytest.approx(expected, rel=1e-3, abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["c51", "qr-dqn", "iqn", "munchausen"])
def test_training_and_evaluation_take_no_forbidden_action(name: str) -> None:
    settings = {
        "train.steps": 150,
        "train.eval_every": 75,
        "train.eval_episodes": 2,
        "train.eval_max_steps": 30,
        "network.hidden": (16,),
        "exploration.schedule": "constant",
        "exploration.start": 0.3,
    }
    components = {"objective": name, "network": "iqn" if name == "iqn" else "mlp"}
    # The environment fails where a forbidden action is taken.
    runner = Runner(compose(CATALOG, "q-learning", components, settings, ENV), (0, 1), torch.device("cpu"))
    seen, add = [], runner.parts.buffer.add

    def spy(transition: Any) -> None:
        seen.append(MASK[transition.observation, transition.action].all())
        add(transition)

    runner.parts.buffer.add = spy  # type: ignore[method-assign]
    list(runner.run())
    assert seen == [True] * 150
    assert not runner.learner.frozen.any()
