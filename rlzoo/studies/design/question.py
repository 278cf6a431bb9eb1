"""The question of a study, from the command line, Python or a TOML file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from rlzoo.contracts.errors import BadInput, OptionError
from rlzoo.registry.catalog import SLOTS
from rlzoo.results.files import as_path
from rlzoo.studies.design.plan import Design

Impossible = Literal["refuse", "skip"]


class Variant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A named variant: another algorithm or preset, other components or other settings."""

    algorithm: str | None = None
    preset: str | None = None
    buffer: str | None = None
    network: str | None = None
    exploration: str | None = None
    target: str | None = None
    objective: str | None = None
    optimizer: str | None = None
    intervention: str | None = None
    set: dict[str, Any] = {}

    @property
    def components(self) -> dict[str, str]:
        """Slot to component, for the slots it changes."""
        return {slot: getattr(self, slot) for slot in SLOTS if getattr(self, slot) is not None}


class Question(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which variants to compare, in which environments and over how many seeds."""

    algorithm: str = "dqn"
    env: list[str] = []
    """Empty: that of the algorithm."""
    seeds: int | list[int] | None = None
    """None: the default number."""
    steps: int | str | None = None
    preset: str | None = None
    """Settings of the algorithm for the environment, of every variant that names no other."""
    design: Design = "full"
    vary: dict[str, list[str | int | float | bool]] = {}
    variants: dict[str, Variant] = {}
    """For the design `list`; the first is the base."""
    set: dict[str, Any] = {}
    """Settings of every variant."""
    impossible: Impossible = "refuse"
    thresholds: dict[str, float] = {}
    """Environment to the return that counts as solved, for `steps to threshold`."""
    until_width: float | None = None
    """Add seeds until the interval of every difference in final return is at most this wide."""
    max_seeds: int | None = None
    """The most seeds with `until_width`; 100 by default."""

    def changed(self, given: Mapping[str, Any]) -> Question:
        """This question with other fields; `set` and `thresholds` are merged. Raises OptionError for invalid values."""
        before = msgspec.to_builtins(self)
        tables = {name: before[name] | given[name] for name in ("set", "thresholds") if name in given}
        try:
            return msgspec.convert(before | given | tables, Question, strict=False)
        except msgspec.ValidationError as error:
            raise OptionError(str(error)) from error


def read_question(path: str | Path) -> Question:
    """The question in a TOML file. Raises BadInput if it cannot be read or is not valid, saying where."""
    try:
        return msgspec.toml.decode(as_path(path).read_bytes(), type=Question)
    except OSError as error:
        raise BadInput(f"cannot read `{path}`: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(f"`{path}` is not a valid study file: {error}") from error


def read_vary(texts: tuple[str, ...]) -> dict[str, list[str | int | float | bool]]:
    """Factors and levels of `target=hard,soft`.

    Raises OptionError for another form, or a duplicate factor or level.
    """
    factors: dict[str, list[str | int | float | bool]] = {}
    for text in texts:
        name, equals, levels = text.partition("=")
        split: list[str | int | float | bool] = [*_levels(levels)]
        if not equals or not name or not all(split):
            raise OptionError(f"`--vary {text}` is not of the form SLOT=a,b,c or SLOT.FIELD=1,2,3")
        if name in factors:
            raise OptionError(f"duplicate `--vary {name}`; give all levels in one option")
        if len(set(split)) < len(split):
            raise OptionError(f"duplicate level in `--vary {text}`")
        factors[name] = split
    return factors


def _levels(text: str) -> list[str]:
    """Split at commas outside brackets: `[64,64],[128,128]` has two levels."""
    parts, depth = [""], 0
    for character in text:
        depth += (character in "[({") - (character in "])}")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]
