"""What a new plugin is called: in pip, in Python, and in rlzoo."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

from rlzoo.contracts.errors import BadInput

LONGEST = 28
"""Characters of a name; more would break the lines of the code that is written."""
TAKEN = ("build", "dist", "test", "tests")
FORM = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
Problem = Callable[["PluginName"], str]
"""What is wrong with a name beside its form, or ""."""


@dataclass(frozen=True)
class PluginName:
    """The forms of one name, such as `rlzoo-my-replay`."""

    distribution: str

    @property
    def package(self) -> str:
        """What Python imports: `rlzoo_my_replay`."""
        return self.distribution.replace("-", "_")

    @property
    def component(self) -> str:
        """What is picked on the command line: `my-replay`."""
        return self.distribution.removeprefix("rlzoo-")

    @property
    def class_name(self) -> str:
        """What the class is called: `MyReplay`."""
        return "".join(part.capitalize() for part in self.component.split("-"))


def check_name(text: str, kind: str, problem: Problem) -> PluginName:
    """The name `text`. Raises BadInput, saying why and naming a valid one, where it is none for a plugin."""
    wrong = _wrong(text, problem)
    if wrong:
        raise BadInput(f"`{text}` cannot be the plugin's name: {wrong}.{_valid(text, kind, problem)}")
    return PluginName(text)


def _wrong(text: str, problem: Problem) -> str:
    if not FORM.fullmatch(text):
        return "a name is small letters and digits, with single `-` between them, and begins with a letter"
    if len(text) > LONGEST:
        return f"it is longer than {LONGEST} characters"
    name = PluginName(text)
    for word in (name.package, name.class_name):
        if keyword.iskeyword(word):
            return f"`{word}` is a word of Python's own"
    if not name.class_name.isidentifier():
        return f"`{name.class_name}` would be no name for a class"
    if name.package in TAKEN:
        return f"`{name.package}` is what other tools call folders of their own"
    if find_spec(name.package):
        return f"a Python module `{name.package}` is installed already"
    return problem(name)


def _valid(text: str, kind: str, problem: Problem) -> str:
    """ " Try `my-replay`." for the first name like `text` that would do."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).lstrip("-0123456789")[: LONGEST - 3].rstrip("-")
    candidates = (plain, f"my-{plain}", f"my-{kind}", f"another-{kind}")
    return next((f" Try `{candidate}`." for candidate in candidates if not _wrong(candidate, problem)), "")
