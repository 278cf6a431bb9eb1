"""Features of a network, and their numbers, where these are known."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from rlzoo.lanes.layers import Dueling
from rlzoo.lanes.stacking import stack
from rlzoo.training.diagnostics.features import dormant_share, effective_rank

RNG = np.random.default_rng(0)


def orthogonal(rows: int, columns: int) -> np.ndarray:
    found: np.ndarray = np.linalg.qr(RNG.normal(size=(rows, columns)))[0]
    return found


@pytest.mark.parametrize("shape", [(40, 9), (9, 40)])
@pytest.mark.parametrize("rank", [1, 4, 9])
def test_equal_singular_values_all_count(shape: tuple[int, int], rank: int) -> None:
    features = orthogonal(shape[0], rank) @ orthogonal(shape[1], rank).T if rank else np.zeros(shape)
    assert effective_rank(features[None]).tolist() == [rank]


def test_the_rank_leaves_one_percent_out() -> None:
    values = np.array([90.0, 8.5, 0.6, 0.5, 0.4])  # 99.1% after three
    features = orthogonal(30, 5) * values @ orthogonal(7, 5).T
    assert effective_rank(np.stack([features, 0 * features, features * np.nan])).tolist()[:2] == [3, 0]
    assert np.isnan(effective_rank(features[None] * np.nan)).all()


def test_a_unit_is_dormant_by_its_share_of_the_activity() -> None:
    activity = np.array([1.0, -1.0, 0.02, 0.04, 0.0])  # their mean size is 0.412, and 0.025 of it 0.0103
    assert dormant_share(np.stack([np.tile(activity, (6, 1)), np.zeros((6, 5))])).tolist() == [0.2, 1]
    seldom = np.zeros((100, 4))
    seldom[:, 0] = 1
    seldom[0] = [1, 1, 0.5, 0]  # means 1, 0.01, 0.005, 0; the layer's is 0.25375
    assert dormant_share(seldom[None]).tolist() == [0.5]


class Plain(nn.Module):
    """A module that rlzoo does not know."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 2)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.layer(x)
        return found


def copies(module: nn.Module) -> list[nn.Module]:
    lanes = [copy.deepcopy(module) for _ in range(2)]
    nn.init.normal_(next(lanes[1].parameters()))
    return lanes


def test_features_are_what_the_last_layer_gets() -> None:
    value, advantage = (nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, n)) for n in (1, 2))
    trunk = nn.Sequential(nn.Linear(3, 5), nn.ReLU())
    x = torch.randn(2, 7, 3)
    for head, outputs in ((nn.Linear(5, 2), [nn.Identity()]), (Dueling(value, advantage), [value[:2], advantage[:2]])):
        lanes = copies(nn.Sequential(trunk, head))
        params, layer = stack(lanes)
        found = layer.features(params, x)
        assert found is not None
        for lane in range(2):
            (first, *_) = lanes[lane].children()
            hidden = first(x[lane])
            expected = torch.cat([output(hidden) for output in outputs], -1)
            torch.testing.assert_close(found[lane], expected)


@pytest.mark.parametrize("module", [Plain(), nn.Sequential(nn.Linear(3, 3), nn.ReLU(), Plain()), nn.Embedding(3, 2)])
def test_what_an_unknown_last_layer_gets_is_not_known(module: nn.Module) -> None:
    params, layer = stack(copies(module))
    assert layer.features(params, torch.zeros(2, 7, 3)) is None
