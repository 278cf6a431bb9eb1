"""`rlzoo card`: write the model card of a run, so that its folder can be published."""

from __future__ import annotations

import shlex
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from rlzoo.cli.options import allow_import_option, run_argument, weights_option
from rlzoo.cli.trust import check_modules
from rlzoo.contracts.errors import BadInput
from rlzoo.contracts.train import Kept
from rlzoo.registry.catalog import Catalog

if TYPE_CHECKING:
    from pathlib import Path

    from rlzoo.results.agent import Agent


@click.command(short_help="Write the model card of a run, to publish it.")
@run_argument
@click.option("--episodes", type=click.IntRange(min=1), default=20, show_default=True, help="Episodes per seed.")
@weights_option("Which weights play: the last ones, or those of each seed's best evaluation.")
@click.option("--video", is_flag=True, help="Film the first episode of the best seed, as RUN/replay.mp4.")
@allow_import_option
@click.pass_obj
def card(catalog: Catalog, /, run: str, episodes: int, kept: Kept, video: bool, allowed: tuple[str, ...]) -> None:
    """Write README.md into RUN, a run's folder: a model card for Hugging Face.

    \b
    rlzoo card runs/dqn-CartPole-v1-20260101-120000 --video
    hf upload USER/NAME runs/dqn-CartPole-v1-20260101-120000 . --exclude 'checkpoint/*'

    It has the results of greedy episodes with confidence intervals, the settings, and the command that repeats the run.
    `rlzoo.load(FOLDER)` loads an agent from the folder, also after downloading it. An existing README.md is kept.
    """
    from rlzoo.results.card import CARD, FILM, best_seed
    from rlzoo.results.card import card as text
    from rlzoo.results.files import as_path, shown, write_whole
    from rlzoo.results.playing import play
    from rlzoo.results.plotting import draw_run
    from rlzoo.results.result import Result

    result = Result(as_path(run), catalog)
    path = result.path / CARD
    if path.exists():
        raise BadInput(f"`{shown(path)}` exists; delete it to write a new card")
    check_modules(result.composition, allowed)
    agents = {seed: result.agent(seed, kept) for seed in result.folder.trained(kept)}
    played = play(agents, episodes)
    try:
        if video:
            _film(agents[best_seed(played)], result.path / FILM)
        draw_run(result.path)
        write_whole(path, text(result, catalog, played, kept, video))
    except OSError as error:
        raise BadInput(f"cannot write the card of `{run}`: {error.strerror}") from error
    click.echo(shown(path))
    click.echo(f"Next: `hf upload USER/NAME {shlex.quote(shown(result.path))} . --exclude 'checkpoint/*'`")


def _film(agent: Agent, path: Path) -> None:
    from pathlib import Path

    from rlzoo.results.files import write_whole
    from rlzoo.results.playing import STREAM
    from rlzoo.results.video import record_video
    from rlzoo.training.groups import one_thread

    with TemporaryDirectory() as folder, one_thread():
        film = record_video(agent.composition, agent, agent.seed, STREAM, Path(folder))
        write_whole(path, film.read_bytes())
