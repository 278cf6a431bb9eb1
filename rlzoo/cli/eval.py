"""`rlzoo eval`: play greedy episodes with the weights of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

import click

from rlzoo.cli.options import allow_import_option, run_argument, weights_option
from rlzoo.cli.streams import print_json
from rlzoo.cli.tables import print_table
from rlzoo.cli.trust import check_modules
from rlzoo.contracts.errors import BadInput
from rlzoo.contracts.train import Kept
from rlzoo.registry.catalog import Catalog

if TYPE_CHECKING:
    from rlzoo.contracts import Evaluation
    from rlzoo.results.agent import Agent
    from rlzoo.results.playing import Played
    from rlzoo.results.result import Result


@click.command("eval")
@run_argument
@click.option("--episodes", type=click.IntRange(min=1), default=10, show_default=True, help="Episodes per seed.")
@click.option("--seed", "chosen", type=int, multiple=True, metavar="S", help="Evaluate only this seed; repeatable.")
@weights_option("Which weights: the last ones, or those of each seed's best evaluation.")
@allow_import_option
@click.option("--video", is_flag=True, help="Record the first episode of each seed to RUN/videos.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def evaluate(
    catalog: Catalog,
    /,
    run: str,
    episodes: int,
    chosen: tuple[int, ...],
    kept: Kept,
    allowed: tuple[str, ...],
    video: bool,
    as_json: bool,
) -> None:
    """Play greedy episodes with the weights in RUN, a run's folder.

    \b
    rlzoo eval runs/dqn-CartPole-v1-20260101-120000 --episodes 100
    rlzoo eval runs/dqn-CartPole-v1-20260101-120000 --seed 3 --video
    rlzoo eval runs/dqn-CartPole-v1-20260101-120000 --weights best

    The episodes are the same at every call. Long ones are truncated after train.eval_max_steps steps. Seeds that
    diverged are left out if their weights are not finite.
    """
    from rlzoo.registry.seeds import check_seeds
    from rlzoo.results.files import as_path
    from rlzoo.results.playing import play
    from rlzoo.results.result import Result

    result = Result(as_path(run), catalog)
    check_modules(result.composition, allowed)
    agents = {seed: result.agent(seed, kept) for seed in check_seeds(chosen)} if chosen else _agents(result, kept)
    played = play(agents, episodes)
    films = _film(agents, result.path / "videos") if video else []
    if as_json:
        print_json({"path": run, **_record(played), "videos": films})
    else:
        _print(played, result.folder.diverged)
        click.echo("\n".join(f"video {film}" for film in films), nl=bool(films))


def _agents(result: Result, kept: Kept) -> dict[int, Agent]:
    """The agents of all seeds with usable weights. Raises BadInput if there are none."""
    agents: dict[int, Agent] = {}
    unusable: BadInput | None = None
    for seed in result.folder.trained(kept):
        try:
            result.folder.weights(seed, kept)
        except BadInput as error:
            unusable = error
            click.echo(f"rlzoo: {error}; left out", err=True)
        else:
            agents[seed] = result.agent(seed, kept)
    if unusable and not agents:
        raise unusable
    return agents


def _film(agents: Mapping[int, Agent], folder: Path) -> list[str]:
    from rlzoo.results.files import shown
    from rlzoo.results.playing import STREAM
    from rlzoo.results.video import record_video
    from rlzoo.training.groups import one_thread

    with one_thread():
        return [shown(record_video(agent.composition, agent, seed, STREAM, folder)) for seed, agent in agents.items()]


def _record(played: Played) -> dict[str, object]:
    from rlzoo.results.final_returns import mean_and_interval
    from rlzoo.results.playing import mean_returns

    mean, interval = mean_and_interval(list(mean_returns(played).values()))
    return {
        "returns": {seed: [episode.episode_return for episode in episodes] for seed, episodes in played.items()},
        "lengths": {seed: [episode.length for episode in episodes] for seed, episodes in played.items()},
        "mean": mean,
        "interval": interval,
    }


def _print(played: Played, diverged: Mapping[int, int]) -> None:
    from rlzoo.results.final_returns import over_seeds
    from rlzoo.results.playing import mean_returns

    columns = ("seed", "episodes", "mean return", "lowest", "highest", "mean length", "")
    print_table("", columns, [_row(seed, episodes, diverged.get(seed)) for seed, episodes in played.items()])
    click.echo(f"mean return {over_seeds(list(mean_returns(played).values()))}")


def _row(seed: int, episodes: Sequence[Evaluation], diverged: int | None) -> tuple[str, ...]:
    from rlzoo.results.seed_table import diverged_at

    returns = [episode.episode_return for episode in episodes]
    length = fmean(episode.length for episode in episodes)
    numbers = [f"{number:.1f}" for number in (fmean(returns), min(returns), max(returns), length)]
    return str(seed), str(len(episodes)), *numbers, diverged_at(diverged)
