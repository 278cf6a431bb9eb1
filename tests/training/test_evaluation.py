from collections.abc import Callable

import numpy as np
import pytest

from rlzoo.components.environments.gymnasium import Gymnasium
from rlzoo.contracts import Evaluation
from rlzoo.lanes.seeding import EpisodeSeeds
from rlzoo.training.evaluation import Evaluator

from support.tiny import Random

SEEDS, EPISODES = (4, 7), 5


def act(observation: np.ndarray, mask: np.ndarray | None, begins: np.ndarray) -> np.ndarray:
    return observation[..., :2].argmax(-1)


def evaluator(longest: int, seeds: tuple[int, ...] = SEEDS) -> Evaluator:
    environment = Gymnasium("rlzoo-tests/Random-v0").build(len(seeds), EPISODES)
    return Evaluator(environment, seeds, EPISODES, longest)


def played_alone(seed: int, longest: int) -> tuple[float, int, bool, bool]:
    env, total = Random(), 0.0
    observation, _ = env.reset(seed=seed)
    for time in range(1, longest + 1):
        observation, reward, terminated, _, _ = env.step(int(observation[:2].argmax()))
        total += reward
        if terminated:
            return total, time, True, False
    return total, longest, False, True


def never() -> bool:
    return False


@pytest.mark.parametrize("longest", [6, 1000])
def test_each_episode_is_as_if_it_were_played_alone(longest: int) -> None:
    evaluation, seeds = evaluator(longest), EpisodeSeeds(SEEDS, EPISODES, "evaluation")
    for step in (100, 200):
        drawn = seeds.draw(np.ones((2, EPISODES), np.bool_))
        expected = []
        for lane, seed in enumerate(SEEDS):
            for n in range(EPISODES):
                total, *rest = played_alone(int(drawn[lane, n]), longest)
                expected.append(Evaluation(seed, step, n, pytest.approx(total), *rest))
        assert evaluation.play(act, step, never) == expected


def test_a_seed_is_evaluated_the_same_alone() -> None:
    assert evaluator(50).play(act, 0, never)[EPISODES:] == evaluator(50, SEEDS[1:]).play(act, 0, never)


@pytest.mark.parametrize("after", [0, 3])
def test_nothing_comes_of_an_evaluation_that_is_stopped(after: int) -> None:
    asked = iter(range(100))
    stopped: Callable[[], bool] = lambda: next(asked) >= after  # noqa: E731
    assert evaluator(50).play(act, 0, stopped) == []
