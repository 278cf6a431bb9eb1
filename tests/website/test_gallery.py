"""The pages that are made say what the code and the measurements say."""

from __future__ import annotations

from pathlib import Path

import pytest

from rlzoo.registry.catalog import SLOTS, Catalog
from rlzoo.registry.plugins import Plugins
from website.findings import read_findings
from website.gallery import Gallery
from website.links import outside, with_site_links
from website.measured import Measured, Point, read_curves, read_returns
from website.settings import settings_page

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
CURVES = {("dqn", "CartPole-v1"): [Point(0, 20, 18, 22), Point(1_000, 30, 25, 35)]}


@pytest.fixture(scope="module")
def builtins() -> Catalog:
    return Catalog(Plugins()).from_source()


@pytest.fixture(scope="module")
def pages(builtins: Catalog) -> dict[str, str]:
    returns, findings = read_returns(DOCS / "family.md"), read_findings(DOCS / "studies")
    return dict(Gallery(builtins, returns, CURVES, findings).pages())


def test_everything_that_is_registered_has_a_page(builtins: Catalog, pages: dict[str, str]) -> None:
    for kind in (*SLOTS, "algorithm", "environment", "observer", "executor"):
        for name in builtins.names(kind):
            assert pages[f"gallery/{kind}/{name}.md"].startswith(f"# {name}\n")


def test_a_difference_is_that_of_the_compositions(pages: dict[str, str]) -> None:
    section = pages["gallery/algorithm/dqn-soft.md"].partition("## Difference from dqn")[2].partition("\n## ")[0]
    assert [line for line in section.splitlines() if line.startswith("| `")] == [
        "| `target` | `hard` | `soft` |",
        "| `target.tau` | – | `0.005` |",
        "| `target.period` | `500` | `1` |",
        "| `target.unit` | `steps` | `updates` |",
    ]


def test_results_are_those_of_the_benchmark(pages: dict[str, str]) -> None:
    first = read_returns(DOCS / "family.md")[1]
    assert first == Measured(
        "double-dqn",
        "CartPole-v1",
        482.6,
        422.0,
        499.2,
        "-35.9 (-76.1 to +4.3)",
        (446, 391, 500, 498, 494, 500, 483, 475, 500, 340),
    )
    text = pages["gallery/algorithm/double-dqn.md"]
    assert "Return 483 (95% CI 422 to 499), −35.9 (−76.1 to +4.3) against `dqn` with the same seeds." in text
    assert "Not part of the" in pages["gallery/algorithm/sarsa.md"]


def test_findings_of_studies_are_with_the_parts_that_they_compare(pages: dict[str, str]) -> None:
    finding = "- Acrobot-v1 ([target](../../studies/target/report.md)): target=soft: no significant difference in final"
    for name in ("soft", "hard"):
        assert finding in pages[f"gallery/target/{name}.md"]
    assert finding not in pages["gallery/target/none.md"]
    assert "“dqn-130”: final return 157 lower than with “dqn” (" in pages["gallery/algorithm/dqn.md"]


def test_curves_end_at_the_returns_of_the_benchmark() -> None:
    returns = {(row.algorithm, row.environment): row for row in read_returns(DOCS / "family.md")}
    curves = read_curves(DOCS / "family.csv")
    assert {environment for _, environment in curves} >= {"CartPole-v1"}
    for measured, curve in curves.items():
        row, last = returns[measured], curve[-1]
        assert last.step == 500_000
        assert (last.value, last.low, last.high) == pytest.approx((row.value, row.low, row.high), abs=0.06)


def test_every_setting_of_every_component_is_listed(builtins: Catalog) -> None:
    text = settings_page(builtins)
    assert "| `train.batch_size` |" in text
    assert "| `target.tau` | a number > 0 and <= 1 | `0.005` |" in text


@pytest.mark.parametrize(
    ("page", "link", "expected"),
    [
        ("family.md", "../plugins/rlzoo-pqn/README.md#in-detail", "packages/rlzoo-pqn.md#in-detail"),
        ("guide/network.md", "../../plugins/rlzoo-pqn/README.md", "../packages/rlzoo-pqn.md"),
        ("packages/rlzoo-pqn.md", "../../docs/family.md#pqn-as-in-cleanrl", "../family.md#pqn-as-in-cleanrl"),
        ("packages/rlzoo-pqn.md", "../../README.md", "../index.md"),
        ("changelog.md", "docs/tutorial.md", "tutorial.md"),
        ("index.md", "notebooks/first-steps.ipynb", "notebooks/first-steps.md"),
        ("family.md", "benchmarks.md", "benchmarks.md"),
        ("family.md", "https://arxiv.org/abs/1", "https://arxiv.org/abs/1"),
        ("family.md", "#limitations", "#limitations"),
    ],
)
def test_links_lead_to_where_a_document_is_on_the_site(page: str, link: str, expected: str) -> None:
    assert with_site_links(f"see [it]({link}).", page, outside(ROOT)) == f"see [it]({expected})."


def test_a_bar_within_code_does_not_end_a_cell() -> None:
    assert with_site_links("| `a \\| b` | c \\| d |", "a.md", {}) == "| `a | b` | c \\| d |"


def test_the_name_of_a_file_is_the_title_of_its_code() -> None:
    assert with_site_links("```python file=a.py\nx\n```", "a.md", {}) == '```python title="a.py"\nx\n```'
