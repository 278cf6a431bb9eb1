"""`rlzoo.explain`: one step of a run, or of two side by side, with all its numbers."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any

from rlzoo.components.environments.imported import Maker, environment_name
from rlzoo.contracts.errors import BadInput, OptionError
from rlzoo.explaining.subject import Subject, algorithm_subject, run_subject
from rlzoo.explaining.walk import Walk
from rlzoo.explaining.walking import walk
from rlzoo.registry.arguments import check_slots, component_name, settings_table
from rlzoo.registry.catalog import Catalog, open_catalog
from rlzoo.registry.request import resolve, with_shortcuts
from rlzoo.registry.seeds import check_seeds
from rlzoo.registry.values import convert_value
from rlzoo.results.files import shown, writable_file, write_whole
from rlzoo.results.run_folder import is_run

MOST = 2
"""Subjects side by side."""
MOST_STEPS = 1_000
"""That can be played."""
Progress = Callable[[str, int, int], None]
"""Gets the subject, the steps trained so far, and those there will be."""


@dataclass(frozen=True)
class Explained:
    """One step of one run or two, as a page and as text."""

    walks: Sequence[Walk]
    command: str = ""

    @property
    def text(self) -> str:
        """Everything as plain text."""
        from rlzoo.explaining.plain import plain

        return plain(self.walks)

    @property
    def html(self) -> str:
        """Everything as one HTML page that loads nothing."""
        from rlzoo.explaining.page.page import page_html

        return page_html(self.walks, self.command)

    def _repr_html_(self) -> str:
        """The page in an iframe, for notebooks."""
        return f'<iframe srcdoc="{escape(self.html)}" style="width: 100%; height: 45rem; border: 0"></iframe>'

    def save(self, path: str | Path) -> Path:
        """Write the page to a file, and return its path. Raises BadInput if it cannot be written."""
        file = writable_file(path)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(file, self.html)
        except OSError as error:
            raise BadInput(f"cannot write `{shown(file)}`: {error.strerror}") from error
        return file


def explain(
    *subjects: str | Path,
    env: str | Maker | None = None,
    preset: str | None = None,
    steps: int | str | None = None,
    step: int | str | None = None,
    seed: int | None = None,
    play: int = 100,
    set: Mapping[str, Any] | None = None,
    catalog: Catalog | None = None,
    command: str = "",
    progress: Progress = lambda *_: None,
    **components: str | type,
) -> Explained:
    """Train up to a step, and say what happens in it: from the observation to the target network.

    The numbers are those of `rlzoo.train` with the same arguments.

    Args:
        subjects: the name of an algorithm or the folder of a run, or two of them, to see them side by side.
        env: the environment, by name, or a class or function that makes it; by default, the algorithm's.
        preset: settings of the algorithm for the environment, as `rlzoo list preset` shows them.
        steps: environment steps of the whole run, over which schedules extend; by default, the algorithm's.
        step: the environment step to explain; by default, 2,000 steps after learning starts, or the one after a run's
            last checkpoint.
        seed: by default 0, or the only seed of a run.
        play: how many steps to record from there on.
        set: options by name, such as `{"target.period": 500}`.
        catalog: the components to choose from; by default, the built-ins and all installed plugins.
        command: shown on the page; by default, the command line of the process.
        progress: called while training with the subject, the steps trained so far, and those there will be.
        components: a component by slot, by name or class, such as `target="hard"`.

    Returns:
        The explanation, which can be printed (`text`), shown (`html`) and saved (`save`).

    Raises:
        BadInput: unknown names or settings, no checkpoint, a step that the run does not have.
        EnvironmentFailed: the environment failed.
    """
    catalog = catalog or open_catalog()
    if not 1 <= len(subjects) <= MOST:
        raise OptionError(f"give one algorithm or run, or two to compare, not {len(subjects)}")
    if isinstance(play, bool) or not isinstance(play, int) or not 1 <= play <= MOST_STEPS:
        raise OptionError(f"`--play` must be between 1 and {MOST_STEPS:,} steps, got {play}")
    at = None if step is None else convert_value(step, int, "--step")
    env = None if env is None else environment_name(env)
    parts = {slot: component_name(catalog, slot, given) for slot, given in check_slots(components).items()}
    settings = settings_table(set)

    def subject(name: str) -> Subject:
        if is_run(name):
            _check_nothing_else(name, {"env": env, "preset": preset, "steps": steps, "set": settings, **parts})
            return run_subject(catalog, name, at, seed)
        given, _ = with_shortcuts(settings, (), {"steps": steps})
        composition, _, notes = resolve(catalog, name, parts, given, env, preset, ())
        return algorithm_subject(name, composition, notes, at, check_seeds([seed or 0])[0])

    chosen = [subject(str(name)) for name in subjects]
    if len(chosen) > 1 and at is None:  # the same step of both
        chosen = [replace(it, step=max(it.step for it in chosen)) for it in chosen]
    command = command or shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
    return Explained([walk(it, play, _named(progress, it.title)) for it in chosen], command)


def _check_nothing_else(run: str, given: Mapping[str, Any]) -> None:
    for option, value in given.items():
        if value:
            raise OptionError(f"`--{option}` has no effect on the run `{run}`, whose settings are known")


def _named(progress: Progress, title: str) -> Callable[[int, int], None]:
    return lambda done, total: progress(title, done, total)
