"""The name of a new plugin, in the forms that pip, Python and rlzoo use."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

from rlzoo.contracts.errors import BadInput
from rlzoo.registry.packages import DISTRIBUTION

LONGEST = 28
"""The maximum number of characters; longer names would break lines of the generated code."""
TAKEN = ("build", "dist", "test", "tests")
FORM = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
Problem = Callable[["PluginName"], str]
"""Return why a well-formed name cannot be used, or ""."""


@dataclass(frozen=True)
class PluginName:
    """The forms of one name, such as `rlzoo-my-replay`."""

    distribution: str

    @property
    def package(self) -> str:
        """The Python package: `rlzoo_my_replay`."""
        return self.distribution.replace("-", "_")

    @property
    def component(self) -> str:
        """The name on the command line: `my-replay`."""
        return self.distribution.removeprefix("rlzoo-")

    @property
    def class_name(self) -> str:
        """The name of the class: `MyReplay`."""
        return "".join(part.capitalize() for part in self.component.split("-"))


def check_name(text: str, kind: str, problem: Problem) -> PluginName:
    """Return `text` as a name. Raises BadInput with the reason and a valid name if it cannot name a plugin."""
    wrong = _wrong(text, problem)
    if wrong:
        raise BadInput(f"`{text}` is not a valid plugin name: {wrong}.{_valid(text, kind, problem)}")
    return PluginName(text)


def _wrong(text: str, problem: Problem) -> str:
    if not FORM.fullmatch(text):
        return "use lowercase letters and digits, separated by single `-`, and begin with a letter"
    if len(text) > LONGEST:
        return f"it is longer than {LONGEST} characters"
    name = PluginName(text)
    for word in (name.package, name.class_name):
        if keyword.iskeyword(word):
            return f"`{word}` is a Python keyword"
    if not name.class_name.isidentifier():
        return f"`{name.class_name}` is not a valid class name"
    if name.package in TAKEN:
        return f"other tools use the folder name `{name.package}`"
    if text == DISTRIBUTION:
        return f"`{DISTRIBUTION}` is the distribution of rlzoo itself"
    if find_spec(name.package):
        return f"a Python module `{name.package}` is already installed"
    return problem(name)


def _valid(text: str, kind: str, problem: Problem) -> str:
    """Return " Try `my-replay`." with the first valid name similar to `text`, or ""."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).lstrip("-0123456789")[: LONGEST - 3].rstrip("-")
    candidates = (plain, f"my-{plain}", f"my-{kind}", f"another-{kind}")
    return next((f" Try `{candidate}`." for candidate in candidates if not _wrong(candidate, problem)), "")
