"""`rlzoo plot`: plot one run, or compare several."""

from __future__ import annotations

import click

from rlzoo.cli.completion import complete_folders, complete_quantities
from rlzoo.cli.values import columns as assigned

QUANTITIES = ("return", "length", "evaluation")
"""Those of episodes; all others are columns of metrics.csv."""


@click.command(short_help="Plot runs, also other programs' logs.")
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, shell_complete=complete_folders("manifest.json"))
@click.option(
    "--y",
    "quantity",
    metavar="|".join((*QUANTITIES, "METRIC")),
    shell_complete=complete_quantities,
    help="What to draw; METRIC is a column of metrics.csv, such as loss. Default: return; if all are offline, "
    "evaluation.",
)
@click.option("--last", type=click.IntRange(min=1), metavar="N", help="Episodes in the running mean. Default: 100.")
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="NAME=COLUMN",
    help="A column of CSV files, such as return=reward; repeatable.",
)
@click.option("--any-env", is_flag=True, help="Draw runs of different environments on one axis.")
@click.option("--out", metavar="FILE", help="A .png, .svg or .pdf. Default: in the run, or compared.png here.")
def plot(
    runs: tuple[str, ...],
    quantity: str | None,
    last: int | None,
    columns: tuple[str, ...],
    any_env: bool,
    out: str | None,
) -> None:
    """Draw the learning curve of RUN, a run's folder, or compare several runs in one figure.

    \b
    rlzoo plot runs/dqn-CartPole-v1-20260101-120000
    rlzoo plot runs/with-target runs/without --last 20 --out compared.svg
    rlzoo plot runs/with-target runs/without --y q_mean
    rlzoo plot runs/new sb3/logs cleanrl/runs old.csv

    RUN may also be the log of another program, a file or a folder with one for each seed: monitor files of
    Stable-Baselines3, TensorBoard files of CleanRL, or CSV files with a row per episode. Name their columns with
    --column step=COLUMN, return, length, seed or environment.
    """
    from rlzoo.contracts.errors import BadInput, OptionError
    from rlzoo.contracts.log import WINDOW
    from rlzoo.results.curves import main_quantity
    from rlzoo.results.files import as_path, shown
    from rlzoo.results.logs.logged_run import LoggedRun
    from rlzoo.results.logs.reading import read_run
    from rlzoo.results.plotting import draw, save_figure
    from rlzoo.studies.execution.study import PLAN

    given = assigned(columns)
    for run in runs:
        if (as_path(run) / PLAN).is_file():
            raise BadInput(f"`{run}` is a study; `rlzoo report {run}` draws its figures")
    folders = [read_run(run, given) for run in {as_path(run).resolve(): run for run in runs}.values()]
    environments = sorted({folder.environment for folder in folders if folder.environment})
    if len(environments) > 1 and not any_env:
        raise OptionError(
            f"the runs are of different environments, {', '.join(environments)}, whose returns do not compare; add "
            "`--any-env` to draw them all the same"
        )
    quantity = quantity or main_quantity(folders)
    if last is not None and quantity == "evaluation":
        raise OptionError("`--last` has no effect with `--y evaluation`, the mean of each evaluation's episodes")
    if last is not None and quantity not in QUANTITIES:
        raise OptionError(f"`--last` has no effect with `--y {quantity}`, which is not a mean over episodes")
    first = folders[0]
    drawn = f"{quantity}s.png" if quantity in QUANTITIES else f"{quantity}.png"
    default = "compared.png" if len(folders) > 1 else drawn
    if len(folders) == 1 and not isinstance(first, LoggedRun):
        default = str(first.path / default)
    path = as_path(out or default)
    save_figure(draw(folders, quantity, last or WINDOW), path)
    click.echo(shown(path))
