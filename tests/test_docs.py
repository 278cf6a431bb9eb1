from __future__ import annotations

import inspect
import re
from dataclasses import fields
from pathlib import Path

import pytest

import rlzoo
from rlzoo.contracts import BuildSpec
from rlzoo.registry.catalog import SLOTS, Catalog
from rlzoo.registry.plugins import Plugins
from rlzoo.results.agent import Agent
from rlzoo.results.result import Result
from rlzoo.studies.study_result import StudyResult

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
DOCUMENTS = [
    README,
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted(ROOT.glob("docs/**/*.md")),
    *sorted(ROOT.glob("plugins/*/*.md")),
]


def name_of(document: Path) -> str:
    """The name of a page in the test's id."""
    return str(document.relative_to(ROOT))


def prose(document: Path) -> str:
    """The text of a page without its code blocks."""
    return re.sub(r"^```.*?^```$", "", document.read_text(), flags=re.DOTALL | re.MULTILINE)


def anchors(document: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", prose(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_links_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", prose(document))
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_links_into_pages_lead_to_a_heading(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]*)#([^)]+)\)", prose(document))
    missing = [
        (page, anchor)
        for page, anchor in links
        if anchor not in anchors((document.parent / page) if page else document)
    ]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_files_that_are_named_exist(document: Path) -> None:
    named = re.findall(r"`((?:rlzoo|benchmarks|docs|tests|\.ci)/[\w/.-]+)`", document.read_text())
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_page_has_a_line_in_the_navigation_of_the_site() -> None:
    navigation = ROOT.joinpath("mkdocs.yml").read_text()
    pages = [str(path.relative_to(ROOT / "docs")) for path in ROOT.glob("docs/**/*.md")]
    assert [page for page in pages if f"- {page}\n" not in navigation] == []


def test_the_readme_lists_every_algorithm_and_component_and_no_other() -> None:
    builtins = Catalog(Plugins())
    rows = re.findall(r"^\| ((?:`[\w-]+`(?:, )?)+) \| (.*) \|$", README.read_text(), re.MULTILINE)
    listed = {name for names, _ in rows for name in re.findall(r"`([\w-]+)`", names) if not name.startswith("--")}
    assert listed == set(builtins.names("algorithm"))
    slots = {names.strip("`").removeprefix("--"): text for names, text in rows if names.startswith("`--")}
    components = {slot: re.findall(r"`([\w-]+)`", text) for slot, text in slots.items()}
    assert {slot: tuple(sorted(names)) for slot, names in components.items()} == {s: builtins.names(s) for s in SLOTS}


REFERENCE = ROOT.joinpath("docs", "api.md").read_text()


@pytest.mark.parametrize("name", rlzoo.__all__)
def test_the_reference_has_a_heading_for_every_public_name(name: str) -> None:
    assert f"\n## `{name}`\n" in REFERENCE


@pytest.mark.parametrize("name", [name for name in rlzoo.__all__ if inspect.isfunction(getattr(rlzoo, name))])
def test_the_reference_lists_every_argument(name: str) -> None:
    section = REFERENCE.partition(f"\n## `{name}`\n")[2].partition("\n## ")[0]
    arguments = section.partition("**Args**")[2].partition("**Returns**")[0]
    documented = set(re.findall(r"^\| `\**(\w+)` \|", arguments, re.MULTILINE))
    assert documented == set(inspect.signature(getattr(rlzoo, name)).parameters)


def test_the_reference_lists_every_field_of_the_build_spec() -> None:
    section = REFERENCE.partition("### `BuildSpec`")[2].partition("\n### ")[0]
    names = re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)))
    assert set(names) == {field.name for field in fields(BuildSpec)} | {"actions"}


@pytest.mark.parametrize(("heading", "documented"), [("ablate", StudyResult), ("Result", Result), ("Agent", Agent)])
def test_the_reference_lists_attributes_that_exist(heading: str, documented: type) -> None:
    section = REFERENCE.partition(f"\n## `{heading}`\n")[2].partition("\n## ")[0].partition("| attribute |")[2]
    cells = re.findall(r"^\| (`.*?`) \|", section, re.MULTILINE)
    names = {name for cell in cells for name in re.findall(r"`(\w+)", cell)}
    assert names >= {name for name, member in vars(documented).items() if isinstance(member, property)}
    code = inspect.getsource(documented)
    assert {name for name in names if not hasattr(documented, name) and f"self.{name}" not in code} == set()
