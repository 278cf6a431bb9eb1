import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rlzoo.components.objectives import td

ERRORS = np.array([-50.0, -2.0, -1.0, -0.5, 0.0, 0.3, 1.0, 1.5, 20.0])


def gradient(loss: torch.Tensor, error: torch.Tensor) -> np.ndarray:
    return torch.autograd.grad(loss.sum(), error)[0].numpy()


def test_select_picks_the_action_taken() -> None:
    q = torch.arange(24.0).view(2, 3, 4)
    action = torch.tensor([[0, 3, 1], [2, 2, 0]])
    assert td.select(q, action).tolist() == [[0, 7, 9], [14, 18, 20]]


@given(reward=st.floats(-5, 5), gamma=st.floats(0, 1), value=st.floats(-9, 9), terminated=st.booleans())
def test_target(reward: float, gamma: float, value: float, terminated: bool) -> None:
    r, g, v = (torch.tensor(number, dtype=torch.float64) for number in (reward, gamma, value))
    expected = reward if terminated else reward + gamma * value
    assert td.target(r, torch.tensor(terminated), g, v).item() == pytest.approx(expected)


def test_a_value_that_is_no_number_does_not_pass_a_terminal_state() -> None:
    goal = td.target(torch.tensor(1.0), torch.tensor(True), torch.tensor(0.9), torch.tensor(torch.nan))
    assert goal.item() == 1.0


@given(data=st.data(), length=st.integers(1, 6), gamma=st.floats(0, 1))
def test_n_step_returns_are_those_of_a_loop(data: st.DataObject, length: int, gamma: float) -> None:
    n = data.draw(st.integers(1, length))
    rewards = data.draw(st.lists(st.floats(-5, 5), min_size=length, max_size=length))
    ended = data.draw(st.lists(st.booleans(), min_size=length, max_size=length))
    valid = [True] + [not any(ended[:step]) for step in range(1, length)]

    total, steps = 0.0, 0
    for reward, over in zip(rewards[:n], ended[:n], strict=True):
        total += gamma**steps * reward
        steps += 1
        if over:
            break

    sequence = torch.tensor(rewards, dtype=torch.float64), torch.tensor(ended), torch.tensor(valid)
    powers = torch.tensor([gamma**step for step in range(length)], dtype=torch.float64)
    got, span = td.n_step_return(*(row.expand(2, 3, length) for row in (*sequence, powers)), n)
    assert span.tolist() == [[steps] * 3] * 2
    torch.testing.assert_close(got, torch.full((2, 3), total, dtype=torch.float64))


def test_an_n_step_return_stops_where_steps_are_not_valid() -> None:
    reward, ended = torch.tensor([1.0, 2.0, torch.nan]), torch.zeros(3, dtype=torch.bool)
    got, span = td.n_step_return(reward, ended, torch.tensor([True, True, False]), 0.5 ** torch.arange(3), 3)
    assert (got.item(), span.item()) == (2.0, 2)


def test_squared_errors_and_their_gradients() -> None:
    error = torch.tensor(ERRORS, requires_grad=True)
    np.testing.assert_allclose(td.mse(error).detach(), ERRORS**2)
    np.testing.assert_allclose(gradient(td.mse(error), error), 2 * ERRORS)
    np.testing.assert_allclose(td.half_mse(error).detach(), ERRORS**2 / 2)
    np.testing.assert_allclose(gradient(td.half_mse(error), error), ERRORS)


@pytest.mark.parametrize("delta", [0.5, 1.0, 3.0])
def test_huber_is_written_out(delta: float) -> None:
    error = torch.tensor(ERRORS, requires_grad=True)
    size = np.abs(ERRORS)
    expected = np.where(size <= delta, ERRORS**2 / 2, delta * (size - delta / 2))
    np.testing.assert_allclose(td.huber(error, delta).detach(), expected)


@pytest.mark.parametrize("delta", [0.5, 1.0, 3.0])
def test_pitfall_12_huber_clips_the_gradient_and_not_the_error(delta: float) -> None:
    error = torch.tensor(ERRORS, requires_grad=True)
    loss = td.huber(error, delta)
    np.testing.assert_allclose(gradient(loss, error), ERRORS.clip(-delta, delta))
    assert loss[0] > loss[1]  # clipping the error would make both the same constant, with no gradient
