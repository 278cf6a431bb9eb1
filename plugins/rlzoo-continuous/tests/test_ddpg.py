"""DDPG: the target and the gradients of actor and critic, against a loop on autograd over plain modules."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from rlzoo.registry.composition import compose
from rlzoo.testing import installed
from rlzoo.testing.case import filled, started
from rlzoo.training.learner import Learner

SETTINGS = {
    "network.hidden": (7,),
    "network.critic_hidden": (9, 5),
    "train.batch_size": 6,
    "train.learning_starts": 10,
    "train.steps": 60,
    "train.n_step": 2,
    "train.log_every": 20,
    "objective.loss": "half-mse",
    "objective.reward_scale": 0.5,
    "target.tau": 0.3,
}


def squashed(raw: Tensor) -> Tensor:
    """Within the bounds of the probe's actions, -1 to 1 and -2 to 3."""
    return torch.stack([raw[0].tanh(), 0.5 + 2.5 * raw[1].tanh()])


def loaded(module: nn.Module, learner: Learner, lane: int, target: bool = False) -> nn.Module:
    leaves = learner.target if target else learner.online
    copied = copy.deepcopy(module)
    copied.load_state_dict({name: leaves[name][lane].detach() for name in module.state_dict()})
    return copied


def test_target_and_gradients_are_those_of_a_loop_over_transitions() -> None:
    made = compose(installed(), "ddpg", {}, SETTINGS, "rlzoo-probe/continuous-v0")
    runner = started(made, (3, 1))
    list(runner.run())  # the target differs from the online network by now
    batch, learner = filled(runner), runner.learner
    _, td_error = learner.gradients(learner.online, learner.target, batch)
    assert learner.row.grad is not None
    trained = {name: leaf for name, leaf in learner.online.items() if leaf.requires_grad}
    plain = runner.parts.networks[0]
    for lane in range(2):
        online, target = loaded(plain, learner, lane), loaded(plain, learner, lane, target=True)
        critic_loss, actor_loss = torch.zeros(()), torch.zeros(())
        for place in range(6):
            x, after = batch.observation[lane, place], batch.next_observation[lane, place]
            later = target.critic(torch.cat([squashed(target.actor(after)), after]))[0].detach()
            bootstrapped = 0.0 if batch.terminated[lane, place] else batch.discount[lane, place] * later
            error = 0.5 * batch.reward[lane, place] + bootstrapped
            error = error - online.critic(torch.cat([batch.action[lane, place], x]))[0]
            assert float(td_error[lane, place]) == pytest.approx(float(error.detach()), rel=1e-4, abs=1e-5)
            critic_loss = critic_loss + error.square() / 2 / 6
            actor_loss = actor_loss - online.critic(torch.cat([squashed(online.actor(x)), x]))[0] / 6
        for part, loss in ((online.critic, critic_loss), (online.actor, actor_loss)):
            prefix = "critic." if part is online.critic else "actor."
            found = torch.autograd.grad(loss, list(part.parameters()), retain_graph=True)
            for (name, _), expected in zip(part.named_parameters(), found, strict=True):
                got = gradient_of(learner, trained, prefix + name)[lane]
                torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-5)


def gradient_of(learner: Learner, trained: dict[str, Tensor], name: str) -> Tensor:
    from rlzoo.lanes.rows import views

    assert learner.row.grad is not None
    return views(learner.row.grad, trained)[name]


def test_the_actor_moves_at_its_own_rate() -> None:
    """After one step of SGD from the same weights, the actor's change is scaled, and the critic's is not."""
    changes = []
    for rate in (1.0, 0.25):
        settings = SETTINGS | {"network.actor_rate": rate, "train.steps": 12, "train.log_every": 12}
        made = compose(installed(), "ddpg", {"optimizer": "sgd"}, settings, "rlzoo-probe/continuous-v0")
        runner = started(made, (3, 1))
        before = runner.learner.row.clone()
        while not runner.clock.updates:
            runner.step()
        after = {name: leaf.detach() for name, leaf in runner.learner.online.items()}
        changes.append((before, after, runner.parts.networks[0].state_dict()))
    (_, full, start), (_, quarter, _) = changes
    for name, leaf in start.items():
        factor = 0.25 if name.startswith("actor.") else 1.0
        assert not torch.equal(full[name][0], leaf)
        torch.testing.assert_close(quarter[name][0] - leaf, factor * (full[name][0] - leaf), rtol=1e-3, atol=1e-7)
