"""`rlzoo demo`: a run to begin with."""

from __future__ import annotations

import click

from rlzoo.cli.run import run

STEPS = "50_000"
SEEDS = 10


@click.command(short_help="Train ten seeds of DQN on CartPole-v1, in about a minute.")
@click.option("--out", metavar="DIR", help="Folder for the results. Default: runs/<algorithm>-<env>-<time>.")
@click.pass_context
def demo(ctx: click.Context, out: str | None) -> None:
    """Train ten seeds of DQN on CartPole-v1 at once, in about a minute.

    Short for `rlzoo run dqn --target hard --env CartPole-v1 --steps 50_000 --seeds 10`.
    """
    ctx.invoke(run, algorithm="dqn", target="hard", env="CartPole-v1", steps=STEPS, seeds=SEEDS, out=out)
