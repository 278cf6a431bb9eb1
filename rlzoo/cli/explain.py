"""`rlzoo explain`: one step of a run, with its numbers."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from rlzoo.cli.completion import complete_presets, complete_subjects
from rlzoo.cli.options import allow_import_option, quiet_option, settings_option, slot_options
from rlzoo.cli.values import settings as assigned
from rlzoo.registry.catalog import Catalog

if TYPE_CHECKING:
    from rlzoo.explaining.explain import Progress

SECONDS = 5.0
"""Between two lines of progress without a terminal."""


@click.command(short_help="Walk through one step of a run, with its numbers.")
@click.argument("subjects", metavar="ALGORITHM|RUN...", nargs=-1, required=True, shell_complete=complete_subjects)
@click.option(
    "--step", metavar="N", help="Step to explain. Default: soon after learning starts, or a run's checkpoint."
)
@click.option("--env", metavar="ID", help="Environment. Default: the algorithm's.")
@click.option(
    "--preset", metavar="NAME", shell_complete=complete_presets, help="Settings of the algorithm for the environment."
)
@slot_options
@settings_option("Set an option, such as target.period=250; repeatable.")
@click.option("--steps", metavar="N", help="Steps of the whole run, such as 50k. Default: the algorithm's.")
@click.option("--seed", type=int, metavar="S", help="Seed. Default: 0, or the only seed of a run.")
@click.option(
    "--play", type=int, default=100, show_default=True, metavar="N", help="Steps to record for the play button."
)
@click.option("--plain", is_flag=True, help="Print the explanation instead of writing a page.")
@click.option("--out", metavar="FILE", help="File for the page. Default: explain-<algorithm>-<env>-<step>.html.")
@allow_import_option
@quiet_option
@click.pass_obj
def explain(
    catalog: Catalog,
    /,
    subjects: tuple[str, ...],
    step: str | None,
    env: str | None,
    preset: str | None,
    settings: tuple[str, ...],
    steps: str | None,
    seed: int | None,
    play: int,
    plain: bool,
    out: str | None,
    allowed: tuple[str, ...],
    quiet: bool,
    **components: str | None,
) -> None:
    """Train ALGORITHM up to a step, or continue RUN from its last checkpoint, and explain what happens in the step.

    \b
    rlzoo explain dqn --env CartPole-v1 --step 12_000
    rlzoo explain dqn dqn-no-target
    rlzoo explain rainbow --plain
    rlzoo explain runs/first

    The page shows the observation, the Q values, the choice, the transition, the batch, the targets and errors, the
    gradient, and how weights and target change. Two subjects are shown side by side.
    """
    from rlzoo.results.files import shown, writable_file

    if out is not None:
        writable_file(out)
    _check(catalog, subjects, env, preset, assigned(settings), steps, components, allowed)
    from rlzoo.explaining.explain import explain as explain_step

    with _progress(quiet) as progress:
        explained = explain_step(
            *subjects,
            env=env,
            preset=preset,
            steps=steps,
            step=step,
            seed=seed,
            play=play,
            set=assigned(settings),
            catalog=catalog,
            progress=progress,
            **{slot: name for slot, name in components.items() if name is not None},
        )
    if plain:
        click.echo(explained.text)
    if out is not None or not plain:
        click.echo(shown(explained.save(out or _file_name(explained))))


def _check(
    catalog: Catalog,
    subjects: tuple[str, ...],
    env: str | None,
    preset: str | None,
    settings: dict[str, str],
    steps: str | None,
    components: dict[str, Any],
    allowed: tuple[str, ...],
) -> None:
    """Raise BadInput for typos before PyTorch is imported, and for modules that a run may not import."""
    from rlzoo.registry.request import resolve, with_shortcuts
    from rlzoo.results.run_folder import RunFolder, is_run

    parts = {slot: name for slot, name in components.items() if name is not None}
    given, _ = with_shortcuts(settings, (), {"steps": steps})
    for subject in subjects:
        if is_run(subject):
            from rlzoo.cli.trust import check_modules

            check_modules(RunFolder(subject).composition(catalog), allowed)
        else:
            resolve(catalog.from_source(), subject, parts, given, env, preset, ())


def _file_name(explained: Any) -> str:
    """A name for the page, after what it explains."""
    first = explained.walks[0]
    names = "-".join(walk.algorithm for walk in explained.walks)
    return re.sub(r"[^\w.-]+", "-", f"explain-{names}-{first.environment}-{first.step}") + ".html"


@contextmanager
def _progress(quiet: bool) -> Iterator[Progress]:
    """Show how far training is: on a terminal in place, in a log by a line now and then."""
    if quiet:
        yield lambda *_: None
        return
    if not sys.stderr.isatty():
        yield _told(lambda line: click.echo(line, err=True), SECONDS)
        return
    from rlzoo.results.terminal import stderr_console

    with stderr_console().status("") as status:
        yield _told(status.update, 0.0)


def _told(tell: Callable[[str], None], seconds: float) -> Progress:
    """Tell a line with the rate and the time left, at most every so many `seconds`, for one subject after another."""
    from rlzoo.results.observers.progress_summary import format_duration

    subject, began, first, last = "", 0.0, 0, 0.0

    def show(title: str, done: int, total: int) -> None:
        nonlocal subject, began, first, last
        now = time.monotonic()
        if title != subject:
            subject, began, first, last = title, now, done, now
        elif now - last >= seconds and done > first:
            last, rate = now, (done - first) / (now - began)
            left = format_duration((total - done) / rate)
            tell(f"training {title}: step {done:,} of {total:,}, {rate:,.0f} steps/s, {left} left")

    return show
