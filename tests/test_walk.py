"""Following one option takes at most six files: the walk in docs/architecture.md is true."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
SECTION = (ROOT / "docs" / "architecture.md").read_text().partition("### Following one option")[2].partition("\n## ")[0]
STOPS = re.findall(r"^\d\. `(rlzoo/[\w/]+\.py)`: (.*(?:\n   .*)*)", SECTION, re.MULTILINE)
"""File, and what is said of it."""


def test_the_walk_has_at_most_six_files() -> None:
    assert 4 <= len(STOPS) <= 6
    assert len({path for path, _ in STOPS}) == len(STOPS)


def test_each_file_contains_what_is_quoted() -> None:
    for path, text in STOPS:
        source = (ROOT / path).read_text()
        quoted = re.findall(r"`([^`]+)`", text)
        assert quoted, path
        missing = [quote for quote in quoted if quote not in source]
        assert not missing, f"{path} does not contain {missing}"


def test_the_class_behind_the_name_is_the_one_that_is_composed() -> None:
    from rlzoo.registry.catalog import open_catalog
    from rlzoo.registry.composition import compose

    options = compose(open_catalog(no_plugins=True), "dqn", {"target": "soft"})["target"]
    stops = [path.removesuffix(".py").replace("/", ".") for path, _ in STOPS]
    assert type(options).__module__ in stops
    assert type(options.build(None)).__module__ in stops  # type: ignore[arg-type]
