from __future__ import annotations

import logging
import sys

import pytest

from rlzoo.contracts.errors import PluginError, UnknownName
from rlzoo.contracts.hooks import HOOKS
from rlzoo.registry import builtins
from rlzoo.registry.plugins import BUILT_IN, Plugins, open_plugins

from support.plugin_sources import GOOD, MISSPELT, RAISES_ON_IMPORT, RAISES_WHEN_CALLED, plugin


@pytest.fixture
def plugins() -> Plugins:
    return Plugins()


def test_the_built_ins_come_through_the_same_hooks(plugins: Plugins) -> None:
    assert plugins.records[BUILT_IN].status == "built-in"
    assert set(plugins.records[BUILT_IN].adds) == set(HOOKS)
    assert "hard" in plugins.offers[BUILT_IN]["target"]


def test_a_distribution_is_found_under_its_own_name(install, plugins: Plugins) -> None:
    install("RLzoo_Annealed", "1.2", annealed_plugin=GOOD)
    plugins.discover()
    record = plugins.records["rlzoo-annealed"]
    assert (record.version, record.status, record.adds) == ("1.2", "loaded", {"target": ("annealed",)})


def test_a_distribution_that_is_on_the_path_twice_counts_once(install, plugins: Plugins) -> None:
    install("rlzoo-annealed", "1.0", folder="old", annealed_plugin=GOOD)
    install("rlzoo-annealed", "2.0", folder="new", annealed_plugin=GOOD)
    plugins.discover()
    assert [record.version for record in plugins.records.values() if "annealed" in record.name] == ["2.0"]


def test_a_distribution_may_have_several_entry_points(install, plugins: Plugins) -> None:
    install("rlzoo-many", "1.0", many_a=GOOD, many_b=RAISES_ON_IMPORT)
    plugins.discover()
    assert plugins.records["rlzoo-many:many-a"].status == "loaded"
    assert plugins.records["rlzoo-many:many-b"].status == "failed"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (RAISES_ON_IMPORT, "ImportError: needs torch 9"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        (MISSPELT, "it implements `rlzoo_target_updater`, which is not a hook. Did you mean `rlzoo_target_updaters`?"),
        (RAISES_WHEN_CALLED, "RuntimeError: no luck"),
        (RAISES_WHEN_CALLED.replace("RuntimeError", "SystemExit"), "SystemExit: no luck"),
        ("", "it implements no hook; is `@hookimpl` missing?"),
        (GOOD.replace("updaters()", "updaters(extra)"), "can not be found in the hookspec"),
        (GOOD.replace('{"annealed": "annealed:Annealed"}', '["annealed"]'), "returned list, not a mapping from names"),
        (GOOD.replace('"annealed":', "1:"), "returned the name 1"),
        (GOOD.replace('"annealed":', '"a,b":'), "returned the name 'a,b'"),
    ],
)
def test_a_broken_plugin_costs_one_line_and_harms_no_other(install, plugins, caplog, source: str, reason: str) -> None:
    install("rlzoo-broken", "0.1", broken_plugin=source)
    install("rlzoo-annealed", "1.0", annealed_plugin=GOOD)
    plugins.discover()
    assert plugins.records["rlzoo-broken"].status == "failed"
    assert reason in plugins.records["rlzoo-broken"].reason
    assert plugins.records["rlzoo-annealed"].status == "loaded"
    lines = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(lines) == 1
    assert lines[0].startswith("plugin rlzoo-broken 0.1 failed to load: ")
    assert lines[0].endswith("or disable it with --no-plugin rlzoo-broken")
    assert "\n" not in lines[0]


def test_nothing_of_a_failed_plugin_is_offered(plugins: Plugins) -> None:
    plugins.register(plugin(rlzoo_buffers={"mine": "a:B"}, rlzoo_objectives=None, rlzoo_optimizers=3), "half")
    assert plugins.records["half"].status == "failed"
    assert "half" not in plugins.offers


def test_the_traceback_is_logged_for_who_asks(plugins: Plugins, caplog) -> None:
    with caplog.at_level(logging.DEBUG, "rlzoo"):
        plugins.register(plugin(rlzoo_buffers=3), "broken")
    assert [record.levelname for record in caplog.records if record.exc_info] == ["DEBUG"]


def test_strict_turns_a_broken_plugin_into_an_error(install, monkeypatch) -> None:
    install("rlzoo-broken", "0.1", broken_plugin=RAISES_ON_IMPORT)
    monkeypatch.setenv("RLZOO_STRICT_PLUGINS", "1")
    with pytest.raises(PluginError, match=r"rlzoo-broken 0\.1 failed to load: ImportError"):
        open_plugins()
    monkeypatch.setenv("RLZOO_STRICT_PLUGINS", "0")
    assert open_plugins().records["rlzoo-broken"].status == "failed"


@pytest.mark.parametrize("options", [{"block_all": True}, {"blocked": ["Rlzoo_Broken"]}])
def test_a_blocked_plugin_is_not_even_imported(install, plugins: Plugins, caplog, options) -> None:
    install("rlzoo-broken", "0.1", broken_plugin=RAISES_ON_IMPORT)
    plugins.discover(**options)
    assert plugins.records["rlzoo-broken"].status == "blocked"
    assert "broken_plugin" not in sys.modules
    assert not caplog.records


def test_blocking_a_distribution_blocks_all_its_entry_points(install, plugins: Plugins) -> None:
    install("rlzoo-many", "1.0", many_a=GOOD, many_b=GOOD)
    plugins.discover(blocked=["rlzoo-many"])
    assert {r.status for r in plugins.records.values() if r.name.startswith("rlzoo-many")} == {"blocked"}


def test_blocking_one_entry_point_leaves_the_other(install, plugins: Plugins) -> None:
    install("rlzoo-many", "1.0", many_a=GOOD, many_b=GOOD)
    plugins.discover(blocked=["rlzoo-many:many_a"])
    assert plugins.records["rlzoo-many:many-a"].status == "blocked"
    assert plugins.records["rlzoo-many:many-b"].status == "loaded"


def test_blocking_what_is_not_installed_is_an_error(install, plugins: Plugins) -> None:
    install("rlzoo-annealed", "1.0", annealed_plugin=GOOD)
    with pytest.raises(UnknownName, match=r"no plugin `rlzoo-anneal` is installed. Did you mean `rlzoo-annealed`"):
        plugins.discover(blocked=["rlzoo-anneal"])


def test_a_built_in_is_never_shadowed(plugins: Plugins, caplog) -> None:
    plugins.register(plugin(rlzoo_target_updaters={"hard": "mine:Hard", "harder": "mine:Harder"}), "mine", "3")
    assert set(plugins.offers["mine"]["target"]) == {"harder"}
    assert plugins.records["mine"].warnings == ("target `hard` is built in; the plugin's is not used",)
    assert "plugin mine 3: target `hard` is built in" in caplog.text


def test_each_built_in_hook_has_a_spec() -> None:
    assert {name for name in vars(builtins) if name.startswith("rlzoo_")} == set(HOOKS.values())
