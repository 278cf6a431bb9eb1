"""Stopping rules decide alike wherever they are, and continue from their state."""

from __future__ import annotations

import pickle
from copy import deepcopy

import numpy as np

from rlzoo.contracts import Episode, StoppingRule
from rlzoo.testing.case import Case
from rlzoo.testing.observing import built_observer
from rlzoo.testing.state import plain_copy
from rlzoo.testing.verdict import require

EPISODES = 400


def check_stopping_rule(case: Case) -> None:
    """Copies, also pickled ones and ones that load the state of another, decide alike."""
    rule = built_observer(case).stopping_rule()
    if rule is None:
        return
    pickled = pickle.loads(pickle.dumps(rule))
    episodes, first = _episodes(), deepcopy(rule)
    expected = [_decision(first, episode) for episode in episodes]
    require(expected == [_decision(pickled, episode) for episode in episodes], "a pickled copy decides differently")
    for split in (1, EPISODES // 2):
        before, after = deepcopy(rule), deepcopy(rule)
        for episode in episodes[:split]:
            before.stops(episode)
        after.load_state(plain_copy(before.state(), "state()"))
        continued = [_decision(after, episode) for episode in episodes[split:]]
        require(continued == expected[split:], "after state() and load_state() it decides differently")


def _decision(rule: StoppingRule, episode: Episode) -> bool:
    decision = rule.stops(episode)
    require(isinstance(decision, bool), f"`stops` returns {decision!r} instead of True or False")
    return decision


def _episodes() -> list[Episode]:
    """Episodes of a seed whose returns rise from about -500 to 500."""
    rng = np.random.default_rng(0)
    returns = np.linspace(-500, 500, EPISODES) + rng.normal(0, 20, EPISODES)
    return [
        Episode(3, number + 1, 10 * (number + 1), float(value), 10, terminated=True, truncated=False)
        for number, value in enumerate(returns)
    ]
