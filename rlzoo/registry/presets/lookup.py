"""Finding presets: they are registered as `ALGORITHM/ENVIRONMENT/NAME`, such as `dqn/CartPole-v1/tuned`."""

from __future__ import annotations

from rlzoo.contracts import Preset
from rlzoo.contracts.errors import UnknownName, listed, nearest
from rlzoo.registry.catalog import Catalog


def split_preset(name: str) -> tuple[str, str, str]:
    """Split the registered name of a preset into algorithm, environment and name."""
    algorithm, _, rest = name.partition("/")
    environment, _, last = rest.rpartition("/")
    return algorithm, environment, last


def presets_of(catalog: Catalog, algorithm: str, environment: str) -> list[str]:
    """The names of the presets of an algorithm for an environment, such as `["rl-zoo3", "tuned"]`."""
    presets = map(split_preset, catalog.names("preset"))
    return [name for *place, name in presets if place == [algorithm, environment]]


def find_preset(catalog: Catalog, algorithm: str, environment: str, name: str) -> Preset:
    """The preset with this name. Raises UnknownName if there is none of this algorithm for this environment."""
    names = presets_of(catalog, algorithm, environment)
    if name in names:
        preset: Preset = catalog.get("preset", f"{algorithm}/{environment}/{name}").component
        return preset
    where = f"{algorithm} on {environment}"
    if names:
        raise UnknownName(f"unknown preset `{name}` of {where}.{nearest(name, names)} Valid: {listed(names)}")
    raise UnknownName(f"{where} has no preset `{name}`.{_elsewhere(catalog, algorithm, environment)}")


def _elsewhere(catalog: Catalog, algorithm: str, environment: str) -> str:
    """The environments for which the algorithm has presets, or else the algorithms that have one for this."""
    presets = [split_preset(name) for name in catalog.names("preset")]
    environments = {place for its_algorithm, place, _ in presets if its_algorithm == algorithm}
    algorithms = {its_algorithm for its_algorithm, place, _ in presets if place == environment}
    if environments:
        return f" {algorithm} has presets for {listed(environments)}"
    return f" {environment} has presets of {listed(algorithms)}" if algorithms else " See `rlzoo list preset`"
