"""Gymnasium wrappers by name."""

from typing import Any

import gymnasium
import numpy as np
import pytest
import torch

from rlzoo.components.environments.gymnasium import Gymnasium
from rlzoo.contracts.errors import OptionError
from rlzoo.registry.composition import compose
from rlzoo.training.runner import Runner

from support.tiny import CATALOG

NORMALIZE = "gymnasium.wrappers:NormalizeObservation"
TIME = {"name": "gymnasium.wrappers:TimeAwareObservation", "flatten": True, "normalize_time": False}


def test_wrappers_are_applied_in_order_around_the_time_limit() -> None:
    env = Gymnasium("CartPole-v1", 7, wrappers=(NORMALIZE, TIME)).make()
    assert type(env).__name__ == "TimeAwareObservation"
    assert isinstance(env, gymnasium.Wrapper)
    assert type(env.env).__name__ == "NormalizeObservation"
    assert type(env.env.env).__name__ == "TimeLimit"


def test_wrapped_environments_give_the_observations_of_the_wrapper() -> None:
    environment = Gymnasium("CartPole-v1", wrappers=(TIME,)).build(2, 1)
    observation = environment.reset(np.ones((2, 1), np.bool_), np.zeros((2, 1), np.int64))
    assert observation.shape == (2, 1, 5)
    assert environment.step(np.zeros((2, 1), np.int64))[0][..., 4].ravel().tolist() == [1, 1]


@pytest.mark.parametrize(
    "text",
    [
        f'["{NORMALIZE}", {{"name": "gymnasium.wrappers:TimeAwareObservation", "normalize_time": false}}]',
        [NORMALIZE, {"name": "gymnasium.wrappers:TimeAwareObservation", "normalize_time": False}],
    ],
)
def test_a_list_of_wrappers_is_read_from_the_command_line(text: Any) -> None:
    options = compose(CATALOG, "dqn", {}, {"environment.wrappers": text})["environment"]
    assert options.wrappers == (NORMALIZE, {"name": TIME["name"], "normalize_time": False})


def test_a_single_name_needs_no_list() -> None:
    assert compose(CATALOG, "dqn", {}, {"environment.wrappers": NORMALIZE})["environment"].wrappers == (NORMALIZE,)


@pytest.mark.parametrize(
    ("wrapper", "message"),
    [
        ("NormaliseObservation", r"not of the form `module:Class`. Did you mean `gymnasium.wrappers:NormalizeObs"),
        ("gymnasium.wrappers:NormaliseObservation", "has no wrapper .* Did you mean `NormalizeObservation`"),
        ("gymnasium_wrappers:TimeLimit", "cannot import `gymnasium_wrappers`"),
        ("gymnasium.spaces:Box", "`gymnasium.spaces:Box` is not a subclass of `gymnasium.Wrapper`"),
        ("gymnasium.wrappers:TransformReward", "arguments of .*missing a required argument: 'func'"),
        ({"name": NORMALIZE, "epsilom": 1}, "unexpected keyword argument 'epsilom'.* Did you mean `epsilon`"),
        ({"epsilon": 1}, "needs a `name`"),
        ({"name": "gymnasium.wrappers:FrameStackObservation", "stack_size": -1}, "does not fit the environment: .*-1"),
    ],
)
def test_wrong_wrappers_are_refused(wrapper: Any, message: str) -> None:
    with pytest.raises(OptionError, match=rf"`environment\.wrappers`: .*{message}"):
        Gymnasium("CartPole-v1", wrappers=(wrapper,)).build(1, 1)


@pytest.mark.parametrize("text", ['["gymnasium.wrappers:TimeLimit", 3]', "[{]"])
def test_entries_are_names_or_tables(text: str) -> None:
    with pytest.raises(OptionError):
        compose(CATALOG, "dqn", {}, {"environment.wrappers": text})["environment"].build(1, 1)


def weights_and_episodes(seeds: list[int]) -> dict[int, Any]:
    settings = {
        "environment.wrappers": [NORMALIZE],
        "train.steps": 300,
        "train.envs": 2,
        "train.learning_starts": 40,
        "train.batch_size": 8,
        "train.eval_every": 150,
    }
    runner = Runner(compose(CATALOG, "dqn", {}, settings), seeds, torch.device("cpu"))
    logs = list(runner.run())
    events = [event for log in logs for event in (*log.episodes, *log.evaluations)]
    return {
        seed: (
            {name: leaf.numpy().tobytes() for name, leaf in weights.items()},
            [event for event in events if event.seed == seed],
        )
        for seed, weights in runner.weights().items()
    }


@pytest.mark.slow
def test_running_statistics_are_those_of_one_environment() -> None:
    together = weights_and_episodes([3, 1, 7])
    for seed, outcome in together.items():
        assert weights_and_episodes([seed])[seed] == outcome
    assert any(type(event).__name__ == "Evaluation" for event in together[1][1])
