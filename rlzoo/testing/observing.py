"""Observers do not change a run, and handle runs that fail."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from rlzoo.api import train
from rlzoo.contracts import Observer
from rlzoo.contracts.errors import BadInput, EnvironmentFailed
from rlzoo.results.recording import NOT_CONCLUDED
from rlzoo.results.result import Result
from rlzoo.testing.case import SEEDS, Case
from rlzoo.testing.invariants import global_state
from rlzoo.testing.probe_environment import FAILING
from rlzoo.testing.verdict import RuleSkipped, require


def check_harmless(case: Case) -> None:
    """An observed run has the same result, and the global random state is not used."""
    expected, before = case.outcomes(), global_state()
    with _quiet_folder(case) as folder:
        result = _train(case, folder / "run", "rlzoo-probe/vector-v0")
        require(global_state() == before, "it uses the global random state")
        for seed in SEEDS:
            got = result.folder.weights(seed)
            if result.manifest["counts"][str(seed)]["stopped_at"] is not None:
                continue  # by the observer's stopping rule
            same = all(torch.equal(leaf, got[name]) for name, leaf in expected[seed].weights.items())
            require(same, f"seed {seed} gave a different result with the observer: it modifies what it receives")


def check_failed_run(case: Case) -> None:
    """The observer handles a run that fails midway, and another run after it."""
    with _quiet_folder(case) as folder:
        try:
            _train(case, folder / "failed", FAILING)
        except EnvironmentFailed as error:
            second = [note for note in error.__notes__ if note.startswith(NOT_CONCLUDED)]
            require(not second, f"in a run that failed: {second}")
        _train(case, folder / "whole", "rlzoo-probe/vector-v0")


def _train(case: Case, folder: Path, environment: str) -> Result:
    return train(
        "conformance",
        environment,
        seeds=SEEDS,
        out=folder,
        eval_every=80,
        set={"train.eval_episodes": 2, **case.settings},
        observers=[case.name],
        catalog=case.catalog,
    )


@contextmanager
def _quiet_folder(case: Case) -> Iterator[Path]:
    """A folder for runs, with output suppressed. Raises RuleSkipped if the observer cannot be built."""
    case.composition()  # so that the small run is registered
    built_observer(case)
    with TemporaryDirectory() as folder, redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        yield Path(folder)


def built_observer(case: Case) -> Observer:
    """The observer. Raises RuleSkipped if it cannot be built."""
    try:
        observer: Observer = case.observer().options.build()
    except BadInput as error:
        raise RuleSkipped(f"cannot be built here: {error}") from error
    return observer
