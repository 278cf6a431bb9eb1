import numpy as np
import torch
from torch import nn

from rlzoo.lanes.layers import AsVector, ChannelsFirst, Dueling, FromZero, OneHot, OneHots, PerAction, Scale


def test_scale_turns_bytes_into_floats() -> None:
    scaled = Scale(1 / 255)(torch.tensor([[0, 51, 255]], dtype=torch.uint8))
    assert scaled.dtype == torch.float32
    np.testing.assert_allclose(scaled, [[0, 0.2, 1]], rtol=1e-6)


def test_one_hot_counts_from_the_first_state() -> None:
    assert torch.equal(OneHot(4, 5)(torch.arange(5, 9)), torch.eye(4))


def test_one_hots_of_components_follow_one_another() -> None:
    x = torch.tensor([[5, 0], [6, 2]], dtype=torch.int32)
    expected = torch.tensor([[1.0, 0, 1, 0, 0], [0, 1, 0, 0, 1]])
    assert torch.equal(OneHots([2, 3], [5, 0])(x), expected)
    assert torch.equal(OneHots([2, 3], [5, 0])(x.expand(4, 2, 2)), expected.expand(4, 2, 5))


def test_from_zero_subtracts_the_first_value() -> None:
    assert torch.equal(FromZero(5)(torch.arange(5, 9)), torch.arange(4))
    assert torch.equal(FromZero([5, 1])(torch.tensor([[5, 3]], dtype=torch.int32)), torch.tensor([[0, 2]]))


def test_as_vector_flattens_only_the_observation() -> None:
    x = torch.arange(48).view(2, 3, 2, 4)
    assert torch.equal(AsVector(2)(x), x.reshape(2, 3, 8))
    assert AsVector(0)(torch.zeros(2, 3)).shape == (2, 3, 1)


def test_channels_come_first_whatever_the_layout() -> None:
    image = torch.arange(24.0).view(2, 3, 4)  # H, W, C
    for leading in ((), (5,), (6, 5)):
        images = image.expand(*leading, 2, 3, 4)
        assert torch.equal(ChannelsFirst("last")(images), image.permute(2, 0, 1).expand(*leading, 4, 2, 3))
        assert ChannelsFirst("first")(images) is images
        assert ChannelsFirst("none")(images).shape == (*images.shape[:-2], 1, 3, 4)


def test_per_action_splits_the_last_dimension() -> None:
    x = torch.arange(12).view(2, 6)
    assert torch.equal(PerAction(3)(x), x.view(2, 2, 3))


def test_dueling_is_value_plus_advantage_less_its_mean_over_actions() -> None:
    rng = np.random.default_rng(0)
    value, advantage = rng.normal(size=(5, 2)), rng.normal(size=(5, 3, 2))
    expected = value[:, None] + advantage - advantage.mean(1, keepdims=True)  # [B, A, K]
    q = Dueling.join(torch.tensor(value), torch.tensor(advantage).flatten(1), 2)
    np.testing.assert_allclose(q, expected.reshape(5, 6), atol=1e-12)


def test_dueling_joins_its_two_streams() -> None:
    layer, x = Dueling(nn.Linear(4, 1), nn.Linear(4, 3)), torch.randn(5, 4)
    advantage = layer.advantage(x)
    torch.testing.assert_close(layer(x), layer.value(x) + advantage - advantage.mean(1, keepdim=True))
