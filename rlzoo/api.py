"""`rlzoo.train`: a whole run, from names to a result. The command line is a thin layer over it."""

from __future__ import annotations

import logging
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rlzoo.components.environments.imported import Maker, environment_name
from rlzoo.components.executors.device import check_device
from rlzoo.components.executors.local import enough_workers
from rlzoo.components.executors.signals import on_interrupt
from rlzoo.contracts import Composition, Executor, Failed, Message, Observer, Run, Stop
from rlzoo.contracts.errors import buildable
from rlzoo.contracts.train import Kept
from rlzoo.registry.arguments import (
    check_out,
    check_slots,
    check_texts,
    check_workers,
    component_name,
    observer_names,
    settings_table,
)
from rlzoo.registry.catalog import Catalog, open_catalog
from rlzoo.registry.config import read_config
from rlzoo.registry.executors import build_executor
from rlzoo.registry.request import chosen_algorithm, resolve, with_shortcuts
from rlzoo.registry.seeds import check_seeds
from rlzoo.results.random_policy import random_return
from rlzoo.results.recording import Recording, recorded
from rlzoo.results.result import Interrupted, Result
from rlzoo.results.run_folder import choose_folder, make_folder
from rlzoo.training.groups import Group, check_group, groups_of, train_group

_log = logging.getLogger("rlzoo")


def train(
    algorithm: str | None = None,
    env: str | Maker | None = None,
    *,
    preset: str | None = None,
    config: str | Path | None = None,
    steps: int | str | None = None,
    seeds: int | Sequence[int] | None = None,
    envs: int | str | None = None,
    eval_every: int | str | None = None,
    keep: Kept | None = None,
    stop_at: float | str | None = None,
    checkpoint_every: int | str | None = None,
    diagnose: bool | None = None,
    set: Mapping[str, Any] | None = None,
    out: str | Path | None = None,
    device: str = "cpu",
    workers: int | None = 1,
    observers: Sequence[str | type] = (),
    catalog: Catalog | None = None,
    command: str = "",
    **components: str | type,
) -> Result:
    """Train an algorithm with several seeds side by side, and write everything to a folder.

    Args:
        algorithm: the name of an algorithm, as `rlzoo list algorithm` shows it; by default, that of `config`, or `dqn`.
        env: the environment, by name, or a class or function that makes it; by default, the algorithm's.
        preset: settings of the algorithm for the environment, as `rlzoo list preset` shows them; `set` and the other
            arguments override them.
        config: a configuration file in TOML or JSON, or the manifest.json of a run; the other arguments override it.
        steps: environment steps per seed.
        seeds: `10` for the seeds 0 to 9, or a list such as `[3, 5]`; by default, those of `config`, or 0.
        envs: environments stepped side by side in each seed.
        eval_every: steps between evaluations; by default, there are none.
        keep: `"best"` also keeps the weights of each seed's best evaluation; needs `eval_every`.
        stop_at: stop a seed once its mean return over the last 100 episodes reaches this; short for the observer
            `early-stopping`.
        checkpoint_every: steps between checkpoints, from which `rlzoo.resume` continues; there is also one every ten
            minutes, and at the end. `"never"` disables them.
        diagnose: add diagnostics to metrics.csv, such as how much Q values overestimate returns; by default, no.
        set: options by name, such as `{"target.period": 500}`; also those of observers,
            `{"tensorboard.folder": "logs"}`.
        out: the folder; by default, `runs/<algorithm>-<env>-<time>`.
        device: `"cpu"`, `"cuda"` or `"auto"`, a GPU if there is one.
        workers: processes over which the seeds are split, with the same results; None chooses a number. A script that
            uses several must run its code below `if __name__ == "__main__":`.
        observers: names or classes of observers, in addition to those that write the folder.
        catalog: the components to choose from; by default, the built-ins and all installed plugins.
        command: recorded in the manifest; by default, the command line of the process.
        components: a component by slot, by name or class, such as `target="hard"`.

    Returns:
        The result, which reads the folder.

    Raises:
        BadInput: before anything runs or is written.
        RunFailed: an environment or a worker failed. Results up to then are kept.
        Interrupted: after Ctrl-C. Results up to then are kept.
    """
    catalog = catalog or open_catalog()
    check_texts(device=device, **{} if algorithm is None else {"algorithm": algorithm})
    check_texts(**{} if preset is None else {"preset": preset})
    check_workers(workers)
    check_out(out)
    env = None if env is None else environment_name(env)
    parts = {slot: component_name(catalog, slot, given) for slot, given in check_slots(components).items()}
    shortcuts: dict[str, Any] = {"steps": steps, "envs": envs, "eval_every": eval_every, "keep": keep}
    shortcuts |= {"stop_at": stop_at, "checkpoint_every": checkpoint_every, "diagnose": diagnose}
    settings, watchers = with_shortcuts(settings_table(set), observer_names(catalog, observers), shortcuts)
    file = None if config is None else read_config(config)
    algorithm = chosen_algorithm(algorithm, file)
    composition, chosen_observers, notes = resolve(catalog, algorithm, parts, settings, env, preset, watchers, file)
    chosen_seeds = check_seeds(seeds if seeds is not None else (file and file.seeds) or 1)
    place = check_device(device)
    built: list[Observer] = [chosen.options.build() for chosen in chosen_observers]
    executor = local_executor(catalog, workers, composition, len(chosen_seeds), str(place))
    together = groups_of(composition, chosen_seeds, executor.workers)
    groups = [observed(Group(composition, group, str(place)), built) for group in together]
    notes += filter(None, [check_groups(groups, executor)])
    run = Run(
        composition=composition,
        seeds=chosen_seeds,
        path=choose_folder(out, composition),
        device=str(place),
        command=command or shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        observers=chosen_observers,
        random_return=random_return(composition.components["environment"]),
        notes=notes,
    )
    make_folder(run.path)
    for note in notes:
        _log.warning("%s", note)
    return conduct(run, built, groups, executor, catalog)


def local_executor(
    catalog: Catalog, workers: int | None, composition: Composition, seeds: int, device: str
) -> Executor:
    """The executor of a run; None chooses the number of workers."""
    chosen = workers or (1 if device == "cuda" else enough_workers(composition.train.steps, seeds))
    return build_executor(catalog, "local", workers=min(chosen, seeds))


def observed(group: Group, observers: Sequence[Observer]) -> Group:
    """The group with what the observers bring into training, and what they need from it."""
    return replace(
        group,
        rules=[rule for observer in observers if (rule := observer.stopping_rule()) is not None],
        checkpoints=[time for observer in observers for time in observer.checkpoints],
        transitions=any(observer.transitions for observer in observers),
    )


def check_groups(groups: Sequence[Group], executor: Executor) -> str:
    """Raise BadInput where the parts do not fit the environment, each other, or the memory of this machine.

    Returns what to say of parts that fit badly, or "".
    """
    with buildable():
        return check_group(groups[0], sum(len(group.seeds) for group in groups[: executor.workers]))


def conduct(
    run: Run, observers: Sequence[Observer], groups: Sequence[Group], executor: Executor, catalog: Catalog
) -> Result:
    """Train all groups and record the run in its folder. Raises as `train` does."""
    try:
        with recorded(run, observers) as recording:
            _train(groups, executor, recording)
    except KeyboardInterrupt:
        raise Interrupted(Result(run.path, catalog)) from None
    return Result(run.path, catalog)


def _train(groups: Sequence[Group], executor: Executor, recording: Recording) -> None:
    """Train all groups and record their logs. If one fails, the others end in good order before the error is raised."""
    stop, failures = Stop(), list[Exception]()
    with on_interrupt(stop.request):
        for event in executor.run(train_group, groups, stop):
            match event:
                case Message(_, log):
                    recording.log(log)
                case Failed(_, error):
                    failures.append(error)
            if failures or recording.run.stop_reason:
                stop.request()
    if failures:
        raise failures[0]
    if stop.requested and not recording.run.stop_reason:
        raise KeyboardInterrupt
