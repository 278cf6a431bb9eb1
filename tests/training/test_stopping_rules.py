"""Stopping rules: a seed stops by itself, deterministically, and whatever the other seeds do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch

from rlzoo.contracts import Episode, Log, Stop, StoppingRule
from rlzoo.contracts.log import WINDOW
from rlzoo.registry.composition import compose
from rlzoo.results.observers.early_stopping import ReturnReached
from rlzoo.training.groups import Group, join, train_group
from rlzoo.training.runner import Runner

from support.tiny import CATALOG

SETTINGS = {
    "train.steps": 3_000,
    "train.learning_starts": 50,
    "train.batch_size": 8,
    "network.hidden": (8,),
    "exploration.start": 0.2,
    "exploration.schedule": "constant",
}


def trained(seeds: Sequence[int], stop_at: float | None, **settings: Any) -> tuple[Runner, list[Log]]:
    rules = [] if stop_at is None else [ReturnReached(stop_at)]
    composition = compose(CATALOG, "dqn", {}, {**SETTINGS, **settings}, "rlzoo-tests/Counting-v0")
    runner = Runner(composition, seeds, torch.device("cpu"), rules=rules)
    return runner, list(runner.run())


def episodes(logs: Sequence[Log], seed: int) -> list[Episode]:
    return [episode for log in logs for episode in log.episodes if episode.seed == seed]


def goal_between(seeds: Sequence[int]) -> float:
    """A return that one of two seeds reaches before the other."""
    _, logs = trained(seeds, None)
    highest = [max_mean([episode.episode_return for episode in episodes(logs, seed)]) for seed in seeds]
    assert highest[0] != highest[1]
    return float(np.mean(highest))


def max_mean(returns: Sequence[float]) -> float:
    return max(float(np.mean(returns[end - WINDOW : end])) for end in range(WINDOW, len(returns) + 1))


@pytest.mark.slow
def test_a_seed_stops_at_the_first_episode_whose_mean_is_high_enough() -> None:
    seeds = (0, 1)
    goal = goal_between(seeds)
    runner, logs = trained(seeds, goal)
    _, unlimited = trained(seeds, None)
    stopped = {seed: counts["stopped_at"] for seed, counts in runner.counts().items()}
    assert sum(step is not None for step in stopped.values()) == 1
    for seed in seeds:
        whole, kept = episodes(unlimited, seed), episodes(logs, seed)
        assert kept == whole[: len(kept)]
        returns = [episode.episode_return for episode in kept]
        if stopped[seed] is None:
            assert len(kept) == len(whole)
            assert max_mean(returns) < goal
        else:
            assert np.mean(returns[-WINDOW:]) >= goal
            assert len(returns) == WINDOW or max_mean(returns[:-1]) < goal
            assert stopped[seed] == kept[-1].step == runner.counts()[seed]["steps"]


@pytest.mark.slow
def test_a_stopped_seed_is_the_same_alone_and_beside_others() -> None:
    seeds = (0, 1)
    goal = goal_between(seeds)
    together, logs = trained(seeds, goal)
    for seed in seeds:
        alone, own_logs = trained((seed,), goal)
        assert episodes(own_logs, seed) == episodes(logs, seed)
        assert alone.counts()[seed] == together.counts()[seed]
        for name, leaf in alone.weights()[seed].items():
            assert torch.equal(leaf, together.weights()[seed][name])


def test_a_run_ends_when_all_seeds_have_stopped() -> None:
    runner, logs = trained((0, 1), 0.0)
    assert runner.clock.steps == 5 * WINDOW  # episodes are 5 steps long, and 100 of them are needed
    assert logs[-1].last
    assert not logs[-1].stopped


class After(StoppingRule):
    """Stops after as many episodes as it has seen, so it has to see every one."""

    def __init__(self, episodes: int) -> None:
        self.episodes, self.seen = episodes, list[Episode]()

    def stops(self, episode: Episode) -> bool:
        self.seen.append(episode)
        return len(self.seen) == self.episodes


def group(seeds: Sequence[int], rules: Sequence[StoppingRule]) -> Group:
    return Group(compose(CATALOG, "dqn", {}, SETTINGS, "rlzoo-tests/Counting-v0"), seeds, "cpu", rules=rules)


def test_each_seed_has_a_copy_of_every_rule_and_the_first_to_apply_stops_it() -> None:
    rules = [After(20), After(7)]
    for _ in range(2):  # a group may be trained again
        logs = list(train_group(group((0, 1), rules), Stop()))
        assert [len(episodes(logs, seed)) for seed in (0, 1)] == [7, 7]
        assert logs[-1].counts[0]["stopped_at"] == 35
    assert not any(rule.seen for rule in rules)


def test_every_rule_sees_every_episode_even_where_another_one_stops() -> None:
    composition = compose(CATALOG, "dqn", {}, SETTINGS, "rlzoo-tests/Counting-v0")
    runner = Runner(composition, (0,), torch.device("cpu"), rules=[After(7), After(7)])
    list(runner.run())
    assert [len(rule.seen) for rule in runner.collector.episodes.rules[0]] == [7, 7]  # type: ignore[attr-defined]


def test_groups_with_rules_are_not_joined() -> None:
    assert join([group((0,), []), group((1,), [])]) is not None
    assert join([group((0,), [After(7)])]) is not None
    assert join([group((0,), []), group((1,), [After(7)])]) is None


class Broken(StoppingRule):
    def stops(self, episode: Episode) -> bool:
        raise ZeroDivisionError("no episodes")


def test_a_rule_that_fails_is_named() -> None:
    with pytest.raises(ZeroDivisionError) as failure:
        list(train_group(group((0,), [Broken()]), Stop()))
    assert failure.value.__notes__ == [f"It was raised by the stopping rule `{__name__}.Broken`."]
