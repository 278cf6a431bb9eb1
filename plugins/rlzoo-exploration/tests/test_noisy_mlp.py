from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from exploration_specs import make_spec
from gymnasium.spaces import Box
from torch import nn

from rlzoo.contracts import Batch
from rlzoo.lanes.stacking import stack
from rlzoo.registry.composition import compose
from rlzoo.testing import CHECKS, Case, installed
from rlzoo.training.runner import Runner
from rlzoo_exploration.noisy_linear import FactorisedNoisyLinear, IndependentNoisyLinear, NoisyLinear
from rlzoo_exploration.noisy_mlp import NoisyMLP

CATALOG = installed()
KINDS: dict[str, type[NoisyLinear]] = {"factorised": FactorisedNoisyLinear, "independent": IndependentNoisyLinear}
CASES = {
    "small": {"network.hidden": (8,)},
    "independent": {"network.hidden": (8,), "network.noise": "independent", "network.sigma": 0.1},
    "dueling": {"network.hidden": (9, 7), "network.dueling": True},
    "thin": {"network.hidden": (1, 5), "network.activation": "tanh"},
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if name == "independent" else []) for name in CASES]
)
@pytest.mark.parametrize("check", CHECKS)
def test_noisy_mlp_keeps_the_rules(check: str, name: str) -> None:
    CHECKS[check](Case("network", "noisy-mlp", CATALOG, CASES[name]))


def layer(noise: str, inputs: int = 5, outputs: int = 3) -> NoisyLinear:
    """A layer with everything about it random, its noise too."""
    made = KINDS[noise](inputs, outputs, sigma=0.5)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for leaf in [*made.parameters(), *made.buffers()]:
            leaf.normal_(generator=generator)
    return made


def weights_of(made: NoisyLinear) -> tuple[np.ndarray, np.ndarray]:
    """Noise of weights and biases, by the formulas of the paper's section 3."""
    first, second = (getattr(made, name).double().numpy() for name in made.noise)
    if isinstance(made, IndependentNoisyLinear):
        return first, second
    of_input, of_output = (np.sign(x) * np.sqrt(np.abs(x)) for x in (first, second))
    return np.outer(of_output, of_input), of_output


@pytest.mark.parametrize("noise", KINDS)
def test_the_output_is_the_papers_equation_9(noise: str) -> None:
    made, x = layer(noise), np.random.default_rng(1).normal(size=(7, 5))
    leaf = {name: value.detach().double().numpy() for name, value in made.named_parameters()}
    weight_noise, bias_noise = weights_of(made)
    weight = leaf["weight_mu"] + leaf["weight_sigma"] * weight_noise
    expected = x @ weight.T + leaf["bias_mu"] + leaf["bias_sigma"] * bias_noise
    np.testing.assert_allclose(made(torch.from_numpy(x).float()).detach(), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("noise", KINDS)
def test_the_gradient_of_sigma_is_that_of_mu_times_the_noise(noise: str) -> None:
    made = layer(noise)
    made(torch.randn(7, 5, generator=torch.Generator().manual_seed(2))).square().sum().backward()
    for part, own in zip(("weight", "bias"), weights_of(made), strict=True):
        mu, sigma = (getattr(made, f"{part}_{of}").grad.numpy() for of in ("mu", "sigma"))
        assert np.abs(sigma).max() > 0.1
        np.testing.assert_allclose(sigma, mu * own, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("noise", KINDS)
def test_without_noise_it_is_a_linear_layer_of_the_means(noise: str) -> None:
    made, x = KINDS[noise](5, 3, sigma=0.5), torch.randn(7, 5)
    torch.testing.assert_close(made(x), nn.functional.linear(x, made.weight_mu, made.bias_mu))


@pytest.mark.parametrize("noise", KINDS)
@pytest.mark.parametrize(("inputs", "outputs"), [(5, 3), (1, 3), (5, 1)])
def test_lanes_together_equal_the_modules_in_outputs_and_gradients(noise: str, inputs: int, outputs: int) -> None:
    modules, x = [layer(noise, inputs, outputs) for _ in range(3)], torch.randn(3, 7, inputs)
    for lane, module in enumerate(modules):
        with torch.no_grad():
            for leaf in module.buffers():
                leaf.add_(lane)
    params, predict = stack(modules)
    together, alone = predict(params, x), torch.stack([module(row) for module, row in zip(modules, x, strict=True)])
    torch.testing.assert_close(together, alone)
    together.square().sum().backward()
    alone.square().sum().backward()
    for lane, module in enumerate(modules):
        for name, own in module.named_parameters():
            torch.testing.assert_close(params[name].grad[lane], own.grad, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("options", "bound", "sigma"),
    [
        ({}, 1 / 10, 0.5 / 10),
        ({"sigma": 0.3}, 1 / 10, 0.3 / 10),
        ({"noise": "independent"}, np.sqrt(3) / 10, 0.017),
        ({"noise": "independent", "sigma": 0.3}, np.sqrt(3) / 10, 0.3),
    ],
)
def test_layers_start_as_the_paper_says(options: dict[str, Any], bound: float, sigma: float) -> None:
    first = NoisyMLP((400,), **options).build(make_spec(Box(-1, 1, (100,))))[0]
    for leaf in (first.weight_mu, first.bias_mu):
        assert leaf.abs().max() <= bound
        np.testing.assert_allclose([leaf.max().item(), -leaf.min().item()], bound, rtol=0.05)
        assert abs(leaf.mean().item()) < bound / 5
    for leaf in (first.weight_sigma, first.bias_sigma):
        np.testing.assert_allclose(leaf.detach(), sigma, rtol=1e-6)


def test_factorised_noise_takes_one_number_per_input_and_output() -> None:
    assert {name: tuple(leaf.shape) for name, leaf in layer("factorised").named_buffers()} == {
        "noise_in": (5,),
        "noise_out": (3,),
    }


def test_every_layer_is_noisy() -> None:
    for dueling, layers in ((False, 3), (True, 5)):
        made = NoisyMLP((8, 8), dueling=dueling).build(make_spec(Box(-1, 1, (4,))))
        assert sum(isinstance(part, NoisyLinear) for part in made.modules()) == layers
        assert not any(isinstance(part, nn.Linear) for part in made.modules())


def make_runner(seeds: Sequence[int] = (0, 1), **settings: Any) -> Runner:
    small = {"train.steps": 200, "train.learning_starts": 20, "train.batch_size": 8, "network.hidden": (8,)}
    named = {name.replace("__", "."): value for name, value in settings.items()}
    return Runner(compose(CATALOG, "noisy-dqn", {}, small | named), seeds, torch.device("cpu"))


def test_pitfall_15_noise_is_fresh_for_acting_each_lanes_own_and_none_in_evaluation() -> None:
    runner = make_runner()
    runner.begin()
    learner, observation = runner.learner, np.full((2, 1, 4), 0.5, np.float32)
    first, second = learner.q(observation), learner.q(observation)
    assert not np.isclose(first, second).any()
    many = np.tile(observation, (1, 50, 1))
    assert (np.diff([learner.evaluate(many) for _ in range(5)], axis=0) == 0).all()
    learner.evaluate(observation)
    assert all((learner.online[name] == 0).all() for name in learner.online if "noise" in name)
    learner.row[1] = learner.row[0]
    noisy = learner.q(observation)
    assert not np.isclose(noisy[0], noisy[1]).any()


@pytest.mark.parametrize("target", ["hard", "none"])
def test_pitfall_15_every_update_has_fresh_noise_and_the_target_its_own(target: str) -> None:
    composition = compose(CATALOG, "noisy-dqn", {"target": target}, {"train.batch_size": 8})
    runner, seen = Runner(composition, (0,), torch.device("cpu")), []
    gradients = runner.learner.gradients

    def spy(online: Any, target: Any, batch: Batch) -> Any:
        seen.extend(leaves["0.noise_in"].clone() for leaves in (online, target))
        return gradients(online, target, batch)

    runner.begin()
    for _ in range(10):
        runner.step()
    runner.learner.gradients = spy  # type: ignore[assignment]
    for _ in range(2):
        runner.learner.update(runner.parts.buffer.sample(8))
    assert len(seen) == 4
    assert all(not torch.isclose(a, b).any() for i, a in enumerate(seen) for b in seen[:i])


def test_pitfall_15_evaluation_leaves_training_as_it_was() -> None:
    plain, evaluated = make_runner(), make_runner(train__eval_every=40, train__eval_episodes=2)
    for runner in (plain, evaluated):
        list(runner.run())
    for seed, weights in plain.weights().items():
        assert all(torch.equal(leaf, evaluated.weights()[seed][name]) for name, leaf in weights.items())


def test_noise_is_not_saved() -> None:
    assert not [name for name in make_runner().weights()[0] if "noise" in name]


def test_sigma_is_learned() -> None:
    runner = make_runner()
    before = {name: leaf.clone() for name, leaf in runner.learner.online.items() if "sigma" in name}
    list(runner.run())
    assert len(before) == 4
    assert all((runner.learner.online[name] != leaf).any() for name, leaf in before.items())


def test_pitfall_15_evaluation_leaves_the_metrics_as_they_were() -> None:
    told = []
    for evaluated in ({}, {"train__eval_every": 20, "train__eval_episodes": 2}):
        logs = list(make_runner(train__log_every=20, train__steps=100, train__update_every=1, **evaluated).run())
        told.append([log.metrics for log in logs if log.metrics])
    assert len(told[0]) == 5
    assert told[0] == told[1]
