import numpy as np
import pytest
import torch

from rlzoo_distributional import quantiles
from rlzoo_distributional.qr_dqn import QRDQN
from rlzoo_distributional.quantiles import midpoints, quantile_huber, with_slope

QUANTILES = 5


@pytest.mark.parametrize("double", [False, True])
@pytest.mark.parametrize("kappa", [1.0, 0.3])
def test_pitfall_14_loss_and_error_are_those_of_a_double_loop(double, kappa, spec, batch, network, by_loops):
    objective = QRDQN(quantiles=QUANTILES, kappa=kappa, double=double).build(spec())
    (online, predict), (target, _) = network(QUANTILES, 0), network(QUANTILES, 1)
    loss, error = objective(predict, online, target, batch)
    w, v = (params["w"].double().numpy() for params in (online, target))
    fractions = [(2 * i + 1) / (2 * QUANTILES) for i in range(QUANTILES)]
    for lane, i in np.ndindex(*batch.action.shape):
        x, y = (field[lane, i].double().numpy() for field in (batch.observation, batch.next_observation))
        following = np.einsum("f,fak->ak", y, v[lane])
        judged = np.einsum("f,fak->ak", y, w[lane]) if double else following
        best = max(range(3), key=lambda a, judged=judged: judged[a].mean())
        discount = 0.0 if batch.terminated[lane, i] else float(batch.discount[lane, i])
        goal = float(batch.reward[lane, i]) + discount * following[best]
        predicted = x @ w[lane, :, int(batch.action[lane, i])]
        assert loss[lane, i].item() == pytest.approx(by_loops(predicted, fractions, goal, kappa), rel=1e-4)
        absolute = np.mean([abs(sample - theta) for sample in goal for theta in predicted])
        assert error[lane, i].item() == pytest.approx(absolute, rel=1e-4)


@pytest.mark.slow
def test_the_gradient_is_that_of_finite_differences():
    fractions, goal = midpoints(4).double(), torch.tensor([-2.0, 0.1, 0.4, 3.0, 3.5]).double()
    predicted = torch.tensor([0.0, -1.0, 2.0, 0.3]).double().requires_grad_()
    assert torch.autograd.gradcheck(lambda p: quantile_huber(p, fractions, goal, 1.0)[0], predicted)


def test_minimising_the_loss_finds_the_quantiles():
    """With a small kappa; of the samples 0, 1, ..., 999."""
    goal, fractions = torch.arange(1000.0), midpoints(4)
    predicted = torch.zeros(4, requires_grad=True)
    optimizer = torch.optim.SGD([predicted], lr=300.0)
    for _ in range(100):
        optimizer.zero_grad()
        quantile_huber(predicted, fractions, goal, 0.01)[0].backward()
        optimizer.step()
    np.testing.assert_allclose(predicted.detach(), [125, 375, 625, 875], atol=3)


def test_q_values_are_the_means(spec):
    output = torch.randn(2, 5, 3, QUANTILES)
    np.testing.assert_allclose(QRDQN().build(spec()).q_values(output), output.numpy().mean(-1), rtol=1e-5, atol=1e-6)


def by_autograd(predicted, fractions, goal, kappa):
    """The loss as the paper writes it, for autograd to find its gradient."""
    difference = goal.unsqueeze(-2) - predicted.unsqueeze(-1)
    slope = (fractions.unsqueeze(-1) - (difference.detach() < 0).double()).abs()
    huber = torch.nn.functional.huber_loss(difference, torch.zeros_like(difference), reduction="none", delta=kappa)
    return (slope * huber / kappa).mean(-1).sum(-1)


@pytest.mark.parametrize("kappa", [1.0, 0.3])
def test_the_gradient_is_that_of_autograd(kappa):
    predicted, goal = torch.randn(3, 7, 6).double().requires_grad_(), torch.randn(3, 7, 9).double()
    fractions = torch.rand(3, 7, 6).double()
    own, other = quantile_huber(predicted, fractions, goal, kappa)[0], by_autograd(predicted, fractions, goal, kappa)
    torch.testing.assert_close(own, other)
    for first, second in zip(*(torch.autograd.grad(loss.sum(), predicted) for loss in (own, other)), strict=True):
        torch.testing.assert_close(first, second)


@pytest.mark.parametrize("fractions", [midpoints(6), torch.rand(3, 7, 6)], ids=["shared", "of-each-row"])
def test_the_compiled_loss_is_that_of_tensors(fractions):
    predicted, goal = torch.randn(3, 7, 6), torch.randn(3, 7, 9)
    compiled, plain = (it(predicted, fractions, goal, 0.7) for it in (with_slope, quantiles._with_slope))
    for first, second in zip(compiled, plain, strict=True):
        torch.testing.assert_close(first, second)


def test_a_row_has_the_same_bits_alone():
    predicted, goal, fractions = torch.randn(5, 13), torch.randn(5, 9), torch.rand(5, 13)
    together = with_slope(predicted, fractions, goal, 1.0)
    for row in range(5):
        alone = with_slope(predicted[row : row + 1], fractions[row : row + 1], goal[row : row + 1], 1.0)
        assert all(torch.equal(first[row : row + 1], second) for first, second in zip(together, alone, strict=True))


@pytest.mark.parametrize("bad", [torch.nan, torch.inf])
def test_what_is_no_number_shows_in_the_loss(bad):
    goal = torch.zeros(2, 4)
    goal[1, 2] = bad
    loss, *_ = with_slope(torch.ones(2, 3), midpoints(3), goal, 1.0)
    assert loss.isfinite().tolist() == [True, False]
