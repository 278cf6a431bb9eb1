"""`rlzoo resume`: continue a run."""

from __future__ import annotations

from typing import Literal

import click

from rlzoo.cli.conclusion import conclude, hide_warnings
from rlzoo.cli.options import (
    allow_import_option,
    manifest_option,
    observer_option,
    quiet_option,
    run_argument,
    run_workers_option,
)
from rlzoo.cli.trust import check_modules
from rlzoo.registry.catalog import Catalog


@click.command(short_help="Continue a run that was stopped, or extend a finished one.")
@run_argument
@click.option("--steps", metavar="N", help="Extend the run to this many environment steps per seed.")
@click.option("--episodes", metavar="N", help="Extend a run that counts episodes to this many per seed.")
@click.option(
    "--keep-schedules", "schedules", flag_value="keep", help="With --steps: keep schedules that span the run unchanged."
)
@click.option(
    "--stretch-schedules", "schedules", flag_value="stretch", help="With --steps: extend such schedules to the new end."
)
@click.option("--inexact", is_flag=True, help="Continue even if results may not be bit-identical.")
@click.option("--device", metavar="auto|cpu|cuda", help="Device to train on. Default: that of the run.")
@run_workers_option
@observer_option("Add an observer; repeatable.")
@allow_import_option
@quiet_option
@manifest_option
@click.pass_obj
def resume(
    catalog: Catalog,
    /,
    run: str,
    steps: str | None,
    episodes: str | None,
    schedules: Literal["keep", "stretch"] | None,
    inexact: bool,
    device: str | None,
    workers: int | None,
    observers: tuple[str, ...],
    allowed: tuple[str, ...],
    quiet: bool,
    as_json: bool,
) -> None:
    """Continue RUN, a run's folder, from its last checkpoints.

    \b
    rlzoo resume runs/dqn-CartPole-v1-20260101-120000
    rlzoo resume runs/dqn-CartPole-v1-20260101-120000 --steps 1M --keep-schedules

    The results have the same bytes as those of a run that was never stopped, whatever the number of workers.
    """
    if quiet:
        hide_warnings()
    from rlzoo.results.result import Interrupted
    from rlzoo.results.run_folder import RunFolder
    from rlzoo.resuming import resume as continue_run

    check_modules(RunFolder(run).composition(catalog), allowed)

    shown = () if quiet or as_json else ("progress",)
    try:
        result = continue_run(
            run,
            steps=steps,
            episodes=episodes,
            schedules=schedules,
            inexact=inexact,
            device=device,
            workers=workers,
            observers=(*shown, *observers),
            catalog=catalog,
        )
    except Interrupted as interruption:
        conclude(interruption.result, quiet, as_json, interruption)
    else:
        conclude(result, quiet, as_json)
