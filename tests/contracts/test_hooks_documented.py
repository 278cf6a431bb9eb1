from __future__ import annotations

import re
from pathlib import Path

import pytest

from rlzoo.contracts.hooks import HOOKS

REFERENCE = Path(__file__).parents[2] / "docs" / "hooks.md"
SECTIONS = dict(re.findall(r"^## `(\w+)`\n(.*?)(?=^## |\Z)", REFERENCE.read_text(), re.MULTILINE | re.DOTALL))


def test_every_hook_is_documented_and_no_other() -> None:
    assert SECTIONS.keys() == set(HOOKS.values())


@pytest.mark.parametrize("hook", HOOKS.values())
def test_a_hook_has_its_signature_and_an_example(hook: str) -> None:
    assert f"`{hook}() -> Mapping[str, " in SECTIONS[hook]
    assert f"@hookimpl\ndef {hook}():" in SECTIONS[hook]
