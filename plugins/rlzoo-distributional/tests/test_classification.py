import numpy as np
import pytest
import torch
from scipy.special import softmax
from scipy.stats import norm

from rlzoo.lanes.clock import Clock
from rlzoo_distributional.classification import HLGauss, TwoHot, gaussian, two_hot

ATOMS = 6
OPTIONS = {"atoms": ATOMS, "v_min": -1.0, "v_max": 2.0}
SUPPORT, EDGES = np.linspace(-1, 2, ATOMS), np.linspace(-1, 2, ATOMS + 1)


def by_triangles(value: float) -> np.ndarray:
    return np.maximum(0, 1 - np.abs(np.clip(value, -1, 2) - SUPPORT) / (SUPPORT[1] - SUPPORT[0]))


def by_cdf(value: float) -> np.ndarray:
    mass = np.diff(norm(np.clip(value, -1, 2), 0.75 * (EDGES[1] - EDGES[0])).cdf(EDGES))
    return mass / mass.sum()


KINDS = {
    TwoHot: (SUPPORT, by_triangles),
    HLGauss: ((EDGES[:-1] + EDGES[1:]) / 2, by_cdf),
}


@pytest.mark.parametrize("double", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_loss_error_and_gradient_are_those_of_a_loop(kind, double, spec, batch, network):
    centres, encoded = KINDS[kind]
    objective = kind(**OPTIONS, double=double).build(spec())
    (online, predict), (target, _) = network(ATOMS, 0), network(ATOMS, 1)
    online["w"].requires_grad_()
    loss, error = objective(predict, online, target, batch)
    loss.sum().backward()
    w, v = (params["w"].detach().double().numpy() for params in (online, target))

    gradient, outside = np.zeros_like(w), np.zeros(len(w))
    for lane, i in np.ndindex(*batch.action.shape):
        x, y = (field[lane, i].double().numpy() for field in (batch.observation, batch.next_observation))
        action, reward = int(batch.action[lane, i]), float(batch.reward[lane, i])
        q, judge = (softmax(np.einsum("f,fak->ak", y, weights[lane]), -1) @ centres for weights in (v, w))
        best = int((judge if double else q).argmax())
        discount = 0.0 if batch.terminated[lane, i] else float(batch.discount[lane, i])
        value = reward + discount * q[best]
        outside[lane] += value < -1.003 or value > 2.003
        goal, p = encoded(value), softmax(x @ w[lane, :, action])
        assert loss[lane, i].item() == pytest.approx(-goal @ np.log(p), rel=1e-4)
        seen = goal > 1e-9
        divergence = goal[seen] @ np.log(goal[seen] / p[seen])
        assert error[lane, i].item() == pytest.approx(divergence, rel=1e-3, abs=1e-5)
        gradient[lane, :, action] += np.outer(x, p - goal)
    np.testing.assert_allclose(online["w"].grad, gradient, rtol=1e-3, atol=1e-4)
    assert outside.any()
    np.testing.assert_allclose(objective.metrics(Clock(3))["clipped_targets"], outside / batch.action.shape[1])


def test_two_neighbours_have_the_mean_of_the_return():
    returns = torch.linspace(-1, 2, 97, dtype=torch.float64)
    chances = two_hot(returns, torch.from_numpy(SUPPORT))
    assert ((chances > 1e-6).sum(-1) <= 2).all()
    np.testing.assert_allclose(chances @ torch.from_numpy(SUPPORT), returns, atol=1e-6)


def test_the_mean_of_a_normal_distribution_inside_is_near_the_return():
    """Far from the ends nothing is cut off; what remains is the error of the bins."""
    edges = torch.linspace(-10, 10, 52, dtype=torch.float64)
    returns = torch.linspace(-5, 5, 33, dtype=torch.float64)
    chances = gaussian(returns, edges, 0.75 * 20 / 51)
    np.testing.assert_allclose(chances.sum(-1), 1, atol=1e-12)
    np.testing.assert_allclose(chances @ ((edges[:-1] + edges[1:]) / 2), returns, atol=2e-3)


@pytest.mark.parametrize("value", [-1e9, 1e9])
def test_returns_outside_are_clipped_to_the_ends(value: float):
    edges = torch.from_numpy(EDGES)
    for chances in (
        two_hot(torch.tensor([value]), torch.from_numpy(SUPPORT)),
        gaussian(torch.tensor([value]), edges, 0.4),
    ):
        assert chances.sum().item() == pytest.approx(1, abs=1e-6)
        assert chances.argmax() == (0 if value < 0 else ATOMS - 1)
