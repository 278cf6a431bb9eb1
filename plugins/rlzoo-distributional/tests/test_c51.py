import numpy as np
import pytest
import torch
from scipy.special import softmax

from rlzoo.contracts.errors import OptionError
from rlzoo.lanes.clock import Clock
from rlzoo.registry.options import convert
from rlzoo_distributional.c51 import C51
from rlzoo_distributional.categorical import split

ATOMS = 5
OPTIONS = {"atoms": ATOMS, "v_min": -1.0, "v_max": 2.0}
SUPPORT = np.linspace(-1, 2, ATOMS)


def projected(returns: np.ndarray, chances: np.ndarray) -> np.ndarray:
    """Algorithm 1 of the paper, by the triangles around the atoms."""
    mass = np.zeros(ATOMS)
    spacing = SUPPORT[1] - SUPPORT[0]
    for value, chance in zip(returns, chances, strict=True):
        for i, atom in enumerate(SUPPORT):
            mass[i] += chance * max(0.0, 1 - abs(np.clip(value, -1, 2) - atom) / spacing)
    return mass


@pytest.mark.parametrize("double", [False, True])
def test_loss_error_and_gradient_are_those_of_a_loop(double, spec, batch, network):
    objective = C51(**OPTIONS, double=double).build(spec())
    (online, predict), (target, _) = network(ATOMS, 0), network(ATOMS, 1)
    online["w"].requires_grad_()
    loss, error = objective(predict, online, target, batch)
    loss.sum().backward()
    w, v = (params["w"].detach().double().numpy() for params in (online, target))

    gradient, outside = np.zeros_like(w), np.zeros(len(w))
    for lane, i in np.ndindex(*batch.action.shape):
        x, y = (field[lane, i].double().numpy() for field in (batch.observation, batch.next_observation))
        action, reward = int(batch.action[lane, i]), float(batch.reward[lane, i])
        following = softmax(np.einsum("f,fak->ak", y, v[lane]), -1)
        judged = softmax(np.einsum("f,fak->ak", y, w[lane]), -1) if double else following
        best = max(range(3), key=lambda a, judged=judged: judged[a] @ SUPPORT)
        discount = 0.0 if batch.terminated[lane, i] else float(batch.discount[lane, i])
        moved = reward + discount * SUPPORT
        outside[lane] += following[best][(moved < -1.003) | (moved > 2.003)].sum()
        goal = projected(moved, following[best])
        p = softmax(x @ w[lane, :, action])
        assert loss[lane, i].item() == pytest.approx(-goal @ np.log(p), rel=1e-4)
        seen = goal > 0
        divergence = goal[seen] @ np.log(goal[seen] / p[seen])
        assert error[lane, i].item() == pytest.approx(divergence, rel=1e-3, abs=1e-5)
        gradient[lane, :, action] += np.outer(x, p - goal)
    np.testing.assert_allclose(online["w"].grad, gradient, rtol=1e-3, atol=1e-4)
    share = objective.metrics(Clock(3))["clipped_targets"]
    np.testing.assert_allclose(share, outside / batch.action.shape[1], rtol=1e-5)
    assert np.isnan(objective.metrics(Clock(3))["clipped_targets"]).all()  # since the last call


def test_pitfall_14_the_projection_sums_to_one_also_where_an_atom_falls_exactly_on_a_bin(spec):
    support = C51(**OPTIONS).build(spec()).support
    rng = np.random.default_rng(0)
    on_bins = rng.choice(SUPPORT, (50, ATOMS))
    anywhere = rng.normal(0, 2, (50, ATOMS))
    for returns in (on_bins, anywhere, np.full((1, ATOMS), 9.0), np.full((1, ATOMS), -9.0)):
        chances = rng.dirichlet(np.ones(ATOMS), len(returns))
        got = split(torch.from_numpy(returns), torch.from_numpy(chances), support).numpy()
        np.testing.assert_allclose(got.sum(-1), 1, atol=1e-12)
        np.testing.assert_allclose(got, list(map(projected, returns, chances)), atol=1e-12)


def test_pitfall_14_returns_on_the_atoms_stay_where_they_are(spec):
    """CleanRL's support: bins of 2 from -100 to 100, moved by a whole bin."""
    support = C51(atoms=101, v_min=-100.0, v_max=100.0).build(spec()).support
    chances = torch.arange(101.0).softmax(-1)
    assert torch.equal(split(support, chances, support), chances)
    moved = split(support + 2, chances, support)
    assert torch.equal(moved[1:-1], chances[:-2])
    assert moved[-1] == chances[-2:].sum()


def test_q_values_are_the_means(spec):
    logits = torch.randn(2, 5, 3, ATOMS)
    expected = (softmax(logits.numpy(), -1) * SUPPORT).sum(-1)
    np.testing.assert_allclose(C51(**OPTIONS).build(spec()).q_values(logits), expected, rtol=1e-5, atol=1e-6)


def test_a_perfect_prediction_has_no_error(spec, batch, network):
    """All transitions terminal with reward 0.5, an atom; the network is certain of it."""
    objective = C51(atoms=7, v_min=-1.0, v_max=2.0).build(spec())
    target, predict = network(7, 0)
    certain = torch.full((3, 7, 3, 7), -40.0).index_fill_(-1, torch.tensor(3), 40.0)
    ended = torch.ones_like(batch.terminated)
    half = batch.__class__(**vars(batch) | {"terminated": ended, "reward": torch.full_like(batch.reward, 0.5)})
    _, error = objective(lambda params, x: certain if x is half.observation else predict(params, x), {}, target, half)
    assert error.abs().max() < 1e-6


def test_a_support_without_extent_is_refused():
    with pytest.raises(OptionError, match=r"`v_min` must be below `v_max`, got 3\.0 and 3\.0"):
        convert(C51, {"v_min": 3, "v_max": 3}, "objective")
