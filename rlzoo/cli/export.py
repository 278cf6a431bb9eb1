"""`rlzoo export`: write a trained agent as a file that works without rlzoo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from rlzoo.cli.options import allow_import_option, run_argument, weights_option
from rlzoo.cli.trust import check_modules
from rlzoo.contracts.train import Kept
from rlzoo.registry.catalog import Catalog

if TYPE_CHECKING:
    from rlzoo.results.export import Format

FORMATS = ("torch", "onnx", "safetensors")


@click.command(short_help="Export an agent as a torch program, ONNX model or safetensors.")
@run_argument
@click.option(
    "--format",
    "file_format",
    type=click.Choice(FORMATS),
    default="torch",
    show_default=True,
    help="A torch.export program, an ONNX model, or the weights with a description.",
)
@click.option("--seed", type=int, metavar="S", help="The seed to export. May be omitted if the run has only one.")
@weights_option("Which weights: the last ones, or those of the seed's best evaluation.")
@click.option("--out", metavar="FILE", help="Default: RUN/export/seed-<S>, with the extension of the format.")
@allow_import_option
@click.pass_obj
def export(
    catalog: Catalog,
    /,
    run: str,
    file_format: Format,
    seed: int | None,
    kept: Kept,
    out: str | None,
    allowed: tuple[str, ...],
) -> None:
    """Write the agent of a seed in RUN, a run's folder, as a file that works without rlzoo.

    \b
    rlzoo export runs/dqn-CartPole-v1-20260101-120000 --seed 0
    rlzoo export runs/dqn-CartPole-v1-20260101-120000 --seed 0 --format onnx --out agent.onnx

    Programs map observations to greedy actions and Q values. Load them with `torch.export.load(FILE).module()`, or with
    onnxruntime.
    """
    from rlzoo.results.files import as_path, shown
    from rlzoo.results.result import Result
    from rlzoo.training.groups import one_thread

    result = Result(as_path(run), catalog)
    check_modules(result.folder.composition(catalog), allowed)
    agent = result.agent(result.folder.only_seed() if seed is None else seed, kept)
    from rlzoo.results.export import SUFFIXES, export_agent

    name = f"seed-{agent.seed}" if kept == "last" else f"seed-{agent.seed}-{kept}"
    path = as_path(out) if out else result.path / "export" / f"{name}{SUFFIXES[file_format]}"
    with one_thread():
        export_agent(agent, path, file_format)
    click.echo(shown(path))
