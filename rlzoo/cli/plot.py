"""`rlzoo plot`: plot one run, or compare several."""

from __future__ import annotations

import click

from rlzoo.cli.completion import complete_folders

QUANTITIES = ("return", "length", "evaluation")


@click.command
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, shell_complete=complete_folders("manifest.json"))
@click.option(
    "--y", "quantity", type=click.Choice(QUANTITIES), default="return", show_default=True, help="What to draw"
)
@click.option("--last", type=click.IntRange(min=1), metavar="N", help="Episodes in the running mean. Default: 100.")
@click.option("--out", metavar="FILE", help="A .png, .svg or .pdf. Default: in the run, or compared.png here.")
def plot(runs: tuple[str, ...], quantity: str, last: int | None, out: str | None) -> None:
    """Draw the learning curve of RUN, a run's folder, or compare several runs in one figure.

    \b
    rlzoo plot runs/dqn-CartPole-v1-20260101-120000
    rlzoo plot runs/with-target runs/without --last 20 --out compared.svg
    """
    from rlzoo.contracts.errors import OptionError
    from rlzoo.contracts.log import WINDOW
    from rlzoo.results.files import as_path, shown
    from rlzoo.results.plotting import draw, save_figure
    from rlzoo.results.run_folder import RunFolder

    if last is not None and quantity == "evaluation":
        raise OptionError("`--last` has no effect with `--y evaluation`, the mean of each evaluation's episodes")
    folders = [RunFolder(run) for run in {as_path(run).resolve(): run for run in runs}.values()]
    default = folders[0].path / f"{quantity}s.png" if len(folders) == 1 else "compared.png"
    path = as_path(out or default)
    save_figure(draw(folders, quantity, last or WINDOW), path)
    click.echo(shown(path))
