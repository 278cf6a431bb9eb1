"""Greedy episodes of trained agents after the run: those of `rlzoo eval` and of a model card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

import numpy as np

from rlzoo.contracts import Evaluation
from rlzoo.results.agent import Agent
from rlzoo.training.evaluation import Evaluator
from rlzoo.training.groups import one_thread

STREAM = "eval"
"""Names the random stream of the episodes, which differ from those of evaluations during the run."""
Played = Mapping[int, Sequence[Evaluation]]
"""Seed to its episodes."""


def play(agents: Mapping[int, Agent], episodes: int) -> Played:
    """Play greedy episodes with the agent of each seed; the same ones at every call."""
    with one_thread():
        return {seed: _play(agent, episodes) for seed, agent in agents.items()}


def _play(agent: Agent, episodes: int) -> list[Evaluation]:
    composition = agent.composition
    environment = composition["environment"].build(1, episodes)
    evaluator = Evaluator(environment, [agent.seed], episodes, composition.train.eval_max_steps, STREAM)

    def act(observation: np.ndarray, mask: np.ndarray | None, begins: np.ndarray) -> np.ndarray:
        agent.reset(None if begins.all() else begins[0])
        return agent.choose(observation[0], None if mask is None else mask[0])[None]

    played = evaluator.play(act, 0, lambda: False)
    environment.close()
    return played


def mean_returns(played: Played) -> dict[int, float]:
    """The mean return of each seed; intervals are over seeds, since only seeds are independent."""
    return {seed: fmean(episode.episode_return for episode in episodes) for seed, episodes in played.items()}
