import numpy as np
import pytest
import torch
from gymnasium.spaces import Box
from torch.func import functional_call

import rlzoo
from rlzoo.components.networks.cnn import CNN
from rlzoo.contracts.errors import OptionError
from rlzoo.lanes.rng import LaneRng
from rlzoo.lanes.stacking import stack
from rlzoo_distributional.iqn import IQN
from rlzoo_distributional.quantile_network import Cosines, QuantileCNN, QuantileMLP


@pytest.fixture
def module(spec):
    return QuantileMLP(hidden=(6, 5), cosines=7).build(spec(outputs=4))


@pytest.mark.parametrize("double", [False, True])
def test_pitfall_14_loss_and_error_are_those_of_a_double_loop(double, spec, batch, by_loops):
    options = IQN(fractions=5, target_fractions=6, acting_fractions=4, double=double)
    drawn = LaneRng(range(3), "test")
    objective, fractions, sampled = options.build(spec()), drawn.random((7, 5)), drawn.random((7, 6))
    nets = [[QuantileMLP(hidden=(6, 5)).build(spec(outputs=4)) for _ in range(3)] for _ in range(2)]
    (online, predict), (target, _) = map(stack, nets)
    loss, error = objective(predict, online, target, batch)

    def quantiles(net, x, fractions):
        asked = {"fractions": torch.from_numpy(np.asarray(fractions)).float()[None]}
        return functional_call(net, asked, x[None])[0].detach().double().numpy()  # [A, K]

    for lane, i in np.ndindex(*batch.action.shape):
        own, other = nets[0][lane], nets[1][lane]
        x, y = batch.observation[lane, i], batch.next_observation[lane, i]
        judged = quantiles(own if double else other, y, [1 / 8, 3 / 8, 5 / 8, 7 / 8]).mean(-1)
        following = quantiles(other, y, sampled[lane, i])[judged.argmax()]
        discount = 0.0 if batch.terminated[lane, i] else float(batch.discount[lane, i])
        goal = float(batch.reward[lane, i]) + discount * following
        predicted = quantiles(own, x, fractions[lane, i])[int(batch.action[lane, i])]
        assert loss[lane, i].item() == pytest.approx(by_loops(predicted, fractions[lane, i], goal, 1.0), rel=1e-4)
        absolute = np.mean([abs(sample - theta) for sample in goal for theta in predicted])
        assert error[lane, i].item() == pytest.approx(absolute, rel=1e-4)


def test_cosines_are_those_of_the_paper():
    x = torch.rand(3, 5)
    expected = [[[np.cos(np.pi * i * float(v)) for i in range(6)] for v in row] for row in x]
    np.testing.assert_allclose(Cosines(6)(x), expected, atol=1e-5)


def test_a_quantile_depends_on_its_own_fraction_alone(module):
    x = torch.randn(2, 4)
    both = functional_call(module, {"fractions": torch.tensor([[0.2, 0.7]])}, x)
    each = [functional_call(module, {"fractions": torch.tensor([[f]])}, x) for f in (0.2, 0.7)]
    torch.testing.assert_close(both, torch.cat(each, -1))
    assert (each[0] != each[1]).any()


@pytest.mark.parametrize("dueling", [False, True])
def test_lanes_give_what_the_modules_give(dueling, spec):
    modules = [QuantileMLP(hidden=(6, 5), dueling=dueling).build(spec(outputs=4)) for _ in range(3)]
    params, predict = stack(modules)
    x, fractions = torch.randn(3, 7, 4), torch.rand(3, 7, 5)
    torch.testing.assert_close(predict(params, x), torch.stack([m(row) for m, row in zip(modules, x, strict=True)]))
    asked = [functional_call(m, {"fractions": f}, row) for m, f, row in zip(modules, fractions, x, strict=True)]
    torch.testing.assert_close(predict(params | {"fractions": fractions}, x), torch.stack(asked))


def test_one_output_is_the_median(spec):
    module = QuantileMLP(hidden=(6, 5)).build(spec(outputs=1))
    assert module.fractions.tolist() == [[0.5]]
    assert module(torch.randn(7, 4)).shape == (7, 3)


def test_fractions_are_not_saved(module):
    assert "fractions" not in module.state_dict()


def test_another_network_is_refused_before_anything_runs(tmp_path):
    with pytest.raises(
        OptionError, match="`objective=iqn` needs a network that takes `fractions`, which `network=mlp`"
    ):
        rlzoo.train("dqn", env="CartPole-v1", steps=100, seeds=1, objective="iqn", out=tmp_path / "out")


@pytest.mark.parametrize("dueling", [False, True])
def test_images_go_through_convolutions_and_meet_the_fraction_there(dueling, spec):
    images = spec(observation_space=Box(0, 255, (9, 8, 3), np.uint8), outputs=4)
    modules = [QuantileCNN("minatar", dueling=dueling, cosines=5).build(images) for _ in range(2)]
    params, predict = stack(modules)
    x, fractions = torch.randint(256, (2, 6, 9, 8, 3), dtype=torch.uint8), torch.rand(2, 6, 5)
    got = predict(params | {"fractions": fractions}, x)
    assert got.shape == (2, 6, 3, 5)
    asked = [functional_call(m, {"fractions": f}, row) for m, f, row in zip(modules, fractions, x, strict=True)]
    torch.testing.assert_close(got, torch.stack(asked))
    seen = CNN("minatar", dueling=dueling).build(images)[:2](x[0])
    assert params["embedding.1.weight"].shape[1] == seen.shape[1]  # one number for each thing the convolutions see
