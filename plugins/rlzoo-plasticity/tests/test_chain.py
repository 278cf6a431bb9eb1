"""CHAIN's penalty and its gradient, written out."""

from __future__ import annotations

import torch

from rlzoo.lanes.rows import views
from rlzoo.registry.composition import compose
from rlzoo.testing import installed
from rlzoo.training.runner import Runner

SMALL = {
    "train.steps": 60,
    "train.batch_size": 8,
    "train.learning_starts": 20,
    "train.update_every": 4,
    "network.hidden": (7,),
    "objective.churn": 0.3,
}


def q(row: dict[str, torch.Tensor], x: torch.Tensor, action: torch.Tensor) -> torch.Tensor:
    hidden = (x.float() @ row["0.weight"].T + row["0.bias"]).relu()
    return (hidden @ row["2.weight"].T + row["2.bias"])[torch.arange(len(x)), action]


def test_the_gradient_is_that_of_both_terms() -> None:
    made = compose(installed(), "dqn", {"objective": "chain"}, SMALL, "rlzoo-probe/vector-v0")
    runner = Runner(made, [3, 1], torch.device("cpu"))
    runner.begin()
    while runner.clock.steps < 30:
        runner.step()
    learner, batches, weights = runner.learner, [], []
    for _ in range(4):
        batches.append(runner.parts.buffer.sample(8))
        weights.append({name: leaf.detach().clone() for name, leaf in learner.online.items()})
        learner.update(batches[-1])
    runner.parts.objective.load_state(runner.parts.objective.state())
    batch = runner.parts.buffer.sample(8)
    weights.append({name: leaf.detach().clone() for name, leaf in learner.online.items()})
    found = learner.gradient(batch)
    reference = batches[-2]  # the last update learned from batches[-1]
    for lane in range(2):
        now = {name: leaf[lane].clone().requires_grad_() for name, leaf in weights[-1].items()}
        before = {name: leaf[lane] for name, leaf in weights[-2].items()}
        target = {name: learner.target[name][lane] for name in now}
        ahead = (batch.next_observation[lane].float() @ target["0.weight"].T + target["0.bias"]).relu()
        best = (ahead @ target["2.weight"].T + target["2.bias"]).amax(-1)
        goal = batch.reward[lane] + batch.discount[lane] * best * ~batch.terminated[lane]
        error = goal - q(now, batch.observation[lane], batch.action[lane])
        seen = reference.observation[lane], reference.action[lane]
        churn = q(now, *seen) - q(before, *seen)
        assert churn.abs().max() > 1e-6
        (error.square() + 0.3 * churn.square()).mean().backward()
        flat = torch.cat([now[name].grad.flatten() for name in now])
        ours = views(found, learner.online)
        torch.testing.assert_close(torch.cat([ours[name][lane].flatten() for name in now]), flat, rtol=1e-4, atol=1e-6)
