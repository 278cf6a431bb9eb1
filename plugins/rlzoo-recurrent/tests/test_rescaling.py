"""Value rescaling has the published form, and is undone exactly."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from rlzoo_recurrent.rescaling import rescale, restore

VALUES = st.floats(-1e6, 1e6)
EPS = st.floats(1e-6, 10)


@given(VALUES, EPS)
def test_it_has_the_form_of_the_paper(value: float, eps: float) -> None:
    expected = np.sign(value) * (np.sqrt(abs(value) + 1) - 1) + eps * value
    np.testing.assert_allclose(rescale(torch.tensor(value, dtype=torch.float64), eps), expected, rtol=1e-9, atol=1e-9)


@given(VALUES, EPS)
def test_the_inverse_has_the_form_of_the_paper(value: float, eps: float) -> None:
    eps = max(eps, 1e-3)  # the published form loses digits when eps is small
    root = (np.sqrt(1 + 4 * eps * (abs(value) + 1 + eps)) - 1) / (2 * eps)
    expected = np.sign(value) * (root**2 - 1)
    got = restore(torch.tensor(value, dtype=torch.float64), eps)
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-9)


@given(VALUES, EPS)
def test_each_undoes_the_other(value: float, eps: float) -> None:
    x = torch.tensor(value, dtype=torch.float64)
    np.testing.assert_allclose(restore(rescale(x, eps), eps), x, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(rescale(restore(x, eps), eps), x, rtol=1e-12, atol=1e-12)
    single = x.float()
    np.testing.assert_allclose(restore(rescale(single, eps), eps), single, rtol=1e-5, atol=1e-6)
