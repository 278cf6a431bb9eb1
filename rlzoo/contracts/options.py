"""Options are frozen dataclasses; `Meta` gives a field its bounds and its meaning."""

from __future__ import annotations

from typing import Any

import msgspec

Meta = msgspec.Meta
"""Bounds and meaning of an option: `Annotated[int, Meta(ge=1, description="...")]`."""


def as_dict(options: object) -> dict[str, Any]:
    """Return the options as JSON has them; `convert(type(options), as_dict(options), ...)` gives them back."""
    return msgspec.json.decode(msgspec.json.encode(options))
