"""`rlzoo tune`: search settings, and test the best on fresh seeds."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

import click

from rlzoo.cli.completion import complete_names, complete_presets
from rlzoo.cli.options import device_option, executor_options, quiet_option, settings_option, slot_options
from rlzoo.cli.tables import print_table
from rlzoo.cli.values import settings as assigned
from rlzoo.registry.catalog import Catalog

if TYPE_CHECKING:
    from rlzoo.tuning.result import TuningResult


@click.command(short_help="Search settings, and test the best on fresh seeds.")
@click.argument("algorithm", shell_complete=complete_names("algorithm"))
@click.option(
    "--search",
    "domains",
    multiple=True,
    required=True,
    metavar="NAME=DOMAIN",
    help="Setting and its range, LOW..HIGH or LOW..HIGH:log, or its values, A;B;C; repeatable.",
)
@click.option("--env", metavar="ID", help="Environment. Default: the algorithm's.")
@click.option("--preset", metavar="NAME", shell_complete=complete_presets, help="Settings to start from.")
@slot_options
@settings_option("Setting of all trials; repeatable.")
@click.option("--steps", metavar="N", help="Environment steps per seed, such as 50k. Default: the algorithm's.")
@click.option("--trials", type=int, default=64, show_default=True, metavar="N", help="Settings to try.")
@click.option("--seeds", type=int, default=4, show_default=True, metavar="N", help="Seeds of each trial.")
@click.option(
    "--test-seeds", type=int, default=10, show_default=True, metavar="N", help="Fresh seeds of the comparison."
)
@click.option("--sampler", default="tpe", show_default=True, metavar="tpe|random", help="How settings are chosen.")
@click.option("--search-seed", type=int, default=0, show_default=True, metavar="N", help="Seed of the sampler.")
@click.option("--no-pruning", is_flag=True, help="Train every trial to its end, instead of stopping poor ones early.")
@executor_options("Programs at once. Default: one per core.")
@device_option
@click.option("--out", metavar="DIR", help="Folder of the search. Default: one below tunings/, named after it.")
@quiet_option
@click.pass_obj
def tune(
    catalog: Catalog,
    /,
    algorithm: str,
    domains: tuple[str, ...],
    env: str | None,
    preset: str | None,
    settings: tuple[str, ...],
    steps: str | None,
    trials: int,
    seeds: int,
    test_seeds: int,
    sampler: str,
    search_seed: int,
    no_pruning: bool,
    executor: str,
    workers: int | None,
    ray_address: str | None,
    device: str,
    out: str | None,
    quiet: bool,
    **components: str | None,
) -> None:
    """Search settings of ALGORITHM, then compare the best with the default on fresh seeds.

    \b
    rlzoo tune dqn --search optimizer.lr=1e-5..1e-2:log --steps 50k
    rlzoo tune dqn --env Acrobot-v1 --search 'network.hidden=64,64;256,256' --search target.period=10..1000:log

    Poor trials are stopped early. Repeat the command to continue an interrupted search, or with more trials to grow
    one. The report is report.html in the folder; `optuna-dashboard FOLDER/optuna.log` shows the search while it runs.
    """
    catalog.check("algorithm", algorithm)  # before PyTorch is imported, which takes a second
    from rlzoo.tuning.space import read_search
    from rlzoo.tuning.tune import tune

    try:
        result = tune(
            algorithm,
            env,
            search=read_search(domains),
            trials=trials,
            seeds=seeds,
            test_seeds=test_seeds,
            steps=steps,
            preset=preset,
            set=assigned(settings),
            sampler=sampler,
            search_seed=search_seed,
            pruning=not no_pruning,
            out=out,
            executor=executor,
            workers=workers,
            ray_address=ray_address,
            device=device,
            quiet=quiet,
            catalog=catalog,
            command=shlex.join(["rlzoo", *sys.argv[1:]]),
            **{slot: name for slot, name in components.items() if name is not None},
        )
    except KeyboardInterrupt:
        click.echo("rlzoo: interrupted; finished runs are kept. Repeat the command to continue.", err=True)
        click.get_current_context().exit(130)
    if not quiet:
        _print_result(result)


def _print_result(result: TuningResult) -> None:
    from rlzoo.results.files import shown
    from rlzoo.tuning.report.content import scores, settings

    print_table("", *settings(result))
    print_table("", *scores(result))
    click.echo(result.verdict.replace("−", "-"))  # not every terminal has a minus sign
    click.echo(f"\nreport in {shown(result.report)}")
    click.echo(f"Next: `{result.command}`")
