"""A composition: a component with options in every slot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rlzoo.contracts.options import as_dict
from rlzoo.contracts.train import Train


@dataclass(frozen=True)
class Chosen:
    """The component of one slot (or of "environment") with its options, and the plugin it comes from."""

    slot: str
    name: str
    options: Any
    plugin: str
    version: str


@dataclass(frozen=True)
class Composition:
    """An algorithm with every choice made; `composition["target"]` is that component's options."""

    algorithm: str
    train: Train
    components: Mapping[str, Chosen]

    def __getitem__(self, slot: str) -> Any:
        return self.components[slot].options

    @property
    def lockstep(self) -> bool:
        """Whether all lanes can share one clock: not if anything counts episodes, which end at different steps."""
        counts_steps = self.train.episodes is None and self.train.update_unit == "steps"
        return counts_steps and all(chosen.options.lockstep for chosen in self.components.values())

    def to_dict(self) -> dict[str, Any]:
        """The composition as JSON has it; `rlzoo.registry.composition.read_composition` turns it back."""
        components = {
            slot: {
                "name": chosen.name,
                "plugin": chosen.plugin,
                "version": chosen.version,
                "options": as_dict(chosen.options),
            }
            for slot, chosen in self.components.items()
        }
        return {"algorithm": self.algorithm, "train": as_dict(self.train), "components": components}
