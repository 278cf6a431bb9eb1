"""The trials of a search in Optuna's storage: asking for settings, and telling how they did.

Each trial has its own sampler, seeded with the search seed and the number of the trial. So a trial's settings
depend on the trials before it and on nothing else, such as when a search was interrupted.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState, create_trial

from rlzoo.tuning.space import Choices, Domain, Value

Sampler = Literal["tpe", "random"]
STARTUP = 10
"""Random trials before TPE begins."""
STUDY = "rlzoo"


class TrialStore:
    """The trials of a search, in a journal that `optuna-dashboard` reads."""

    def __init__(self, path: Path, space: Mapping[str, Domain], sampler: Sampler, seed: int) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.sampler, self.seed = sampler, seed
        self.space = {name: _distribution(domain) for name, domain in space.items()}
        self.storage = JournalStorage(JournalFileBackend(str(path)))
        names = [study.study_name for study in self.storage.get_all_studies()]
        create = STUDY not in names
        self.study_id = (
            self.storage.create_new_study([StudyDirection.MAXIMIZE], STUDY)
            if create
            else self.storage.get_study_id_from_name(STUDY)
        )

    @property
    def trials(self) -> list[FrozenTrial]:
        """All trials, in order."""
        return self.storage.get_all_trials(self.study_id)

    @property
    def study(self) -> optuna.Study:
        """A copy in memory."""
        study = optuna.create_study(direction="maximize")
        study.add_trials(self.trials)
        return study

    def ask(self, number: int, fixed: Mapping[str, Value] | None = None) -> dict[str, Value]:
        """The settings of a trial; a new one, the next in order, has `fixed` ones or those that the sampler chooses.

        A trial is stored in one record, so a search that is killed has it or has not.
        """
        trials = self.trials
        if number == len(trials):
            params = dict(fixed) if fixed is not None else self._choose(number)
            asked = create_trial(state=TrialState.RUNNING, params=params, distributions=self.space)
            self.storage.create_new_trial(self.study_id, asked)
            return params
        return dict(trials[number].params)

    def report(self, number: int, step: int, score: float) -> None:
        """Store the score of a trial at a rung."""
        self.storage.set_trial_intermediate_value(self._id(number), step, score)

    def complete(self, number: int, score: float) -> None:
        """The trial has trained to its end."""
        self._end(number, TrialState.COMPLETE, score)

    def prune(self, number: int, score: float) -> None:
        """The trial was stopped early."""
        self._end(number, TrialState.PRUNED, score)

    def fail(self, number: int) -> None:
        """The trial could not be trained."""
        self._end(number, TrialState.FAIL, None)

    def ended(self, number: int) -> bool:
        """Whether a trial is over."""
        trials = self.trials
        return number < len(trials) and trials[number].state.is_finished()

    def _end(self, number: int, state: TrialState, score: float | None) -> None:
        if not self.ended(number):
            self.storage.set_trial_state_values(self._id(number), state, None if score is None else [score])

    def _id(self, number: int) -> int:
        return self.storage.get_trial_id_from_study_id_trial_number(self.study_id, number)

    def _choose(self, number: int) -> dict[str, Value]:
        study = self.study
        study.sampler = self._sampler(number)
        return dict(study.ask(self.space).params)

    def _sampler(self, number: int) -> BaseSampler:
        seed = int(np.random.SeedSequence([self.seed, number]).generate_state(1)[0])
        if self.sampler == "random":
            return RandomSampler(seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            # Trials of a generation are asked for together: those without a score yet count as bad.
            return TPESampler(n_startup_trials=STARTUP, multivariate=True, constant_liar=True, seed=seed)


def _distribution(domain: Domain) -> BaseDistribution:
    if isinstance(domain, Choices):
        return CategoricalDistribution(domain.values)
    kind: Any = IntDistribution if domain.whole else FloatDistribution
    distribution: BaseDistribution = kind(domain.low, domain.high, log=domain.log)
    return distribution
