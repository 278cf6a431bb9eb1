import doctest

import pytest

import rlzoo
from rlzoo.contracts import hooks

SPECS = {name: value for name, value in vars(hooks).items() if name.startswith("rlzoo_")}


def test_every_hook_belongs_to_one_kind() -> None:
    assert sorted(hooks.HOOKS.values()) == sorted(SPECS)


@pytest.mark.parametrize("name", SPECS)
def test_every_hook_has_an_example_that_runs(name: str) -> None:
    found = doctest.DocTestFinder().find(SPECS[name], name, globs={"hookimpl": rlzoo.hookimpl})
    results = doctest.DocTestRunner().run(found[0])
    assert results.attempted > 0
    assert results.failed == 0
