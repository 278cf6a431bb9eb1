"""`rlzoo run`: train an algorithm."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, get_args

import click

from rlzoo import lanes
from rlzoo.cli.completion import complete_names, complete_presets
from rlzoo.cli.conclusion import conclude, hide_warnings
from rlzoo.cli.options import (
    device_option,
    manifest_option,
    observer_option,
    quiet_option,
    run_workers_option,
    settings_option,
    slot_options,
)
from rlzoo.cli.values import settings as assigned
from rlzoo.contracts.errors import OptionError
from rlzoo.contracts.train import Kept
from rlzoo.registry.catalog import Catalog
from rlzoo.registry.composition import default_environment
from rlzoo.registry.config import Config, read_config
from rlzoo.registry.presets.lookup import presets_of
from rlzoo.registry.request import chosen_algorithm, resolve, with_shortcuts


@click.command(short_help="Train an algorithm over one or more seeds.")
@click.argument("algorithm", required=False, shell_complete=complete_names("algorithm"))
@click.option("--env", metavar="ID", help="Environment. Default: the algorithm's.")
@click.option(
    "--preset",
    metavar="NAME",
    shell_complete=complete_presets,
    help="Settings of the algorithm for the environment, such as tuned; see rlzoo list preset.",
)
@click.option("--config", metavar="FILE", help="TOML or JSON file, or the manifest.json of a run; options override it.")
@slot_options
@settings_option("Set an option, such as target.period=250; repeatable.")
@click.option("--steps", metavar="N", help="Environment steps per seed, such as 50_000 or 50k.")
@click.option("--seeds", type=int, metavar="N", help="Train seeds 0 to N-1 side by side. Default: 1.")
@click.option("--seed", "chosen", type=int, multiple=True, metavar="S", help="Train this seed; repeatable.")
@click.option("--envs", metavar="N", help="Environments stepped side by side in each seed.")
@click.option("--eval-every", metavar="N", help="Steps between evaluations. Default: none.")
@click.option(
    "--keep",
    type=click.Choice(get_args(Kept)),
    help="best: also keep the weights of each seed's best evaluation; needs --eval-every.",
)
@click.option(
    "--record",
    type=click.Choice(["transitions"]),
    help="transitions: also write those of training, as datasets in Minari's format.",
)
@click.option("--stop-at", metavar="RETURN", help="Stop a seed once its mean return over 100 episodes is this high.")
@click.option(
    "--checkpoint-every",
    metavar="N|never",
    help="Steps between checkpoints. There is also one every ten minutes, and at the end.",
)
@click.option(
    "--compile",
    "compiles",
    is_flag=True,
    help="Compile updates with torch.compile. A seed's bits may then depend on the seeds beside it.",
)
@click.option("--diagnose", is_flag=True, help="Add diagnostics to metrics.csv, such as overestimation.")
@click.option("--out", metavar="DIR", help="Folder for the results. Default: runs/<algorithm>-<env>-<time>.")
@device_option
@run_workers_option
@observer_option("Add an observer, such as tensorboard; repeatable. Set its options with --set NAME.FIELD=VALUE.")
@quiet_option
@manifest_option
@click.pass_obj
def run(
    catalog: Catalog,
    /,
    algorithm: str | None,
    env: str | None,
    preset: str | None,
    config: str | None,
    settings: tuple[str, ...],
    steps: str | None,
    seeds: int | None,
    chosen: tuple[int, ...],
    envs: str | None,
    eval_every: str | None,
    keep: Kept | None,
    record: str | None,
    stop_at: str | None,
    checkpoint_every: str | None,
    compiles: bool,
    diagnose: bool,
    out: str | None,
    device: str,
    workers: int | None,
    observers: tuple[str, ...],
    quiet: bool,
    as_json: bool,
    **components: str | None,
) -> None:
    """Train ALGORITHM and keep the results in a folder.

    \b
    rlzoo run dqn --target hard
    rlzoo run dqn --env Acrobot-v1 --seeds 10 --steps 100k
    rlzoo run dqn --env LunarLander-v3 --preset rl-zoo3
    rlzoo run dqn --set target.period=250 --set optimizer.lr=1e-3
    rlzoo run dqn --seeds 5 --stop-at 475
    rlzoo run --config runs/first/manifest.json

    All seeds train at once, split over worker processes. After Ctrl-C, results up to then are kept, and `rlzoo resume`
    continues.
    """
    if quiet:
        hide_warnings()
    settings = *settings, *["train.compile=true"] * compiles
    shortcuts: dict[str, Any] = {"steps": steps, "envs": envs, "eval_every": eval_every, "keep": keep}
    shortcuts |= {"stop_at": stop_at, "checkpoint_every": checkpoint_every, "diagnose": diagnose or None}
    shown = () if quiet or as_json else ("progress",)
    recorders = () if record is None else (record,)
    watchers = (*shown, *recorders, *observers)
    parts: dict[str, Any] = {slot: name for slot, name in components.items() if name is not None}
    given, everyone = with_shortcuts(assigned(settings), watchers, shortcuts)
    file = None if config is None else read_config(config)
    if algorithm is None and file is None:
        raise OptionError("name an algorithm, such as `rlzoo run dqn`, or use `--config FILE`")
    algorithm = chosen_algorithm(algorithm, file)
    # Before PyTorch is imported, which takes a second:
    composition, _, _ = resolve(catalog.from_source(), algorithm, parts, given, env, preset, everyone, file)
    if preset is None and file is None and not quiet and not as_json:
        _mention_presets(catalog, algorithm, env)
    if seeds is not None and chosen:
        raise OptionError("give `--seeds N` or `--seed S`, not both")
    if not quiet and not as_json and sys.stderr.isatty():
        _mention_compilation(compiles)
    if device != "cuda":
        _expect_workers(workers, composition.train.steps, len(chosen) or seeds or _seeds_of(file))
    from rlzoo.api import train
    from rlzoo.results.result import Interrupted

    try:
        result = train(
            algorithm,
            env,
            preset=preset,
            config=config,
            seeds=list(chosen) or seeds,
            **shortcuts,
            set=assigned(settings),
            out=out,
            device=device,
            workers=workers,
            observers=watchers,
            catalog=catalog,
            **parts,
        )
    except Interrupted as interruption:
        conclude(interruption.result, quiet, as_json, interruption)
    conclude(result, quiet, as_json)


def _mention_presets(catalog: Catalog, algorithm: str, env: str | None) -> None:
    """Name the presets of the algorithm for the environment, if there are any."""
    environment = env or default_environment(catalog, algorithm)
    names = presets_of(catalog, algorithm, environment)
    if names:
        options = ", ".join(f"`--preset {name}`" for name in names)
        click.echo(f"rlzoo: there are settings of {algorithm} for {environment}: {options}", err=True)


def _expect_workers(workers: int | None, steps: int | None, seeds: int) -> None:
    """Have the server of worker processes import PyTorch while this process does, if there will be several."""
    from rlzoo.components.executors.local import enough_workers, start_server

    if seeds > 1 and (workers or enough_workers(steps, seeds)) > 1:
        start_server("rlzoo.training.groups")


def _mention_compilation(compiles: bool) -> None:
    """Say why the run is about to wait."""
    if not _compiled():
        click.echo("rlzoo: compiling, about ten seconds; later runs will find the result on disk", err=True)
    if compiles:
        click.echo("rlzoo: the first update is compiled, up to a minute; later runs find it on disk", err=True)


def _seeds_of(config: Config | None) -> int:
    """The number of seeds of a configuration file, 1 by default."""
    seeds = None if config is None else config.seeds
    return len(seeds) if isinstance(seeds, list) else seeds or 1


def _compiled() -> bool:
    """Whether an earlier run has left compiled code where numba keeps it, or it is kept elsewhere."""
    package = Path(lanes.__file__).parent
    elsewhere = "NUMBA_CACHE_DIR" in os.environ or not os.access(package, os.W_OK)
    return elsewhere or any(package.glob("__pycache__/loops._collect-*.nbi"))
