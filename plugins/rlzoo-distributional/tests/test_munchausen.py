import numpy as np
import pytest
import torch
from scipy.special import log_softmax

from rlzoo_distributional.munchausen import Munchausen


def test_loss_and_error_are_those_of_numpy(spec, batch, network):
    alpha, temperature, clip = 0.7, 0.5, -0.8
    objective = Munchausen(alpha=alpha, temperature=temperature, clip=clip, loss="huber").build(spec())
    (online, predict), (target, _) = network(1, 0), network(1, 1)
    loss, error = objective(lambda params, x: predict(params, x).squeeze(-1), online, target, batch)
    clipped = 0
    for lane, i in np.ndindex(*batch.action.shape):
        x, y = (field[lane, i].double().numpy() for field in (batch.observation, batch.next_observation))
        w, v = (params["w"][lane, ..., 0].double().numpy() for params in (online, target))
        action = int(batch.action[lane, i])
        own = temperature * log_softmax(x @ v / temperature)[action]
        clipped += own < clip
        log_policy = log_softmax(y @ v / temperature)
        ahead = np.exp(log_policy) @ (y @ v - temperature * log_policy)
        ahead *= 0.0 if batch.terminated[lane, i] else float(batch.discount[lane, i])
        expected = float(batch.reward[lane, i]) + alpha * max(own, clip) + ahead - x @ w[:, action]
        assert error[lane, i].item() == pytest.approx(expected, rel=1e-4, abs=1e-5)
        assert loss[lane, i].item() == pytest.approx(
            expected**2 / 2 if abs(expected) <= 1 else abs(expected) - 0.5, rel=1e-4, abs=1e-5
        )
    assert 0 < clipped < batch.action.numel()


def test_log_policy_is_finite_where_the_chances_are_zero(spec):
    """The naive softmax underflows at differences of 100 temperatures; what is asked for does not."""
    q = torch.tensor([0.0, -10.0, -1e4])
    np.testing.assert_allclose(
        Munchausen(temperature=0.03).build(spec()).log_policy(q, None), [0, -10, -1e4], rtol=1e-6
    )


def test_without_addition_and_temperature_it_is_q_learning(spec, batch, network):
    objective = Munchausen(alpha=0.0, temperature=1e-6).build(spec())
    (online, predict), (target, _) = network(1, 0), network(1, 1)
    _, error = objective(lambda params, x: predict(params, x).squeeze(-1), online, target, batch)
    ahead = predict(target, batch.next_observation).squeeze(-1).amax(-1) * batch.discount
    goal = batch.reward + ahead.masked_fill(batch.terminated, 0.0)
    q = predict(online, batch.observation).squeeze(-1).gather(-1, batch.action.unsqueeze(-1)).squeeze(-1)
    torch.testing.assert_close(error, goal - q, rtol=1e-4, atol=1e-4)


def test_no_gradient_reaches_the_target_even_when_it_is_the_online_network(spec, batch, network):
    params, predict = network(1, 0)
    objective = Munchausen().build(spec())
    gradients = []
    for target in (params, {"w": params["w"].clone()}):
        own = params["w"].requires_grad_()
        loss, _ = objective(lambda leaves, x: predict(leaves, x).squeeze(-1), {"w": own}, target, batch)
        gradients.append(torch.autograd.grad(loss.sum(), own)[0])
    assert torch.equal(*gradients)
