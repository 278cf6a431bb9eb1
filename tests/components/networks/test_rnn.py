from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Space, Text
from torch import Tensor, nn

import rlzoo
from rlzoo.components.networks.rnn import RNN
from rlzoo.contracts import BuildSpec, QNetwork
from rlzoo.contracts.encoding import Flattened, Tokens
from rlzoo.contracts.errors import OptionError
from rlzoo.contracts.hooks import hookimpl
from rlzoo.lanes.recurrent import LastState
from rlzoo.registry.catalog import Catalog
from rlzoo.registry.plugins import Plugins

from support.tiny import make_spec

SEQUENCES = {
    "text": (Tokens(Text(6, charset="abc")), (4, 16)),
    "tokens": (MultiDiscrete([3, 5, 2], start=[0, 7, 1]), (5, 16)),
    "table of tokens": (MultiDiscrete([[3, 5], [2, 2]]), (5, 16)),
}
ROWS = {"rows": Box(-1, 1, (6, 3)), "bytes": Box(0, 255, (4, 5), np.uint8)}


@pytest.mark.parametrize("kind", SEQUENCES)
@pytest.mark.parametrize("outputs", [1, 4])
def test_tokens_are_embedded(kind: str, outputs: int) -> None:
    space, table = SEQUENCES[kind]
    module = RNN(units=8).build(make_spec(space, outputs=outputs))
    (embedding,) = (part for part in module.modules() if isinstance(part, nn.Embedding))
    assert tuple(embedding.weight.shape) == table
    x = torch.from_numpy(np.stack([space.sample() for _ in range(7)]))
    assert module(x).shape == ((7, 3) if outputs == 1 else (7, 3, outputs))


@pytest.mark.parametrize("kind", ROWS)
def test_rows_are_scaled_inputs_of_the_gru(kind: str) -> None:
    space = ROWS[kind]
    module = RNN(units=8).build(make_spec(space))
    x = torch.from_numpy(np.stack([space.sample() for _ in range(7)]))
    encoder, head = module[0], module[-1]
    assert isinstance(encoder, LastState)
    gru = nn.GRU(space.shape[1], 8, batch_first=True)
    gru.load_state_dict(
        {
            "weight_ih_l0": encoder.input.weight,
            "bias_ih_l0": encoder.input.bias,
            "weight_hh_l0": encoder.recurrent.weight,
            "bias_hh_l0": encoder.recurrent.bias,
        }
    )
    rows = x / 255 if kind == "bytes" else x
    torch.testing.assert_close(module(x), head(gru(rows)[1][0]), rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    "space",
    [Box(-1, 1, (4,)), Box(0, 255, (4, 4, 3), np.uint8), Discrete(3), MultiBinary(4), Flattened(Dict(a=Discrete(2)))],
)
def test_observations_that_are_not_sequences_are_refused(space: Space[Any]) -> None:
    with pytest.raises(OptionError, match="`network=rnn` needs Text, MultiDiscrete or two-dimensional Box"):
        RNN().build(make_spec(space))


class FirstLetter(gymnasium.Env[str, int]):
    """A word of two to five letters; the right action is the number of its first letter. An episode is one step."""

    observation_space: Space[Any] = Text(5, min_length=2, charset="abc")
    action_space: Space[Any] = Discrete(3)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[str, dict[str, Any]]:
        super().reset(seed=seed)
        letters = self.np_random.integers(3, size=self.np_random.integers(2, 6))
        self.word = "".join("abc"[letter] for letter in letters)
        return self.word, {}

    def step(self, action: int) -> tuple[str, float, bool, bool, dict[str, Any]]:
        return self.word, float("abc"[action] == self.word[0]), True, False, {}


gymnasium.register("rlzoo-tests/FirstLetter-v0", FirstLetter)


class LastToken(nn.Module):
    """One-hot last letter of each text, `[..., T]` -> `[..., 4]`."""

    trailing = True

    def forward(self, x: Tensor) -> Tensor:
        places = ((x != 0).sum(-1) - 1).clamp(min=0).unsqueeze(-1)
        return nn.functional.one_hot(x.gather(-1, places).squeeze(-1), 4).float()


@dataclass(frozen=True)
class SeesLastToken(QNetwork):
    """A linear layer over the last letter alone."""

    def build(self, spec: BuildSpec) -> nn.Module:
        return nn.Sequential(LastToken(), nn.Linear(4, spec.actions))


class LastTokenPlugin:
    @hookimpl
    def rlzoo_q_networks(self) -> dict[str, Any]:
        return {"last-token": SeesLastToken}


@pytest.mark.slow
@pytest.mark.parametrize(("network", "solves"), [("rnn", True), ("last-token", False)])
def test_words_are_read_to_their_beginning(network: str, solves: bool, tmp_path: Path) -> None:
    plugins = Plugins()
    plugins.register(LastTokenPlugin(), "last-token")
    settings = {
        "train.learning_starts": 200,
        "train.update_every": 2,
        "train.batch_size": 32,
        "exploration.steps": 600,
        "optimizer.lr": 3e-3,
    }
    settings |= {"network.units": 16, "network.embedding": 8} if network == "rnn" else {}
    result = rlzoo.train(
        "dqn",
        "rlzoo-tests/FirstLetter-v0",
        network=network,
        steps=1_800,
        seeds=3,
        set=settings,
        out=tmp_path / "run",
        catalog=Catalog(plugins),
    )
    env, accuracy = FirstLetter(), []
    words = [env.reset(seed=seed)[0] for seed in range(200)]
    for seed in range(3):
        actions = result.agent(seed).act(words)
        accuracy.append(np.mean([action == "abc".index(word[0]) for action, word in zip(actions, words, strict=True)]))
    assert all(value > 0.95 if solves else value < 0.6 for value in accuracy), accuracy
