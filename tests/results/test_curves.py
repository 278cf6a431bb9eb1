from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rlzoo.contracts.errors import BadInput
from rlzoo.results.curves import QUANTITIES, Curves, read_curves

from support.runs import write_run


def read(path: Path, rows: list[tuple[int, int, float]], quantity: str = "return", last: int = 100) -> Curves:
    return read_curves(write_run(path / "run", rows, rows), QUANTITIES[quantity], last)


def test_a_point_is_the_mean_of_the_last_episodes_that_were_over_by_then(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = [
        (seed, int(step), float(rng.integers(50))) for seed in (3, 8) for step in np.cumsum(rng.integers(1, 90, 70))
    ]
    curves = read(tmp_path, rows, last=7)
    assert curves.seeds == [3, 8]
    for seed, values in zip(curves.seeds, curves.values, strict=True):
        item = [(step, value) for other, step, value in rows if other == seed]
        expected = [[value for step, value in item if step <= point][-7:] for point in curves.steps]
        np.testing.assert_allclose(values, [np.mean(some) if some else np.nan for some in expected])


def test_a_seed_that_is_over_keeps_its_last_value(tmp_path: Path) -> None:
    curves = read(tmp_path, [(0, 10, 1.0), (0, 20, 3.0), (1, 10, 5.0), (1, 400, 7.0)])
    assert curves.steps[-1] == 400
    assert curves.ends.tolist() == [20, 400]
    assert curves.values[:, -1].tolist() == [2.0, 6.0]
    assert np.isnan(curves.values[:, 0]).all()


def test_lengths_are_read_from_their_own_column(tmp_path: Path) -> None:
    curves = read(tmp_path, [(0, 10, 2.6), (0, 20, 7.6)], "length")
    assert curves.values[0, -1] == (3 + 8) / 2


def test_an_evaluation_is_one_point_the_mean_of_its_episodes(tmp_path: Path) -> None:
    rows = [(0, 100, 1.0), (0, 100, 2.0), (1, 100, 5.0), (0, 200, 8.0), (1, 200, 9.0)]
    curves = read(tmp_path, rows, "evaluation")
    assert curves.steps.tolist() == [100, 200]
    assert curves.values.tolist() == [[1.5, 8.0], [5.0, 9.0]]


def test_a_run_without_episodes_has_no_seeds(tmp_path: Path) -> None:
    curves = read(tmp_path, [])
    assert curves.seeds == []
    assert curves.values.shape == (0, len(curves.steps))


def test_a_run_without_the_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"run` has no evaluations\.csv"):
        read_curves(write_run(tmp_path / "run"), QUANTITIES["evaluation"], 100)
