"""What all trials of a search have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rlzoo.contracts import Composition
from rlzoo.registry.catalog import SLOTS, Catalog
from rlzoo.registry.composition import compose
from rlzoo.studies.design.plan import Cell


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
