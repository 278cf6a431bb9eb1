"""Observers watch and change nothing, and come to an end whatever becomes of the run."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from rlzoo.api import Result, build_observers, train
from rlzoo.contracts.errors import BadInput, EnvironmentFailed
from rlzoo.testing.case import SEEDS, Case
from rlzoo.testing.invariants import global_state
from rlzoo.testing.probe import FAILING
from rlzoo.testing.verdict import Untried, demand


def check_harmless(case: Case) -> None:
    """A run that is watched has the same result, and no global random state is touched."""
    expected, before = case.outcomes(), global_state()
    with _quiet_folder(case) as folder:
        result = _train(case, folder / "run", "rlzoo-probe/vector-v0")
        demand(global_state() == before, "it touches the global random state")
        for seed in SEEDS:
            got = result.folder.weights(seed)
            same = all(torch.equal(leaf, got[name]) for name, leaf in expected[seed].weights.items())
            demand(same, f"seed {seed} gave another result while it watched: it changes what it is shown")


def check_every_end(case: Case) -> None:
    """A run may fail in the middle; after that, another one is watched as if nothing had been."""
    with _quiet_folder(case) as folder:
        with suppress(EnvironmentFailed):
            _train(case, folder / "failed", FAILING)
        _train(case, folder / "whole", "rlzoo-probe/vector-v0")


def _train(case: Case, folder: Path, environment: str) -> Result:
    return train(
        "conformance",
        environment,
        seeds=SEEDS,
        out=folder,
        eval_every=80,
        set={"train.eval_episodes": 2},
        observers=[case.name],
        catalog=case.catalog,
    )


@contextmanager
def _quiet_folder(case: Case) -> Iterator[Path]:
    """A folder for runs, whose observers' words go nowhere. Raises Untried where the observer refuses to be built."""
    case.composition()  # so that the small run is registered
    try:
        build_observers(case.catalog, [case.name])
    except BadInput as error:
        raise Untried(f"it cannot be built here: {error}") from error
    with TemporaryDirectory() as folder, redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        yield Path(folder)
