from typing import Any

import gymnasium
import numpy as np
import pytest

from rlzoo.components.environments.gymnasium import Gymnasium
from rlzoo.components.environments.stepped import SteppedEnvironments
from rlzoo.contracts.errors import BadInput, EnvironmentFailed, OptionError, UnknownName

from support.tiny import Counting, Faulty, Random

ALL = np.ones((2, 3), np.bool_)
SEEDS = np.arange(6).reshape(2, 3)
STILL = np.zeros((2, 3), np.int64)


def test_every_environment_is_stepped_with_its_own_seed_and_action() -> None:
    together = Gymnasium("rlzoo-tests/Random-v0").build(2, 3)
    alone = [Random() for _ in range(6)]
    observation = together.reset(ALL, SEEDS)
    expected = np.array([env.reset(seed=seed)[0] for seed, env in enumerate(alone)])
    assert np.array_equal(observation.reshape(6, 3), expected)
    for step in range(20):
        actions = (SEEDS + step) % 2
        results = together.step(actions)
        each = [env.step(int(action)) for env, action in zip(alone, actions.ravel(), strict=True)]
        for got, wanted in zip(results, zip(*each, strict=True), strict=False):
            assert np.array_equal(got.reshape(6, -1), np.array(wanted).reshape(6, -1))
    assert observation.dtype == np.float32
    assert [array.shape for array in results] == [(2, 3, 3), (2, 3), (2, 3), (2, 3)]


def test_reset_begins_only_the_masked_episodes() -> None:
    environment = Gymnasium("rlzoo-tests/Counting-v0").build(2, 3)
    environment.reset(ALL, SEEDS)
    arrived = environment.step(STILL)[0]
    kept = arrived.copy()
    mask = np.zeros((2, 3), np.bool_)
    mask[1, 0] = True
    observation = environment.reset(mask, SEEDS + 100)
    assert observation[1, 0].tolist() == [103, 0]
    assert np.array_equal(observation[~mask], kept[~mask])
    assert np.array_equal(arrived, kept)  # what was handed out before does not change


def test_pitfall_03_nothing_resets_by_itself() -> None:
    environment = Gymnasium("rlzoo-tests/Counting-v0", kwargs={"length": 2}).build(2, 3)
    environment.reset(ALL, SEEDS)
    times = [environment.step(STILL) for _ in range(2)]
    assert times[-1][3].all()
    assert (times[-1][0][..., 1] == 2).all()  # the true last observation


@pytest.mark.parametrize(("limit", "length"), [(3, 3), (9, 5)])
def test_the_shorter_time_limit_holds(limit: int, length: int) -> None:
    environment = Gymnasium("rlzoo-tests/Counting-v0", limit, {"ends": "terminated"}).build(1, 1)
    environment.reset(ALL[:1, :1], SEEDS)
    ends = [environment.step(STILL[:1, :1])[2:] for _ in range(length)]
    assert [bool(terminated | truncated) for terminated, truncated in ends] == [False] * (length - 1) + [True]
    assert bool(ends[-1][1]) == (limit == 3)


def test_actions_are_counted_from_the_spaces_start() -> None:
    environment = Gymnasium("rlzoo-tests/Shifted-v0").build(1, 1)
    environment.reset(ALL[:1, :1], SEEDS)
    states = [int(environment.step(np.array([[action]]))[0][0, 0]) for action in (2, 2, 0, 1)]  # +1, +1, -1, 0
    assert states == [6, 7, 6, 6]


def test_images_stay_bytes() -> None:
    assert Gymnasium("rlzoo-tests/Images-v0").build(2, 3).reset(ALL, SEEDS).dtype == np.uint8


FAULTS = {
    "raise": r"RuntimeError\('the cable is loose'\)",
    "nan": "returned an observation that is not finite",
    "shape": r"returned an observation of shape \(3,\), not \(2,\)",
    "text": "the observation has the type <U10, but its space float32",
    "reward": "returned a reward that is not finite",
    "rewards": "TypeError",
    "four": "not enough values to unpack",
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("bad", [0, 4])
def test_a_failure_names_environment_lane_and_cause(fault: str, bad: int) -> None:
    number = iter(range(-1, 6))  # the first one is looked at and closed
    environment = SteppedEnvironments("Faulty-v0", lambda: Faulty(fault, 2 if next(number) == bad else 99), 2, 3)
    environment.reset(ALL, SEEDS)
    environment.step(STILL)
    lane, env = divmod(bad, 3)
    where = rf"`Faulty-v0` \(lane {lane}, environment {env} of the lane\) failed in step: .*{FAULTS[fault]}"
    with pytest.raises(EnvironmentFailed, match=where) as failure:
        environment.step(STILL)
    assert failure.value.lane == lane


def test_a_wrong_observation_at_a_reset_is_noticed() -> None:
    environment = Gymnasium("rlzoo-tests/Faulty-v0", kwargs={"fault": "raise", "at": 0, "seed": 5}).build(2, 3)
    with pytest.raises(EnvironmentFailed, match=r"lane 1, environment 2 of the lane\) failed in reset: .*shape \(3,\)"):
        environment.reset(ALL, SEEDS)


class Closed(Counting):
    """Counts how many were made and closed."""

    made = closed = 0

    def __init__(self) -> None:
        super().__init__()
        Closed.made += 1

    def close(self) -> None:
        Closed.closed += 1


def test_close_closes_every_environment() -> None:
    environments = SteppedEnvironments("Closed-v0", Closed, 2, 3)
    assert Closed.made - Closed.closed == 6
    environments.close()
    assert Closed.closed == Closed.made


@pytest.mark.parametrize(
    ("id_", "kwargs", "error", "message"),
    [
        ("CartPol-v1", {}, UnknownName, "no environment is called `CartPol-v1`. Did you mean `CartPole-v1`?"),
        ("CartPole-v1", {"speed": 3}, OptionError, r"`CartPole-v1` does not take {'speed': 3}"),
        ("no_such_package:Env-v0", {}, BadInput, "needs a package that is not installed"),
        ("MinAtar/Breakout-v1", {}, BadInput, "pip install rlzoo-minatar, then use `minatar/breakout`"),
    ],
)
def test_what_cannot_be_learnt_in_is_refused(id_: str, kwargs: dict[str, Any], error: type, message: str) -> None:
    with pytest.raises(error, match=message.replace("?", r"\?")):
        Gymnasium(id_, kwargs=kwargs).build(1, 1)


def test_continuous_actions_reach_the_environment() -> None:
    environment = Gymnasium("Pendulum-v1").build(2, 3)
    environment.reset(ALL, SEEDS)
    torque = np.linspace(-2, 2, 6, dtype=np.float32).reshape(2, 3, 1)
    speed = environment.step(torque)[0][..., 2]
    env = gymnasium.make("Pendulum-v1")
    env.reset(seed=4)
    assert speed[1, 1] == env.step(torque[1, 1])[0][2]


def test_old_versions_are_made_without_a_warning(recwarn: pytest.WarningsRecorder) -> None:
    assert isinstance(Gymnasium("CartPole-v0").make(), gymnasium.Env)
    assert not recwarn.list
