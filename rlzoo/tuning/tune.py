"""`rlzoo.tune`: search settings of an algorithm, and test the winner on fresh seeds."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import msgspec

from rlzoo.components.environments.imported import Maker, environment_name
from rlzoo.components.executors.device import check_device
from rlzoo.contracts.errors import BadInput, OptionError, RunFailed, buildable, nearest
from rlzoo.registry.arguments import check_out, check_slots, check_texts, check_workers, component_name, settings_table
from rlzoo.registry.catalog import Catalog, open_catalog
from rlzoo.registry.composition import default_environment
from rlzoo.registry.executors import build_executor
from rlzoo.registry.request import resolve
from rlzoo.registry.seeds import check_seeds
from rlzoo.registry.values import convert_value
from rlzoo.results.files import shown, write_whole
from rlzoo.studies.ablate import prepare, run_study
from rlzoo.studies.design.question import Question, Variant
from rlzoo.studies.execution.study import Study
from rlzoo.studies.study_result import StudyResult
from rlzoo.training.groups import Group, check_group
from rlzoo.tuning.base import Base
from rlzoo.tuning.opening import SEARCH, choose_search_folder, open_search
from rlzoo.tuning.progress import SearchProgress
from rlzoo.tuning.result import TuningResult
from rlzoo.tuning.search import DEFAULT, TRIALS, TUNED, Search, Searcher
from rlzoo.tuning.space import Value, make_space

JOURNAL, COMPARISON = "optuna.log", "comparison"
"""Names in the folder of a search."""
FEWEST_STEPS = 9
EXAMPLE = '{"optimizer.lr": "1e-5..1e-2:log"}'
INSTALL = "tuning needs Optuna; install it with `pip install 'rlzoo-lanes[tune]'`"


def tune(
    algorithm: str = "dqn",
    env: str | Maker | None = None,
    *,
    search: Mapping[str, str | Sequence[Any]],
    trials: int = 64,
    seeds: int = 4,
    test_seeds: int = 10,
    steps: int | str | None = None,
    preset: str | None = None,
    set: Mapping[str, Any] | None = None,
    sampler: str = "tpe",
    search_seed: int = 0,
    pruning: bool = True,
    out: str | Path | None = None,
    executor: str = "local",
    workers: int | None = None,
    ray_address: str | None = None,
    device: str = "cpu",
    quiet: bool = False,
    catalog: Catalog | None = None,
    command: str = "",
    **components: str | type,
) -> TuningResult:
    """Search settings of an algorithm in an environment, then compare the best with the default on fresh seeds.

    The score of a trial is its mean greedy return over the seeds at the end. Poor trials are stopped early (Hyperband;
    Li et al., JMLR 2018). The search is the same for any number of workers. The same call continues an interrupted one.
    With several workers, a script needs `if __name__ == "__main__":` around the call.

    Args:
        algorithm: The algorithm, such as `"dqn"`.
        env: The environment, by name, or a class or function that makes it. Default: the algorithm's.
        search: Setting to domain: `{"optimizer.lr": "1e-5..1e-2:log", "network.hidden": [(64, 64), (256, 256)]}`.
        trials: How many settings to try. The same call with more of them grows a search.
        seeds: The seeds 0 to `seeds - 1` of each trial.
        test_seeds: How many further seeds the comparison at the end has.
        steps: Environment steps per seed. Default: the algorithm's.
        preset: Settings of the algorithm for the environment, from which the search starts.
        set: Settings of all trials.
        sampler: `"tpe"` (Bergstra et al., NeurIPS 2011) or `"random"`.
        search_seed: The seed of the sampler.
        pruning: Whether poor trials are stopped early.
        out: The folder. Default: one below `tunings/`, the same for the same search.
        executor: `"local"` or `"ray"`.
        workers: Programs trained at once. Default: one per core.
        ray_address: The Ray cluster, as `"host:port"`.
        device: `"cpu"`, `"cuda"` or `"auto"`.
        quiet: Show no progress.
        catalog: The algorithms and components to use. Default: the built-in ones and all installed plugins.
        command: Recorded in the folder. Default: the command line of this process.
        components: A component of all trials by slot, such as `target="soft"`, by name or as a class.

    Returns:
        The best settings, all trials as a pandas table, the comparison, and the `path` of the page.

    Raises:
        BadInput: Before anything is trained or written: an option or the search is invalid, or the folder is in use or
            contains anything else.
        RunFailed: No trial could be trained to its end.
        KeyboardInterrupt: After Ctrl-C. Finished runs are kept, and the same call continues.
    """
    catalog = catalog or open_catalog()
    check_texts(algorithm=algorithm, sampler=sampler, device=device, **{} if preset is None else {"preset": preset})
    check_workers(workers)
    check_out(out)
    place = default_environment(catalog, algorithm) if env is None else environment_name(env)
    parts = {slot: component_name(catalog, slot, given) for slot, given in check_slots(components).items()}
    base = Base(catalog, algorithm, place, preset, parts, settings_table(set))
    base = replace(base, settings=base.full_names(base.settings))
    if steps is not None:
        base = _with_steps(base, steps)
    base = _completed(base, base.full_names(_table(search)))
    plan = Search(
        algorithm=algorithm,
        environment=base.environment,
        preset=preset,
        components=dict(base.components),
        settings=dict(base.settings),
        space=make_space(base, search),
        trials=_at_least(1, "trials", trials),
        seeds=check_seeds(_at_least(1, "seeds", seeds)),
        steps=_steps(base, pruning),
        test_seeds=[seeds + number for number in check_seeds(_at_least(1, "test_seeds", test_seeds))],
        sampler=_sampler(sampler),
        search_seed=_at_least(0, "search_seed", search_seed),
        pruning=pruning,
        command=command or shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
    )
    prepared = prepare_search(base, plan, out, str(check_device(device)))
    return run_search(prepared, executor, workers=workers, ray_address=ray_address, quiet=quiet)


@dataclass(frozen=True)
class PreparedSearch:
    """A search that has been checked; nothing has been trained or written yet."""

    base: Base
    search: Search
    path: Path
    device: str


def prepare_search(base: Base, search: Search, out: str | Path | None, device: str) -> PreparedSearch:
    """Choose the folder, and check that the base can be built. Raises BadInput."""
    _check_optuna()
    path = choose_search_folder(search, out)
    search = open_search(search, path)
    with buildable():
        check_group(Group(base.compose(), search.seeds[:1], "cpu"))
    return PreparedSearch(base, search, path, device)


def run_search(
    prepared: PreparedSearch,
    executor: str = "local",
    *,
    workers: int | None = None,
    ray_address: str | None = None,
    quiet: bool = False,
) -> TuningResult:
    """Train what is missing, compare, and write the page. Raises as `tune` does."""
    from rlzoo.tuning.report.page import write_page
    from rlzoo.tuning.store import TrialStore
    from rlzoo.tuning.trials import best_trial, trials_table

    search, path, catalog = prepared.search, prepared.path, prepared.base.catalog
    built = build_executor(catalog, executor, workers=workers, address=ray_address)
    with Study(path / TRIALS, search.plan()).locked():
        write_whole(path / SEARCH, msgspec.json.format(msgspec.json.encode(search), indent=2) + b"\n")
        store = TrialStore(path / JOURNAL, search.space, search.sampler, search.search_seed)
        with SearchProgress(search, store, quiet=quiet) as progress:
            Searcher(search, catalog, path, store, built, prepared.device, progress).run()
        trials = trials_table(store)
        write_whole(path / "trials.csv", trials.to_csv(index=False))
    best = best_trial(store)
    if best is None:
        raise RunFailed(f"no trial could be trained to its end; see the runs in `{shown(path / TRIALS)}`")
    values = dict(best.params)
    comparison = _compare(prepared, values, executor, workers=workers, ray_address=ray_address, quiet=quiet)
    result = TuningResult(path, search, prepared.base, trials, best.number, values, comparison)
    write_page(result, store)
    return result


def _compare(prepared: PreparedSearch, values: Mapping[str, Value], executor: str, **more: Any) -> StudyResult | None:
    """Train the winner and the default with the test seeds; None if the default has won."""
    base, search = prepared.base, prepared.search
    if base.compose(values) == base.compose():
        return None
    question = Question(
        algorithm=search.algorithm,
        env=[search.environment],
        seeds=search.test_seeds,
        design="list",
        variants={DEFAULT: _variant(base, {}), TUNED: _variant(base, values)},
    )
    study = prepare(base.catalog, question, prepared.path / _comparison(search), prepared.device, search.command)
    return run_study(study, executor, **more)


def _comparison(search: Search) -> str:
    """The folder of the comparison: that of a search that has grown is a new one."""
    return f"{COMPARISON}-{len(search.grown) + 1}" if search.grown else COMPARISON


def _variant(base: Base, values: Mapping[str, Any]) -> Variant:
    cell = base.cell("", values)
    return Variant(preset=cell.preset, set=cell.settings, **cell.components)


def _with_steps(base: Base, steps: int | str) -> Base:
    if "train.steps" in base.settings:
        raise OptionError(f"`train.steps` is given twice: {steps} and {base.settings['train.steps']}")
    return replace(base, settings={**base.settings, "train.steps": convert_value(steps, int, "train.steps")})


def _steps(base: Base, pruning: bool) -> int:
    """The steps of a trial. Raises OptionError if there are too few."""
    train = base.compose().train
    assert train.steps is not None
    if pruning and train.steps < FEWEST_STEPS:
        raise OptionError(f"a search that prunes trials needs at least {FEWEST_STEPS} steps, not {train.steps}")
    return train.steps


def _completed(base: Base, searched: Collection[str]) -> Base:
    """The base with an evaluation at the end of its trials, which begin to learn when those of `rlzoo run` do.

    Raises OptionError if they count episodes.
    """
    evaluated = {**base.settings, "train.eval_every": 1}
    run, _, _ = resolve(
        base.catalog, base.algorithm, base.components, evaluated, base.environment, base.preset, observers=()
    )
    if run.train.steps is None:
        raise OptionError(f"`{base.algorithm}` does not train for a number of steps; give `--steps N`")
    settings: dict[str, Any] = {**base.settings, "train.eval_every": run.train.steps}
    starts = "train.learning_starts"
    if "train.steps" in settings and starts not in (*settings, *searched):
        settings[starts] = run.train.learning_starts
    return replace(base, settings=settings)


def _table(search: object) -> Mapping[str, Any]:
    if not isinstance(search, Mapping) or not all(isinstance(name, str) for name in search):
        raise OptionError(f"`search` must map settings to domains, such as {EXAMPLE}, got {search!r}")
    return search


def _at_least(least: int, name: str, number: object) -> int:
    if isinstance(number, bool) or not isinstance(number, int) or number < least:
        raise OptionError(f"`{name}` must be at least {least}, not {number!r}")
    return number


def _sampler(name: str) -> Literal["tpe", "random"]:
    if name not in ("tpe", "random"):
        raise OptionError(f"unknown sampler `{name}`.{nearest(name, ('tpe', 'random'))} Valid: tpe, random")
    return "tpe" if name == "tpe" else "random"


def _check_optuna() -> None:
    if find_spec("optuna") is None:
        raise BadInput(INSTALL)
