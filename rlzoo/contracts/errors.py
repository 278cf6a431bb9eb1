"""The errors that rlzoo explains in a line or two, without a traceback."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import ClassVar


class RlzooError(Exception):
    """Something went wrong that its message fully explains; `exit_code` is what the command line exits with."""

    exit_code: ClassVar[int] = 1


class RunFailed(RlzooError):
    """A run that had started could not go on."""


class EnvironmentFailed(RunFailed):
    """An environment raised, or returned what no environment may."""

    def __init__(self, name: str, lane: int, env: int, doing: str, reason: str) -> None:
        super().__init__(name, lane, env, doing, reason)  # so that it can be pickled
        self.lane = lane
        self.location = ""

    def __str__(self) -> str:
        name, lane, env, doing, reason = self.args
        return (
            f"{self.location}environment `{name}` (lane {lane}, environment {env} of the lane) failed in {doing}: "
            f"{reason}"
        )

    def locate(self, seed: int, step: int) -> None:
        """Add to the message whose training failed, and after how many of its steps."""
        self.location = f"seed {seed}, after {step} steps: "


class BadInput(RlzooError):
    """The input is wrong, and nothing has run."""

    exit_code = 2


class NotRepeatable(BadInput):
    """An environment that is not deterministic, so its run cannot be resumed exactly."""

    def __init__(self, seed: int, env: int, actions: int) -> None:
        super().__init__(seed, env, actions)  # so that it can be pickled

    def __str__(self) -> str:
        seed, env, actions = self.args
        return (
            f"environment {env} of seed {seed} is not deterministic: the same seed and {actions:,} actions led to "
            "another state, so the run cannot continue exactly. Use `--inexact` to begin a new episode instead"
        )


class UnknownName(BadInput):
    """A name that nothing is registered under."""


class OptionError(BadInput):
    """A setting that does not exist, has an impossible value, or would have no effect."""


class PluginError(BadInput):
    """A plugin that cannot be loaded or used."""


@contextmanager
def noted(note: str) -> Iterator[None]:
    """Whatever is raised inside gets the note, but for errors that explain themselves."""
    try:
        yield
    except RlzooError:
        raise
    except Exception as error:
        error.add_note(note)
        raise


def described(error: BaseException) -> str:
    """`repr(error)`, or the name of its class if even that fails."""
    try:
        return repr(error)
    except Exception:
        return type(error).__name__


@contextmanager
def buildable() -> Iterator[None]:
    """Raise BadInput if what is built inside is too large for this machine or its libraries."""
    try:
        yield
    except (MemoryError, OverflowError, RuntimeError, ValueError) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__  # torch adds the stack of its C++ code
        refusal = BadInput(f"the run cannot be built: {reason}")
        for note in getattr(error, "__notes__", ()):
            refusal.add_note(note)
        raise refusal from error


def check_memory(size: int, what: str) -> None:
    """Raise BadInput if `what`, which takes at least `size` bytes, does not fit into the memory of this machine."""
    available = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else sys.maxsize
    if size > available:
        needed, there = (f"{amount / 2**30:,.0f} GiB" for amount in (size, available))
        raise BadInput(f"{what} need at least {needed} of memory, but this machine has {there}")


def printable(text: str) -> str:
    """`text` with control characters, and bytes that are not UTF-8, as escapes; lines stay, except within backticks."""
    whole = text.encode("utf-8", "backslashreplace").decode()
    quoted = re.sub(r"`[^`]*`", lambda found: found[0].replace("\n", r"\n"), whole)
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in quoted)


def nearest(name: str, choices: Iterable[str]) -> str:
    """Return " Did you mean `hard`?" for the choice closest to `name`, or "" when none is close."""
    close = closest(name, choices)
    return f" Did you mean `{close}`?" if close else ""


def closest(name: str, choices: Iterable[str]) -> str:
    """Return the choice closest to `name`, or "" when none is close.

    A choice that begins with `name` is close, too: `environment` for `env`.
    """
    folded = {choice.lower(): choice for choice in choices}
    longer = [choice for choice in folded if len(name) >= 3 and choice.startswith(name.lower())]
    close = get_close_matches(name.lower(), folded, n=1) or longer
    return folded[close[0]] if close else ""


def valid_names(name: str, choices: Iterable[str], most: int = 5) -> str:
    """Return the valid choices separated by commas, or "nothing"; of many, the `most` that are closest to `name`."""
    names = list(choices)
    if len(names) <= most:
        return ", ".join(names) or "nothing"
    close = get_close_matches(name.lower(), names, n=most, cutoff=0)
    return f"{', '.join(close)} and {len(names) - most} more"


def listed(names: Iterable[str]) -> str:
    """Return the names sorted and separated by commas, or "nothing"."""
    return ", ".join(sorted(names)) or "nothing"
