from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.special import softmax

from rlzoo.contracts import Batch
from rlzoo.contracts.errors import OptionError
from rlzoo.lanes.clock import Clock
from rlzoo.registry.options import convert
from rlzoo_distributional import c51, categorical, kernels
from rlzoo_distributional.c51 import C51
from rlzoo_distributional.categorical import split
from rlzoo_distributional.classification import HLGauss, TwoHot

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


@pytest.mark.parametrize("build", [C51, TwoHot, HLGauss])
@pytest.mark.parametrize("broken", [None, np.nan, np.inf])
def test_compiled_loops_compute_what_tensors_and_autograd_do(build, broken, spec, batch, network, monkeypatch):
    """Also for 101 atoms of which rewards miss many, with weights, and beside a lane that has diverged."""
    objective = build(atoms=101, v_min=-1.5, v_max=1.0, double=True).build(spec())
    (online, predict), (target, _) = network(101, 0), network(101, 1)
    weight = torch.rand(batch.weight.shape)
    if broken is not None:
        online["w"][1, 0, 0, 0] = broken
    compiled = objective.closed_form(predict, online, target, batch, weight)
    shares = objective.clipping.since_last()
    alone = objective.closed_form(predict, *({"w": it["w"][:1]} for it in (online, target)), first(batch), weight[:1])
    objective.clipping.since_last()

    for module in (c51, categorical):
        monkeypatch.setattr(module, "loops_apply", lambda *tensors: False)
    outputs = []
    online["w"].requires_grad_()
    loss, error = objective(lambda *inputs: outputs.append(predict(*inputs)) or outputs[-1], online, target, batch)
    (slope,) = torch.autograd.grad((weight * loss).sum(), outputs[0])
    fine = [0, 2] if broken is not None else [0, 1, 2]
    for ours, theirs, ours_alone in zip(compiled, (loss, error, slope), alone, strict=True):
        torch.testing.assert_close(ours[fine], theirs[fine], rtol=1e-5, atol=1e-5)  # places are up to 100
        assert torch.equal(ours[:1], ours_alone)
    assert broken is None or compiled[0][1].isnan().any() == loss[1].isnan().any()
    np.testing.assert_allclose(objective.clipping.since_last()[fine], shares[fine], rtol=1e-4)


def first(batch: Batch) -> Batch:
    """The first lane of a batch."""
    return replace(batch, **{name: it[:1] for name, it in vars(batch).items() if isinstance(it, torch.Tensor)})


def test_exp_and_log_are_exact_to_a_unit_in_the_last_place():
    x = -np.linspace(0, 87, 10_001, dtype=np.float32)
    np.testing.assert_allclose([kernels.exp(it) for it in x], np.exp(x.astype(np.float64)), rtol=1.2e-7)
    y = np.exp(x)
    np.testing.assert_allclose([kernels.log(it) for it in y], np.log(y.astype(np.float64)), rtol=1.5e-7, atol=1e-9)
    assert np.isnan(kernels.exp(np.float32(np.nan)))
