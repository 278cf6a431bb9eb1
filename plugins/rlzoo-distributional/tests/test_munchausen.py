from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.special import log_softmax
from torch.func import functional_call

from rlzoo.contracts.errors import OptionError
from rlzoo.lanes.rng import LaneRng
from rlzoo.lanes.stacking import stack
from rlzoo.registry.composition import compose
from rlzoo.testing import installed
from rlzoo_distributional.iqn import IQN
from rlzoo_distributional.munchausen import Munchausen
from rlzoo_distributional.qr_dqn import QRDQN
from rlzoo_distributional.quantile_network import QuantileMLP


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
        Munchausen(temperature=0.03).build(spec()).policy.log_policy(q, None), [0, -10, -1e4], rtol=1e-6
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


ALPHA, TEMPERATURE, CLIP = 0.7, 0.5, -0.8
SOFT = {"policy": "munchausen", "alpha": ALPHA, "temperature": TEMPERATURE, "clip": CLIP}


def with_masks(batch):
    """Masks that forbid the first action in every other transition, and never the action taken."""
    now = torch.ones(*batch.action.shape, 3, dtype=torch.bool)
    after = now.clone()
    now[:, ::2, 0] = batch.action[:, ::2] == 0
    after[:, ::2, 0] = False
    return replace(batch, columns={"action_mask": now, "next_action_mask": after})


def target_of(batch, at, q_now, q_after, quantiles):
    """Samples of the target by loops over actions and quantiles: eq. 4 of Vieillard et al. with quantiles for q."""
    now, after = (np.flatnonzero(batch.columns[name][at]) for name in ("action_mask", "next_action_mask"))
    own = TEMPERATURE * log_softmax(q_now[now] / TEMPERATURE)[list(now).index(int(batch.action[at]))]
    samples = []
    for k in range(quantiles.shape[1]):
        ahead = 0.0
        for action, log in zip(after, log_softmax(q_after[after] / TEMPERATURE), strict=True):
            ahead += np.exp(log) * (quantiles[action, k] - TEMPERATURE * log)
        ahead *= 0.0 if batch.terminated[at] else float(batch.discount[at])
        samples.append(float(batch.reward[at]) + ALPHA * max(own, CLIP) + ahead)
    return np.array(samples)


def test_qr_dqn_with_the_policy_of_munchausen_is_a_loop(spec, batch, network, by_loops):
    batch = with_masks(batch)
    (online, predict), (target, _) = network(5, 0), network(5, 1)
    loss, error = QRDQN(quantiles=5, **SOFT).build(spec())(predict, online, target, batch)
    w, v = (params["w"].double().numpy() for params in (online, target))
    for at in np.ndindex(*batch.action.shape):
        x, y = (field[at].double().numpy() for field in (batch.observation, batch.next_observation))
        before, after = (np.einsum("f,fak->ak", it, v[at[0]]) for it in (x, y))
        goal = target_of(batch, at, before.mean(-1), after.mean(-1), after)
        predicted = x @ w[at[0], :, int(batch.action[at])]
        fractions = [(2 * i + 1) / 10 for i in range(5)]
        assert loss[at].item() == pytest.approx(by_loops(predicted, fractions, goal, 1.0), rel=1e-4)
        assert error[at].item() == pytest.approx(np.abs(goal[:, None] - predicted).mean(), rel=1e-4)


def test_iqn_with_the_policy_of_munchausen_is_a_loop(spec, batch, by_loops):
    batch = with_masks(batch)
    drawn = LaneRng(range(3), "test")
    objective = IQN(fractions=5, target_fractions=6, acting_fractions=4, **SOFT).build(spec())
    fractions, sampled = drawn.random((7, 5)), drawn.random((7, 6))
    nets = [[QuantileMLP(hidden=(6, 5)).build(spec(outputs=4)) for _ in range(3)] for _ in range(2)]
    (online, predict), (target, _) = map(stack, nets)
    loss, error = objective(predict, online, target, batch)

    def quantiles(net, x, fractions):
        asked = {"fractions": torch.from_numpy(np.asarray(fractions)).float()[None]}
        return functional_call(net, asked, x[None])[0].detach().double().numpy()  # [A, K]

    for at in np.ndindex(*batch.action.shape):
        own, other = nets[0][at[0]], nets[1][at[0]]
        x, y = batch.observation[at], batch.next_observation[at]
        before, after = (quantiles(other, it, [1 / 8, 3 / 8, 5 / 8, 7 / 8]).mean(-1) for it in (x, y))
        goal = target_of(batch, at, before, after, quantiles(other, y, sampled[at]))
        predicted = quantiles(own, x, fractions[at])[int(batch.action[at])]
        assert loss[at].item() == pytest.approx(by_loops(predicted, fractions[at], goal, 1.0), rel=1e-4)
        assert error[at].item() == pytest.approx(np.abs(goal[:, None] - predicted).mean(), rel=1e-4)


@pytest.mark.parametrize("options", [QRDQN(quantiles=5), IQN(fractions=5, target_fractions=6, acting_fractions=4)])
def test_without_bonus_and_temperature_the_target_is_the_greedy_one(options, spec, batch):
    network = QuantileMLP(hidden=(6, 5))
    (online, predict), (target, _) = (
        stack([network.build(spec(outputs=options.build(spec()).outputs)) for _ in range(3)]) for _ in range(2)
    )
    cold = replace(options, policy="munchausen", alpha=0.0, temperature=1e-6)
    found = (it.build(spec(rng=LaneRng(range(3), "t")))(predict, online, target, batch) for it in (options, cold))
    for greedy, soft in zip(*found, strict=True):
        torch.testing.assert_close(greedy, soft, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["qr-dqn", "iqn"])
def test_options_of_the_other_policy_are_refused(name):
    catalog = installed()
    made = compose(catalog, name, {}, {"objective.policy": "munchausen", "objective.alpha": 0.5})
    assert made["objective"].soft_policy.alpha == 0.5
    with pytest.raises(OptionError, match="`double` has no effect with `policy=munchausen`"):
        compose(catalog, name, {}, {"objective.policy": "munchausen", "objective.double": True})
    with pytest.raises(OptionError, match=r"`objective\.alpha` has no effect with `policy=greedy`"):
        compose(catalog, name, {}, {"objective.alpha": 0.5})
