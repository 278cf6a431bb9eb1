"""What a study is asked for, on the command line or in a TOML file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from rlzoo.contracts.errors import BadInput, OptionError
from rlzoo.registry.catalog import SLOTS
from rlzoo.registry.composition import DEFAULT_ENVIRONMENT
from rlzoo.studies.design.plan import Design

Impossible = Literal["refuse", "skip"]


class Variant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A named variant: another algorithm, other components, other settings, or several of these."""

    algorithm: str | None = None
    buffer: str | None = None
    network: str | None = None
    exploration: str | None = None
    target: str | None = None
    objective: str | None = None
    optimizer: str | None = None
    set: dict[str, Any] = {}

    @property
    def components(self) -> dict[str, str]:
        """Slot to component, of the slots it chooses."""
        return {slot: getattr(self, slot) for slot in SLOTS if getattr(self, slot) is not None}


class Question(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which variants, where, and over how many seeds."""

    algorithm: str = "dqn"
    env: list[str] = msgspec.field(default_factory=lambda: [DEFAULT_ENVIRONMENT])
    seeds: int | list[int] | None = None
    """As many as a study has by default, where nothing is said."""
    steps: int | str | None = None
    design: Design = "full"
    vary: dict[str, list[str | int | float | bool]] = {}
    variants: dict[str, Variant] = {}
    """For the design `list`; the first one is the base."""
    set: dict[str, Any] = {}
    """Settings of every variant."""
    impossible: Impossible = "refuse"
    thresholds: dict[str, float] = {}
    """Environment to the return that counts as solved, for `steps to threshold`."""
    until_width: float | None = None
    """Add seeds until no interval of a difference in final return is wider than this."""
    max_seeds: int | None = None
    """The limit to that; 100 unless told otherwise."""

    def changed(self, given: Mapping[str, Any]) -> Question:
        """This question with some fields given anew, and some settings. Raises OptionError for impossible values."""
        before = msgspec.to_builtins(self)
        tables = {name: before[name] | given[name] for name in ("set", "thresholds") if name in given}
        try:
            return msgspec.convert(before | given | tables, Question, strict=False)
        except msgspec.ValidationError as error:
            raise OptionError(str(error)) from error


def read_question(path: str | Path) -> Question:
    """The question in a TOML file. Raises BadInput where there is none, or it is not one, naming the place."""
    try:
        return msgspec.toml.decode(Path(path).read_bytes(), type=Question)
    except OSError as error:
        raise BadInput(f"cannot read `{path}`: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise BadInput(f"`{path}` is no question for a study: {error}") from error


def read_vary(texts: tuple[str, ...]) -> dict[str, list[str | int | float | bool]]:
    """`target=hard,soft` -> factor and levels.

    Raises OptionError for another form, one level alone, or a factor or level given twice.
    """
    factors: dict[str, list[str | int | float | bool]] = {}
    for text in texts:
        name, equals, levels = text.partition("=")
        split: list[str | int | float | bool] = [*_levels(levels)]
        if not equals or not name or not all(split):
            raise OptionError(f"`--vary {text}` is not SLOT=a,b,c or SLOT.FIELD=1,2,3")
        if name in factors:
            raise OptionError(f"`--vary {name}` is given twice; put all levels into one")
        if len(set(split)) < len(split):
            raise OptionError(f"`--vary {text}` names a level twice")
        factors[name] = split
    return factors


def _levels(text: str) -> list[str]:
    """Split at commas, but not within brackets: `[64,64],[128,128]` are two."""
    parts, depth = [""], 0
    for character in text:
        depth += (character in "[({") - (character in "])}")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]
