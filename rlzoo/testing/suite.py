"""What `rlzoo check-plugin` tries, for a plugin's own tests."""

from __future__ import annotations

from rlzoo.contracts.errors import UnknownName, listed, nearest
from rlzoo.registry.catalog import open_catalog
from rlzoo.testing.case import Case
from rlzoo.testing.cases import cases_of
from rlzoo.testing.rules import RULES, Rule


def rules_of(plugin: str) -> list[tuple[Rule, Case]]:
    """Every rule for everything that an installed plugin adds; `rule(case)` raises AssertionError where it is broken.

    Raises UnknownName where no such plugin is loaded.
    """
    catalog = open_catalog()
    loaded = catalog.plugins.offers
    if plugin not in loaded:
        raise UnknownName(f"no plugin `{plugin}` is loaded.{nearest(plugin, loaded)} Loaded: {listed(loaded)}")
    return [(rule, case) for case in cases_of(catalog, plugin) for rule in RULES if case.slot in rule.checks]
