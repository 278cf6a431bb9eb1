"""`rlzoo ablate`: which part matters, and how sure are we?"""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING, Any

import click

from rlzoo.cli.tables import print_table
from rlzoo.cli.values import assignments
from rlzoo.cli.values import settings as assigned
from rlzoo.contracts.errors import OptionError, RunFailed
from rlzoo.registry.catalog import Catalog

if TYPE_CHECKING:
    from rlzoo.contracts import Executor
    from rlzoo.studies.design.plan import Cell, Plan
    from rlzoo.studies.design.question import Question
    from rlzoo.studies.execution.study import Study


@click.command(short_help="Compare variants of an algorithm, with statistics and a report.")
@click.argument("algorithm", required=False)
@click.option("--vary", multiple=True, metavar="SLOT=A,B", help="Components or SLOT.FIELD values to try; repeatable.")
@click.option(
    "--design", type=click.Choice(["full", "one-at-a-time"]), help="All combinations (default), or each alone."
)
@click.option("--from", "source", metavar="FILE", help="A study in a TOML file; options change it.")
@click.option("--env", "envs", multiple=True, metavar="ID", help="Environment; repeatable. Default: CartPole-v1.")
@click.option(
    "--seeds", type=click.IntRange(1), metavar="N", help="Seeds 0 to N-1. Default: 10; 12 with --until-width."
)
@click.option("--steps", metavar="N", help="Environment steps per seed, e.g. 100k.")
@click.option("--set", "settings", metavar="SLOT.FIELD=VALUE", multiple=True, help="Set in all cells; repeatable.")
@click.option("--threshold", multiple=True, metavar="ENV=RETURN", help="The return that counts as solved; repeatable.")
@click.option("--impossible", type=click.Choice(["refuse", "skip"]), help="Cells that cannot exist. Default: refuse.")
@click.option("--until-width", type=float, metavar="W", help="Add seeds until no interval of a difference is wider.")
@click.option("--max-seeds", type=int, metavar="N", help="With --until-width: at most so many. Default: 100.")
@click.option("--executor", default="local", show_default=True, metavar="NAME", help="Who does the work: local or ray.")
@click.option("--workers", type=click.IntRange(1), metavar="N", help="Units trained at once. Default: one per core.")
@click.option("--ray-address", metavar="HOST:PORT", help="Ray cluster to use. Default: one of its own.")
@click.option("--device", default="cpu", show_default=True, metavar="auto|cpu|cuda", help="Where to compute.")
@click.option("--out", metavar="DIR", help="Folder of the study. Default: one under studies/, by what is asked.")
@click.option("--dry-run", is_flag=True, help="Print the plan and how long it will take; train nothing.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
@click.pass_obj
def ablate(
    catalog: Catalog,
    /,
    executor: str,
    workers: int | None,
    ray_address: str | None,
    device: str,
    out: str | None,
    dry_run: bool,
    quiet: bool,
    **asked: Any,
) -> None:
    """Train variants of ALGORITHM over the same seeds, and say what can be concluded.

    \b
    rlzoo ablate dqn --vary target=hard,soft,none --vary buffer=uniform,recent --steps 50k
    rlzoo ablate rainbow --design one-at-a-time --vary objective=double --vary buffer=uniform
    rlzoo ablate --from study.toml

    The same command goes on where an interrupted one stopped. The answer is report.html in the study's folder.
    """
    from rlzoo.api import build_executor, check_device
    from rlzoo.studies.ablate import choose_study_folder, make_plan, open_study

    question = _question(**asked)
    path = choose_study_folder(question, out)
    place = str(check_device(device))
    plan = make_plan(catalog, question, path.name, shlex.join(["rlzoo", *sys.argv[1:]]))
    if dry_run:
        _print_plan(catalog, plan, place, workers)
        return
    workforce = build_executor(catalog, executor, workers=workers, address=ray_address)
    study = open_study(catalog, plan, path)
    _train(study, catalog, workforce, place, quiet)
    _report(study, quiet)
    _fail_if_any_did(study)


def _question(
    algorithm: str | None,
    vary: tuple[str, ...],
    design: str | None,
    source: str | None,
    envs: tuple[str, ...],
    seeds: int | None,
    steps: str | None,
    settings: tuple[str, ...],
    threshold: tuple[str, ...],
    impossible: str | None,
    until_width: float | None,
    max_seeds: int | None,
) -> Question:
    """The question of the file, if there is one, changed by what the command line says."""
    from rlzoo.studies.design.question import Question, read_question, read_vary

    if algorithm is None and source is None:
        raise OptionError("name an algorithm, such as `rlzoo ablate dqn --vary target=hard,none`, or `--from FILE`")
    given = {
        "algorithm": algorithm,
        "vary": read_vary(vary),
        "design": design,
        "env": list(envs),
        "seeds": seeds,
        "steps": steps,
        "set": assigned(settings),
        "thresholds": assignments(threshold, "--threshold", "CartPole-v1=475"),
        "impossible": impossible,
        "until_width": until_width,
        "max_seeds": max_seeds,
    }
    base = read_question(source) if source else Question()
    return base.changed({name: value for name, value in given.items() if value not in (None, [], {})})


def _train(study: Study, catalog: Catalog, executor: Executor, device: str, quiet: bool) -> None:
    from rlzoo.studies.ablate import train_study
    from rlzoo.studies.execution.progress import audience

    told = audience(quiet)
    try:
        train_study(study, catalog, executor, device, told)
    except KeyboardInterrupt:
        told.close()
        click.echo(f"rlzoo: interrupted; whole units are in `{study.path}`, the same command goes on", err=True)
        click.get_current_context().exit(130)
    finally:
        told.close()


def _report(study: Study, quiet: bool) -> None:
    from rlzoo.studies.ablate import report

    analysis = report(study)
    if quiet:
        return
    for sentence in analysis.sentences:
        click.echo(sentence.text)
    click.echo(f"\nreport in {study.path / 'report.html'}")


def _fail_if_any_did(study: Study) -> None:
    failed = sum(len(failure.seeds) for failure in study.failures() if failure.kind == "failed")
    if failed:
        raise RunFailed(f"runs that failed: {failed}; the report says why, and the same command tries them again")


def _print_plan(catalog: Catalog, plan: Plan, device: str, workers: int | None) -> None:
    from rlzoo.components.executors.local import cores
    from rlzoo.results.observers.standing import span
    from rlzoo.studies.execution.cost import measure
    from rlzoo.studies.execution.study import Task

    columns = ("cell", *plan.factors, "")
    print_table(f"{plan.name}: {plan.design} design", columns, (_cell(plan, cell) for cell in plan.cells))
    tasks = [Task(cell, environment, plan.seeds) for cell in plan.runnable for environment in plan.environments]
    costs = [measure(catalog, task, device) for task in tasks]
    at_once = workers or cores()
    environments = ", ".join(plan.environments)
    click.echo(f"{len(plan.runnable)} cells to train on {environments}, {len(plan.seeds)} seeds each")
    steps = sum(cost.steps for cost in costs)
    if not all(cost.steps for cost in costs):
        click.echo("some count episodes: how long they take depends on how well they learn")
    took = sum(cost.seconds for cost in costs) / min(at_once, len(tasks) * len(plan.seeds))
    click.echo(
        f"{steps:,} environment steps in all; about {span(took)} with {at_once} workers (measured a second each)"
    )
    if plan.width is not None and len(plan.looks) > 1:
        later = ", ".join(map(str, plan.looks[1:]))
        click.echo(
            f"and as long as the interval of a difference is wider than {plan.width:g}, more: {later} seeds each"
        )


def _cell(plan: Plan, cell: Cell) -> tuple[str, ...]:
    remarks = [
        "base" if cell.name == plan.base else "",
        f"the same as {cell.same_as}" if cell.same_as else "",
        f"cannot exist: {cell.impossible}" if cell.impossible else "",
    ]
    return (cell.name, *(cell.levels.get(factor, "") for factor in plan.factors), "; ".join(filter(None, remarks)))
