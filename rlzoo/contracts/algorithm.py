"""What an algorithm is: which component in each slot, with which settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Algorithm:
    """A named composition. One that is `like` another states only its difference from it.

    Args:
        summary: one line for `rlzoo list`.
        like: the algorithm this one changes.
        environment: the `--env` it trains on unless told otherwise.
        components: slot to component name. Choosing another than the base's drops the base's settings for that slot.
        settings: "slot.field", "train.field" or "environment.field" to value.
        reference: where it was published.
    """

    summary: str
    like: str | None = None
    environment: str | None = None
    components: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)
    reference: str = ""
