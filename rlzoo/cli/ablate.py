"""`rlzoo ablate`: compare variants of an algorithm."""

from __future__ import annotations

import shlex
import sys
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import click

from rlzoo.cli.completion import complete_names
from rlzoo.cli.options import device_option, executor_options, quiet_option, settings_option
from rlzoo.cli.tables import print_table
from rlzoo.cli.values import assignments
from rlzoo.cli.values import settings as assigned
from rlzoo.contracts import Meta
from rlzoo.contracts.errors import RunFailed
from rlzoo.registry.catalog import Catalog
from rlzoo.registry.values import convert_value

if TYPE_CHECKING:
    from rlzoo.studies.ablate import PreparedStudy
    from rlzoo.studies.analysis.tables import Analysis
    from rlzoo.studies.design.plan import Cell, Plan
    from rlzoo.studies.design.question import Question

Positive = Annotated[int, Meta(ge=1)]


@click.command(short_help="Compare variants of an algorithm, with statistics and a report.")
@click.argument("algorithm", required=False, shell_complete=complete_names("algorithm"))
@click.option(
    "--vary", multiple=True, metavar="SLOT=A,B", help="Components or SLOT.FIELD values to compare; repeatable."
)
@click.option(
    "--design",
    type=click.Choice(["full", "one-at-a-time"]),
    help="All combinations (default), or one change at a time.",
)
@click.option("--from", "source", metavar="FILE", help="Read the study from a TOML file; options override it.")
@click.option("--env", "envs", multiple=True, metavar="ID", help="Environment; repeatable. Default: the algorithm's.")
@click.option("--preset", metavar="NAME", help="Settings of the algorithm for the environment; see rlzoo list preset.")
@click.option(
    "--seeds", type=click.IntRange(1), metavar="N", help="Use seeds 0 to N-1. Default: 10; 12 with --until-width."
)
@click.option("--steps", metavar="N", help="Environment steps per seed, e.g. 100k.")
@settings_option("Setting of all cells; repeatable.")
@click.option("--threshold", multiple=True, metavar="ENV=RETURN", help="Return that counts as solved; repeatable.")
@click.option(
    "--impossible", type=click.Choice(["refuse", "skip"]), help="How to treat invalid combinations. Default: refuse."
)
@click.option(
    "--until-width", type=float, metavar="W", help="Add seeds until every confidence interval is at most W wide."
)
@click.option("--max-seeds", type=int, metavar="N", help="Maximum number of seeds with --until-width. Default: 100.")
@executor_options("Trials trained at once. Default: one per core.")
@click.option(
    "--checkpoint-every",
    metavar="N",
    help="Steps between checkpoints. There is also one every ten minutes, and after Ctrl-C.",
)
@device_option
@click.option(
    "--out", metavar="DIR", help="Folder of the study. Default: one below studies/, named after the question."
)
@click.option("--dry-run", is_flag=True, help="Print the plan and its estimated duration; train nothing.")
@quiet_option
@click.pass_obj
def ablate(
    catalog: Catalog,
    /,
    executor: str,
    workers: int | None,
    ray_address: str | None,
    checkpoint_every: str | None,
    device: str,
    out: str | None,
    dry_run: bool,
    quiet: bool,
    **question: Any,
) -> None:
    """Train variants of ALGORITHM over the same seeds, compare them and write a report.

    \b
    rlzoo ablate dqn --vary target=hard,soft,none --vary buffer=uniform,recent --steps 50k
    rlzoo ablate rainbow --design one-at-a-time --vary objective=double --vary buffer=uniform
    rlzoo ablate --from study.toml

    Repeat the command to continue an interrupted study. The report is report.html in the study's folder.
    """
    if question["algorithm"] is not None:
        catalog.check("algorithm", question["algorithm"])  # before PyTorch is imported, which takes a second
    from rlzoo.results.files import shown
    from rlzoo.studies.ablate import prepare, run_study

    prepared = prepare(catalog, _question(**question), out, device, shlex.join(["rlzoo", *sys.argv[1:]]))
    every = None if checkpoint_every is None else convert_value(checkpoint_every, Positive, "--checkpoint-every")
    if dry_run:
        _print_plan(prepared, workers)
        return
    try:
        result = run_study(
            prepared, executor, workers=workers, ray_address=ray_address, checkpoint_every=every, quiet=quiet
        )
    except KeyboardInterrupt:
        click.echo(
            f"rlzoo: interrupted; finished trials are in `{shown(prepared.path)}`. Repeat the command to continue.",
            err=True,
        )
        click.get_current_context().exit(130)
    if not quiet:
        _print_conclusions(result.analysis)
        click.echo(f"\nreport in {shown(result.report)}")
    _check_failures(result.analysis)


def _question(
    algorithm: str | None,
    vary: tuple[str, ...],
    design: str | None,
    source: str | None,
    envs: tuple[str, ...],
    preset: str | None,
    seeds: int | None,
    steps: str | None,
    settings: tuple[str, ...],
    threshold: tuple[str, ...],
    impossible: str | None,
    until_width: float | None,
    max_seeds: int | None,
) -> Question:
    """The question of the file, if there is one, overridden by the command line."""
    from rlzoo.studies.ablate import ask
    from rlzoo.studies.design.question import read_vary

    return ask(
        source,
        algorithm=algorithm,
        vary=read_vary(vary),
        design=design,
        env=list(envs),
        preset=preset,
        seeds=seeds,
        steps=steps,
        set=assigned(settings),
        thresholds=assignments(threshold, "--threshold", "CartPole-v1=475"),
        impossible=impossible,
        until_width=until_width,
        max_seeds=max_seeds,
    )


def _print_conclusions(analysis: Analysis) -> None:
    from rlzoo.studies.report.content import OVER_ALL

    for environment, conclusions in groupby(analysis.conclusions, key=lambda conclusion: conclusion.environment):
        click.echo(OVER_ALL if environment is None else environment)
        for conclusion in conclusions:
            click.echo(f"  {conclusion.text}".replace("−", "-"))  # not every terminal has a minus sign


def _check_failures(analysis: Analysis) -> None:
    failed = sum(len(failure.seeds) for failure in analysis.failures if failure.kind == "failed")
    if failed:
        raise RunFailed(f"{failed} runs failed; see the report. Repeat the command to train them again")


def _print_plan(prepared: PreparedStudy, workers: int | None) -> None:
    plan = prepared.plan
    columns = ("cell", *plan.factors, "")
    print_table(f"{plan.name}: {plan.design} design", columns, (_row(plan, cell) for cell in plan.cells))
    environments = ", ".join(plan.environments)
    click.echo(f"{len(plan.runnable)} cells to train on {environments}, {len(plan.seeds)} seeds each")
    for note in prepared.notes:
        click.echo(note)
    _print_cost(prepared, workers)
    if plan.width is not None and len(plan.looks) > 1:
        later = ", ".join(map(str, plan.looks[1:]))
        click.echo(f"more seeds ({later} per cell) while any difference's CI is wider than {plan.width:g}")


def _print_cost(prepared: PreparedStudy, workers: int | None) -> None:
    from rlzoo.components.executors.local import cores
    from rlzoo.results.observers.progress_summary import format_duration
    from rlzoo.studies.execution.cost import estimate_costs
    from rlzoo.studies.execution.study import Task

    plan, at_once = prepared.plan, workers or cores()
    tasks = [Task(cell, environment, plan.seeds) for cell in plan.runnable for environment in plan.environments]
    costs = estimate_costs(prepared.catalog, tasks, prepared.device, at_once)
    if not all(cost.steps for cost in costs):
        click.echo("some cells count episodes, whose length is unknown; they are left out of the estimate")
    seconds = sum(cost.seconds for cost in costs) / min(at_once, len(tasks) * len(plan.seeds))
    total = sum(cost.steps for cost in costs)
    click.echo(f"{total:,} environment steps in total; about {format_duration(seconds)} with {at_once} workers")


def _row(plan: Plan, cell: Cell) -> tuple[str, ...]:
    remarks = [
        "base" if cell.name == plan.base else "",
        f"same as {cell.same_as}" if cell.same_as else "",
        f"invalid: {cell.impossible}" if cell.impossible else "",
    ]
    return (cell.name, *(cell.levels.get(factor, "") for factor in plan.factors), "; ".join(filter(None, remarks)))
