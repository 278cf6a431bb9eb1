"""Environments with Dict, Tuple, Text, MultiDiscrete and MultiBinary spaces."""

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Space, Text, Tuple

import rlzoo
from rlzoo.components.environments.gymnasium import Gymnasium
from rlzoo.components.environments.stepped import SteppedEnvironments
from rlzoo.contracts.encoding import Flattened, Tokens
from rlzoo.contracts.errors import BadInput, EnvironmentFailed

ALL, SEEDS = np.ones((2, 3), np.bool_), np.arange(6).reshape(2, 3)
SPACES = {
    "dict": Dict(place=Discrete(3), speed=Box(-1, 1, (2,))),
    "tuple": Tuple((Discrete(3), Box(-1, 1, (2,), np.float64))),
    "text": Text(4, charset="abc"),
    "choices": MultiDiscrete([3, 2], start=[1, 0]),
    "switches": MultiBinary(4),
}
ACTIONS = {"one": Discrete(2), "choices": MultiDiscrete([2, 3]), "switches": MultiBinary(2)}


class Sampling(gymnasium.Env[Any, Any]):
    """Observations sampled from any space, by the seed; the reward is the sum of the action; six steps."""

    def __init__(self, observations: str, actions: str = "one") -> None:
        self.observation_space: Space[Any] = SPACES[observations]
        self.action_space: Space[Any] = ACTIONS[actions]

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.observation_space.seed(seed)
        self.time = 0
        return self.observation_space.sample(), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        assert self.action_space.contains(action), action
        self.time += 1
        return self.observation_space.sample(), float(np.sum(action)), False, self.time == 6, {}


gymnasium.register("rlzoo-tests/Sampling-v0", Sampling)
SMALL = {"train.learning_starts": 50, "train.batch_size": 8}


@pytest.mark.parametrize(("kind", "shape"), [("dict", (5,)), ("tuple", (5,)), ("text", (4,)), ("choices", (2,))])
def test_observations_are_encoded(kind: str, shape: tuple[int, ...]) -> None:
    environment = SteppedEnvironments("Sampling-v0", lambda: Sampling(kind), 2, 3)
    observation = environment.reset(ALL, SEEDS)
    assert observation.shape == (2, 3, *shape)
    assert environment.observation_space.contains(observation[1, 2].astype(environment.observation_space.dtype))
    stepped = environment.step(np.zeros((2, 3), np.int64))[0]
    assert stepped.shape == observation.shape
    assert stepped.dtype == observation.dtype


def test_blackjack_is_flattened_unless_that_is_forbidden() -> None:
    environment = Gymnasium("Blackjack-v1").build(2, 3)
    assert isinstance(environment.observation_space, Flattened)
    hand, dealer, _ = gymnasium.make("Blackjack-v1").reset(seed=4)[0]
    observation = environment.reset(ALL, SEEDS)[1, 1]
    assert np.flatnonzero(observation)[:2].tolist() == [hand, 32 + dealer]
    with pytest.raises(BadInput, match=r"`Blackjack-v1` has .*Tuple.*`environment\.flatten=false` forbids"):
        Gymnasium("Blackjack-v1", flatten=False).build(1, 1)


@pytest.mark.parametrize(("kind", "actions"), [("choices", 6), ("switches", 4)])
def test_combined_actions_reach_the_environment(kind: str, actions: int) -> None:
    environment = SteppedEnvironments("Sampling-v0", lambda: Sampling("text", kind), 2, 3)
    assert environment.action_space == Discrete(actions)
    environment.reset(ALL, SEEDS)
    chosen = np.arange(6).reshape(2, 3) % actions
    sums = {"choices": [0, 1, 2, 1, 2, 3], "switches": [0, 1, 1, 2, 0, 1]}[kind]
    assert environment.step(chosen)[1].ravel().tolist() == sums


class Mute(Sampling):
    """Returns a text with a character that it should not, in its second step."""

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        observation, *rest = super().step(action)
        return ("a?" if self.time == 2 else observation), *rest


def test_a_text_outside_its_space_is_the_failure_of_its_environment() -> None:
    number = iter(range(-1, 6))
    environment = SteppedEnvironments("Mute-v0", lambda: Mute("text") if next(number) == 4 else Sampling("text"), 2, 3)
    environment.reset(ALL, SEEDS)
    environment.step(np.zeros((2, 3), np.int64))
    with pytest.raises(EnvironmentFailed, match=r"lane 1, environment 1 of the lane\) failed in step: the text 'a\?'"):
        environment.step(np.zeros((2, 3), np.int64))


@pytest.mark.parametrize("kind", SPACES)
@pytest.mark.parametrize("network", ["mlp", "linear"])
def test_agents_take_observations_of_the_original_space(kind: str, network: str, tmp_path: Path) -> None:
    settings = SMALL | {"environment.kwargs": {"observations": kind, "actions": "choices"}}
    result = rlzoo.train(
        "dqn", "rlzoo-tests/Sampling-v0", network=network, steps=100, seeds=1, set=settings, out=tmp_path / "run"
    )
    agent, env = result.agent(seed=0), Sampling(kind, "choices")
    observation, _ = env.reset(seed=3)
    assert agent.q_values(observation).shape == (6,)
    action = agent.act(observation)
    assert env.action_space.contains(action)
    batch = agent.act([observation, env.step(action)[0]])
    assert batch.shape == (2, 2)
    assert np.array_equal(batch[0], action)


def test_texts_in_lists_of_token_ids_are_the_same() -> None:
    environment = SteppedEnvironments("Sampling-v0", lambda: Sampling("text"), 1, 1)
    assert isinstance(environment.observation_space, Tokens)
    text = Sampling("text").reset(seed=7)[0]
    observation = environment.reset(np.ones((1, 1), np.bool_), np.array([[7]]))
    assert np.array_equal(observation[0, 0], environment.observation_space.encode(text))
