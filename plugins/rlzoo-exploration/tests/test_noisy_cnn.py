import numpy as np
import pytest
import torch
from exploration_specs import make_spec
from gymnasium.spaces import Box
from torch import nn

from rlzoo.components.networks.cnn import CNN
from rlzoo.testing import CHECKS, Case, installed
from rlzoo_exploration.noisy_cnn import NoisyCNN
from rlzoo_exploration.noisy_linear import NoisyLinear

CATALOG = installed()
IMAGES = Box(0, 255, (4, 84, 84), np.uint8)


@pytest.mark.parametrize(
    "check", [pytest.param(check, marks=[] if check == "shapes" else [pytest.mark.slow]) for check in CHECKS]
)
def test_keeps_the_rule(check: str) -> None:
    settings = {"network.preset": "minatar", "network.dueling": True, "buffer.capacity": 50}
    CHECKS[check](Case("network", "noisy-cnn", CATALOG, settings, observations="image"))


@pytest.mark.parametrize("dueling", [False, True])
def test_it_is_the_cnn_but_for_its_linear_layers(dueling: bool) -> None:
    spec = make_spec(IMAGES)
    noisy, plain = NoisyCNN(dueling=dueling).build(spec), CNN(dueling=dueling).build(spec)
    linear = [(part.in_features, part.out_features) for part in plain.modules() if isinstance(part, nn.Linear)]
    means = [part.weight_mu.shape for part in noisy.modules() if isinstance(part, NoisyLinear)]
    assert [(inputs, outputs) for outputs, inputs in means] == linear
    assert not any(isinstance(part, nn.Linear) for part in noisy.modules())
    convolutions = [str(part) for part in plain.modules() if isinstance(part, nn.Conv2d)]
    assert [str(part) for part in noisy.modules() if isinstance(part, nn.Conv2d)] == convolutions


def test_without_noise_it_computes_what_the_cnn_does() -> None:
    spec, images = make_spec(IMAGES), torch.randint(0, 256, (3, 4, 84, 84), dtype=torch.uint8)
    noisy, plain = NoisyCNN().build(spec), CNN().build(spec)
    means = {name.replace("_mu", ""): leaf for name, leaf in noisy.state_dict().items() if "sigma" not in name}
    plain.load_state_dict(means)
    assert torch.allclose(noisy(images), plain(images), atol=1e-6)
