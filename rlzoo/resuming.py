"""`rlzoo.resume`: continue a run from its checkpoints, or extend a finished one."""

from __future__ import annotations

import logging
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from rlzoo.api import check_groups, conduct, local_executor, observed
from rlzoo.components.executors.device import check_device
from rlzoo.contracts import Chosen, Composition, Observer, Run, Train, as_dict
from rlzoo.contracts.errors import BadInput, OptionError, listed
from rlzoo.registry.catalog import Catalog, open_catalog
from rlzoo.registry.observers import choose_observers
from rlzoo.registry.options import convert
from rlzoo.results.files import shown, sweep
from rlzoo.results.result import Result
from rlzoo.results.run_folder import RunFolder
from rlzoo.results.saved_run import SavedRun, resumption
from rlzoo.training.assembly import scheduled_slots
from rlzoo.training.groups import check_repeatable

_log = logging.getLogger("rlzoo")
Schedules = Literal["keep", "stretch"]


def resume(
    run: str | Path,
    *,
    steps: int | str | None = None,
    episodes: int | str | None = None,
    schedules: Schedules | None = None,
    inexact: bool = False,
    device: str | None = None,
    workers: int | None = 1,
    observers: Sequence[str] = (),
    catalog: Catalog | None = None,
    command: str = "",
) -> Result:
    """Continue a run from its checkpoints; the result has the bytes of a run that was never stopped.

    Args:
        run: the folder of the run.
        steps: extend the run to this many environment steps per seed.
        episodes: extend a run that counts episodes to this many per seed.
        schedules: what a longer run means for schedules that are a fraction of it: `"keep"` leaves them as they are,
            `"stretch"` extends them to the new end, as if the rest of the run had been longer from now on.
        inexact: continue even if results may not be bit-identical: with other versions, on another machine or device,
            or in an environment that is not deterministic.
        device: `"auto"`, `"cpu"` or `"cuda"`; by default, that of the run.
        workers: processes over which the seeds are split, with the same results; None chooses a number.
        observers: names of observers, in addition to those of the run.
        catalog: the components to choose from; by default, the built-ins and all installed plugins.
        command: recorded in the manifest; by default, the command line of the process.

    Returns:
        The result, which reads the folder.

    Raises:
        BadInput: before anything runs or is changed: no run or checkpoint, nothing left to train, a change that would
            alter results.
        RunFailed: an environment or a worker failed. Results up to then are kept.
        Interrupted: after Ctrl-C. Results up to then are kept.
    """
    catalog = catalog or open_catalog()
    saved = SavedRun(RunFolder(run), catalog)
    saved.check_stopped()
    composition = _extended(saved.composition, steps, episodes, schedules)
    saved.check_unfinished(composition)
    place = str(check_device(device or saved.folder.manifest["device"]))
    changes = saved.changes(place)
    if changes and not inexact:
        raise BadInput(
            f"`{shown(saved.folder.path)}` would not continue bit-identically: {'; '.join(changes)}. Add "
            "`--inexact` to continue anyway"
        )
    chosen = [*saved.observers, *choose_observers(catalog, {name: {} for name in observers})]
    built: list[Observer] = [it.options.build() for it in chosen]
    if any(observer.transitions for observer in built):
        raise BadInput(f"`{shown(saved.folder.path)}` records transitions, so it cannot be resumed without losing some")
    _check_resumable(chosen, built)
    _warn_of_beginners(saved)
    executor = local_executor(catalog, workers, composition, len(saved.folder.seeds), place)
    groups = [
        observed(replace(group, exact=not inexact), built)
        for group in saved.groups(composition, place, executor.workers)
    ]
    check_groups(groups, executor)
    for group in groups:
        check_repeatable(group)
    manifest, command = saved.folder.manifest, command or shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
    resumed = Run(
        composition=composition,
        seeds=saved.folder.seeds,
        path=saved.folder.path,
        device=place,
        command=manifest["command"],
        started=datetime.fromisoformat(manifest["started"]),
        counts={seed: checkpoint.counts for seed, checkpoint in saved.checkpoints.items()},
        observers=chosen,
        random_return=saved.folder.random_return,
        notes=manifest.get("notes", []),
        earlier_seconds=manifest["seconds"],
        resumed=[*manifest.get("resumed", []), resumption(command, saved.steps, changes)],
    )
    sweep(resumed.path)
    saved.trim()
    return conduct(resumed, built, groups, executor, catalog)


def _extended(
    composition: Composition, steps: int | str | None, episodes: int | str | None, schedules: Schedules | None
) -> Composition:
    """The composition of a longer run. Raises OptionError where it is not clear what that means."""
    train = composition.train
    if steps is not None and train.steps is None:
        raise OptionError("the run counts episodes; extend it with `--episodes N`")
    if episodes is not None and train.episodes is None:
        raise OptionError("the run counts steps; extend it with `--steps N`")
    if steps is None:
        if schedules is not None:
            raise OptionError(f"`--{schedules}-schedules` has no effect without `--steps`")
        longer = train if episodes is None else _changed(train, episodes=episodes)
        return replace(composition, train=longer)
    longer = _changed(train, steps=steps)
    scheduled = scheduled_slots(composition)
    if scheduled and schedules is None:
        raise OptionError(
            f"schedules of {listed(f'`{slot}`' for slot in scheduled)} are a fraction of the run: add "
            "`--keep-schedules` to leave them as they are, or `--stretch-schedules` to extend them to the new end"
        )
    kept = (train.schedule_steps or train.steps) if schedules == "keep" else None
    return replace(composition, train=replace(longer, schedule_steps=kept))


def _check_resumable(chosen: Sequence[Chosen], built: Sequence[Observer]) -> None:
    for it, observer in zip(chosen, built, strict=True):
        if not observer.resumable:
            raise BadInput(f"the run cannot be resumed: the observer `{it.name}` does not support it")


def _warn_of_beginners(saved: SavedRun) -> None:
    beginners = [seed for seed in saved.folder.seeds if seed not in saved.checkpoints]
    if beginners:
        _log.warning("no checkpoint for seed %s: starting from the beginning", ", ".join(map(str, beginners)))


def _changed(train: Train, **changed: Any) -> Train:
    """The settings with some of them changed, as text or numbers. Raises OptionError for invalid values."""
    longer: Train = convert(Train, {**as_dict(train), **changed}, "train")
    return longer
