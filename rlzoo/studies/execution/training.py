"""Training a study to its end: what is missing, and more seeds as long as intervals are too wide."""

from __future__ import annotations

from msgspec import structs

from rlzoo.contracts import CheckpointTimes, Executor
from rlzoo.registry.catalog import Catalog
from rlzoo.studies.analysis.analyse import check_width
from rlzoo.studies.execution.study import Study
from rlzoo.studies.execution.trainer import StudyObserver, StudyTrainer


def train_study(
    study: Study,
    catalog: Catalog,
    executor: Executor,
    device: str,
    observer: StudyObserver,
    checkpoint_every: int | None = None,
) -> None:
    """Train what is missing, and add seeds as long as the plan asks for more.

    Trials take checkpoints every `checkpoint_every` steps, besides the usual times.

    Raises BadInput if another process is training the study, KeyboardInterrupt after Ctrl-C.
    """
    with study.locked():
        study.save()
        trainer = StudyTrainer(
            study, catalog, executor, device, observer, CheckpointTimes(steps=checkpoint_every, at_end=False)
        )
        trainer.train_missing()
        while (seeds := _seeds_needed(study)) > len(study.plan.seeds):
            study.plan = structs.replace(study.plan, seeds=list(range(seeds)))
            study.save()
            trainer.train_missing()


def _seeds_needed(study: Study) -> int:
    plan = study.plan
    return len(plan.seeds) if plan.width is None else check_width(plan, study.trials(), plan.width).seeds
