"""Options: frozen dataclasses whose fields have a type, bounds and a description, and what their classes declare."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

Meta = msgspec.Meta
"""Bounds and description of an option: `Annotated[int, Meta(ge=1, description="...")]`."""


class Options:
    """Which settings of a class of options make sense together. Violations raise `OptionError`."""

    variants: ClassVar[Mapping[str, Mapping[str, tuple[str, ...]]]] = {}
    """`{"schedule": {"linear": ("start", "end"), "constant": ("start",)}}`: a field listed for some value of the
    chooser has no effect under the values that do not list it, so giving it there is an error."""

    alternatives: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """`(("steps", "episodes"),)`: at most one field of each group may be given."""

    needs: ClassVar[Mapping[str, str]] = {}
    """`{"eval_episodes": "eval_every"}`: a field that has no effect while the other is None."""


class Component(Options, ABC):
    """The options of a part, and `build`, which makes it. Subclasses are frozen dataclasses.

    The first line of the docstring is shown by `rlzoo list`.
    """

    reference: ClassVar[str] = ""
    """Where it was published, shown by `rlzoo show`."""

    ignores: ClassVar[tuple[str, ...]] = ()
    """Settings of the run that have no effect with this component, such as `("train.batch_size",)`."""

    equivalent: ClassVar[tuple[str, ...]] = ()
    """Options that change how fast it is, but no result. The conformance kit checks that."""

    trials: ClassVar[tuple[Mapping[str, Any], ...]] = ()
    """Settings and components under which the conformance kit tries it, besides the defaults."""

    uncorrected: ClassVar[str] = ""
    """For a buffer whose importance weights do not correct its sampling: why not."""

    @property
    def lockstep(self) -> bool:
        """Whether all lanes can share one clock: false for a part that counts episodes."""
        return True

    @abstractmethod
    def build(self, *args: Any, **kwargs: Any) -> Any:
        """Build the part. What is passed depends on the slot: a `BuildSpec`, `(lanes, envs)`, or nothing."""


def as_dict(options: object) -> dict[str, Any]:
    """The options as JSON has them; `rlzoo.registry.options.convert` turns them back."""
    return msgspec.json.decode(msgspec.json.encode(options))
