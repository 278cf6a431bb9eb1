"""`rlzoo run`: train an algorithm."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from rlzoo.cli.summary import print_summary
from rlzoo.cli.values import settings as assigned
from rlzoo.contracts.errors import OptionError
from rlzoo.registry.catalog import SLOTS, Catalog

if TYPE_CHECKING:
    from rlzoo.api import Result


def _slot_options(command: Any) -> Any:
    for slot in reversed(SLOTS):
        command = click.option(f"--{slot}", metavar="NAME", help=f"Component for the slot `{slot}`.")(command)
    return command


@click.command(short_help="Train an algorithm over one or more seeds.")
@click.argument("algorithm")
@click.option("--env", metavar="ID", help="Gymnasium environment; default: the algorithm's own.")
@_slot_options
@click.option("--set", "settings", metavar="SLOT.FIELD=VALUE", multiple=True, help="Set an option; repeatable.")
@click.option("--steps", metavar="N", help="Environment steps per seed, e.g. 50_000 or 50k.")
@click.option("--seeds", type=int, metavar="N", help="Train seeds 0 to N-1 side by side. Default: 1.")
@click.option("--seed", "chosen", type=int, multiple=True, metavar="S", help="Train this seed; repeatable.")
@click.option("--envs", metavar="N", help="Environments stepped side by side in each seed.")
@click.option("--eval-every", metavar="N", help="Play greedy episodes every N steps.")
@click.option("--out", metavar="DIR", help="Folder for the results. Default: runs/<algorithm>-<env>-<time>.")
@click.option("--device", default="auto", show_default=True, metavar="auto|cpu|cuda", help="Where to compute.")
@click.option(
    "--workers",
    type=click.IntRange(1),
    metavar="N",
    help="Processes to split the seeds over. Default: as many as pay, at most one per core.",
)
@click.option("--observer", "observers", multiple=True, metavar="NAME", help="Another observer; repeatable.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON at the end, and nothing else.")
@click.pass_obj
def run(
    catalog: Catalog,
    /,
    algorithm: str,
    env: str | None,
    settings: tuple[str, ...],
    steps: str | None,
    seeds: int | None,
    chosen: tuple[int, ...],
    envs: str | None,
    eval_every: str | None,
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
    rlzoo run dqn --set target.period=250 --set optimizer.lr=1e-3

    All seeds train at once, split over the cores. Ctrl-C keeps everything so far.
    """
    from rlzoo.api import Interrupted, train

    if seeds is not None and chosen:
        raise OptionError("give `--seeds N` or `--seed S`, not both")
    shown = () if quiet or as_json else ("progress",)
    try:
        result = train(
            algorithm,
            env,
            steps=steps,
            seeds=list(chosen) or (1 if seeds is None else seeds),
            envs=envs,
            eval_every=eval_every,
            set=assigned(settings),
            out=out,
            device=device,
            workers=workers,
            observers=(*shown, *observers),
            catalog=catalog,
            **{slot: name for slot, name in components.items() if name is not None},
        )
    except Interrupted as interruption:
        _conclude(interruption.result, quiet, as_json)
        click.echo(f"rlzoo: interrupted, {interruption}", err=True)
        click.get_current_context().exit(130)
    _conclude(result, quiet, as_json)


def _conclude(result: Result, quiet: bool, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"path": str(result.path), **result.manifest}, indent=2))
    elif not quiet:
        print_summary(result)
