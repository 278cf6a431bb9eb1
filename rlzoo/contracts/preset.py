"""What a preset is: settings of an algorithm for an environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Preset:
    """Settings of an algorithm for an environment, registered as `ALGORITHM/ENVIRONMENT/NAME`.

    Args:
        summary: one line for `rlzoo list preset`.
        components: slot to component name, where it differs from the algorithm's.
        settings: "slot.field", "train.field" or "environment.field" to value.
        reference: where the settings come from.
        results: what was measured with them: return, interval, seeds, steps and the command.
    """

    summary: str
    components: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)
    reference: str = ""
    results: str = ""
