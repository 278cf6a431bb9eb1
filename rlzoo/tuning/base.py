"""What all trials of a search have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from rlzoo.contracts import Composition, Train
from rlzoo.registry.catalog import SLOTS, Catalog
from rlzoo.registry.composition import compose
from rlzoo.registry.setting_names import setting_names, with_sections
from rlzoo.studies.design.plan import Cell

T = TypeVar("T")


@dataclass(frozen=True)
class Base:
    """An algorithm in an environment, with the settings that no trial changes."""

    catalog: Catalog
    algorithm: str
    environment: str
    preset: str | None = None
    components: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def compose(self, values: Mapping[str, Any] = {}) -> Composition:
        """The composition with these settings, and components of slots, changed. Raises as `compose` does."""
        components, settings = self._split(values)
        return compose(self.catalog, self.algorithm, components, settings, self.environment, self.preset)

    def full_names(self, settings: Mapping[str, T]) -> dict[str, T]:
        """Settings and slots under their full names, `optimizer.lr` for `lr`.

        Raises OptionError for a bare name that is unknown or ambiguous.
        """
        composition = compose(self.catalog, self.algorithm, self.components, {}, self.environment, self.preset)
        classes = {slot: type(chosen.options) for slot, chosen in composition.components.items()}
        slots = {name: value for name, value in settings.items() if name in SLOTS}
        others = {name: value for name, value in settings.items() if name not in SLOTS}
        return slots | with_sections(others, setting_names({"train": Train, **classes}))

    def cell(self, name: str, values: Mapping[str, Any]) -> Cell:
        """The same as a cell of a study."""
        components, settings = self._split(values)
        return Cell(
            name=name,
            levels={},
            algorithm=self.algorithm,
            preset=self.preset,
            components=components,
            settings=settings,
        )

    def _split(self, values: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
        components = {slot: str(values[slot]) for slot in SLOTS if slot in values}
        settings = {name: value for name, value in values.items() if name not in SLOTS}
        return {**self.components, **components}, {**self.settings, **settings}
