"""The rules that `rlzoo check-plugin` checks, for the tests of a plugin."""

from __future__ import annotations

from rlzoo.contracts.errors import UnknownName, listed, nearest
from rlzoo.registry.catalog import open_catalog
from rlzoo.testing.case import Case
from rlzoo.testing.cases import cases_of
from rlzoo.testing.rules import RULES, Rule


def rules_of(plugin: str) -> list[tuple[Rule, Case]]:
    """Pairs of a rule and a case for everything an installed plugin adds; call `rule(case)` to check one.

    A broken rule raises AssertionError. Raises UnknownName if the plugin is not loaded.
    """
    catalog = open_catalog()
    loaded = catalog.plugins.offers
    if plugin not in loaded:
        raise UnknownName(f"plugin `{plugin}` is not loaded.{nearest(plugin, loaded)} Loaded: {listed(loaded)}")
    return [(rule, case) for case in cases_of(catalog, plugin) for rule in RULES if case.slot in rule.checks]
