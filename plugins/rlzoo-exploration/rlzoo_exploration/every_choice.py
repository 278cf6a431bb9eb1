"""Policies that remember what they chose need every choice to be taken."""

from __future__ import annotations

from rlzoo.contracts import BuildSpec
from rlzoo.contracts.errors import OptionError


def require_every_choice_taken(spec: BuildSpec, name: str) -> None:
    """Raise OptionError where the objective asks for actions that may not be taken, as Sarsa does."""
    if spec.next_action == "behaviour":
        raise OptionError(
            f"`exploration={name}` remembers what it chose, but the objective asks for actions that may not be taken"
        )
