from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest
from markdown_it import MarkdownIt
from matplotlib.image import imread

from rlzoo.contracts import RandomReturn
from rlzoo.results.escape import fenced, markdown
from rlzoo.results.statistics import Estimate
from rlzoo.studies.analysis.measures import DIAGNOSED
from rlzoo.studies.analysis.tables import Analysis, DiagnosticCurve
from rlzoo.studies.numbers import NOTHING, estimate, number, p_value, seeds
from rlzoo.studies.report import write_report
from rlzoo.studies.report.charts import chart_data, interactions
from rlzoo.studies.report.content import content
from rlzoo.studies.report.escape import code, printable, spreadsheet
from rlzoo.studies.report.figures import Picture, pictures
from rlzoo.studies.report.html import report_html
from rlzoo.studies.report.markdown import report_md
from rlzoo.studies.report.results_csv import results_csv
from rlzoo.studies.report.styles import BASE, SHOWN_AT_FIRST, cell_styles, shown_cells

from support.fabricated import HOSTILE, fabricate, hostile

SMALL = {"target": ["hard", "soft"]}
TWO = {"target": ["hard", "soft"], "buffer": ["uniform", "recent"]}
SVG = "{http://www.w3.org/2000/svg}"
MANY = {"optimizer.lr": [f"{rate}e-4" for rate in range(1, 8)], "target": ["hard", "soft", "none"]}


class Page(HTMLParser):
    """The tags of a page, and the texts of table cells."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.tags)


@pytest.mark.parametrize(
    ("value", "low", "high", "shown"),
    [
        (203.4, 187.2, 219.8, "203 [187, 220]"),
        (0.4853, 0.4601, 0.5094, "0.485 [0.460, 0.509]"),
        (-3674.8, -8440.9, 1091.2, "−3,675 [−8,441, 1,091]"),
        (5.0, 5.0, 5.0, "5.000 [5.000, 5.000]"),
        (50_000.0, 49_999.999999999985, 50_000.0, "50,000 [50,000, 50,000]"),
        (0.0, -0.3, 0.3, "0.00 [−0.30, 0.30]"),
        (-0.001, -3.0, 3.0, "0.0 [−3.0, 3.0]"),
        (203.44, None, None, "203.4"),
        (0.0, None, None, "0"),
        (math.nan, None, None, NOTHING),
        (math.inf, math.inf, math.inf, f"{NOTHING} [{NOTHING}, {NOTHING}]"),
    ],
)
def test_numbers_have_the_digits_their_interval_allows(
    value: float, low: float | None, high: float | None, shown: str
) -> None:
    assert estimate(Estimate(value, low, high)) == shown


def test_missing_values_are_a_dash() -> None:
    assert [number(None), estimate(None), p_value(None), p_value(math.nan), seeds([])] == [NOTHING] * 5


def test_the_return_of_a_random_policy_is_a_column_of_the_scores() -> None:
    analysis = fabricate(SMALL, ["Acrobot-v1"])
    random = {"Acrobot-v1": RandomReturn(mean=-499.62, standard_error=0.2, episodes=500)}
    analysis = msgspec.structs.replace(analysis, plan=msgspec.structs.replace(analysis.plan, random_returns=random))
    scores = content(analysis).places[-1].scores[0]
    assert {row[scores.columns.index("random policy")] for row in scores.rows} == {"−499.62"}


def test_p_values_stop_where_digits_mean_nothing() -> None:
    assert [p_value(value) for value in (0.0004, 0.0012, 0.04951, 1.0)] == ["< 0.001", "0.001", "0.050", "1.000"]


def test_seeds_are_shown_as_ranges() -> None:
    assert seeds([4, 0, 1, 2, 9, 7, 8]) == "0–2, 4, 7–9"


@pytest.mark.parametrize("text", ["=1+1", "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\tx", "-"])
def test_text_that_begins_like_a_formula_is_text_in_a_spreadsheet(text: str) -> None:
    assert spreadsheet(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-1", "+2.5e-3", "1e-4", "hard", "a=b", ""])
def test_numbers_and_names_stay_as_they_are_in_a_spreadsheet(text: str) -> None:
    assert spreadsheet(text) == text


@pytest.mark.parametrize("text", [HOSTILE, "a|b`c`_d_*e*<b>[x](y)#~&amp;\\", "<!-- x", "![i](j)", "$x$", "| --- |"])
def test_markdown_shows_text_as_it_is(text: str) -> None:
    tokens = MarkdownIt("commonmark").enable("table").parse(f"| a |\n|---|\n| {markdown(text)} |\n")
    (shown,) = [item.children for item in tokens if item.type == "inline" and item.content != "a"]
    assert shown is not None
    assert {child.type for child in shown} <= {"text", "text_special"}
    assert "".join(child.content for child in shown) == text


def test_a_fence_is_longer_than_any_within() -> None:
    (block,) = MarkdownIt().parse(fenced("before\n````\n<b>after</b>"))
    assert (block.type, block.content) == ("fence", "before\n````\n<b>after</b>\n")


def test_backticks_are_code_and_all_else_is_escaped() -> None:
    assert code("`a<b` & <i>") == "<code>a&lt;b</code> &amp; &lt;i&gt;"


def test_characters_that_cannot_be_seen_are_replaced() -> None:
    item = printable(hostile())
    assert item.plan.name == f"_{HOSTILE}��[31m�"
    assert item.plan.command.startswith("rlzoo ablate\n```\n")


def test_every_cell_looks_different_and_the_base_is_black() -> None:
    names = [f"cell {index}" for index in range(42)]
    item = cell_styles(names, "cell 7")
    assert item["cell 7"] is BASE
    assert len(set(item.values())) == len(names)


def test_the_base_comes_first_and_impossible_cells_not_at_all() -> None:
    plan = fabricate().plan
    other = msgspec.structs.replace(plan, base=plan.cells[2].name)
    assert shown_cells(other) == [plan.cells[i].name for i in (2, 0, 1, 3, 4)]


def test_a_row_for_each_cell_environment_and_seed() -> None:
    analysis = fabricate(TWO, seeds=3)
    header, *rows = csv.reader(results_csv(analysis).splitlines())
    assert header == ["cell", "target", "buffer", "environment", "seed", "status", "final", "auc", "steps_to_threshold"]
    assert len(rows) == len(analysis.runs) == 3 * 2 * 3
    assert rows[0][:6] == ["target=hard, buffer=uniform", "hard", "uniform", "CartPole-v1", "0", "finished"]
    assert float(rows[0][6]) == analysis.runs[0].scores["final"]


def test_missing_scores_are_empty() -> None:
    (diverged,) = [row for row in csv.DictReader(results_csv(fabricate()).splitlines()) if row["status"] == "diverged"]
    assert (diverged["seed"], diverged["final"]) == ("3", "")


def test_formulas_in_names_do_not_reach_a_spreadsheet() -> None:
    rows = [*csv.DictReader(results_csv(printable(hostile())).splitlines())]
    assert {row["buffer"] for row in rows} == {"uniform", "'=1+1"}


def test_an_interaction_plot_sums_main_effects_and_interaction() -> None:
    analysis = fabricate(TWO, ["CartPole-v1"])
    (item, _) = interactions(analysis)
    adds = {tuple(e.levels): e.estimate.value for e in analysis.effects if e.measure == "final"}
    for column, one in enumerate(TWO["target"]):
        for row, other in enumerate(TWO["buffer"]):
            assert item["y"][row][column] == pytest.approx(adds[one,] + adds[other,] + adds[one, other], rel=1e-5)


def test_numbers_that_json_has_no_word_for_are_left_out() -> None:
    analysis = fabricate(SMALL, ["CartPole-v1"])
    odd = msgspec.structs.replace(
        analysis.curves[0], center=[math.nan, math.inf, 1 / 3, *analysis.curves[0].center[3:]]
    )
    data = chart_data(msgspec.structs.replace(analysis, curves=[odd]))
    assert data["curves"][0]["y"][:3] == [None, None, 0.333333]
    json.dumps(data, allow_nan=False)


def test_many_cells_begin_with_the_base_and_a_few() -> None:
    data = chart_data(fabricate(MANY, ["CartPole-v1"]))
    assert [cell["on"] for cell in data["cells"]] == [True] * SHOWN_AT_FIRST + [False] * (20 - SHOWN_AT_FIRST)
    assert data["cells"][0]["name"] == "optimizer.lr=1e-4, target=hard"


@pytest.fixture(scope="module")
def page() -> str:
    return report_html(fabricate())


def test_the_page_is_well_formed_and_says_everything(page: str) -> None:
    item = Page(page)
    assert item.count("h1") == item.count("main") == item.count("title") == 1
    analysis = fabricate()
    tables = sum(len(p.scores) + len(p.comparisons) + len(p.effects) for p in content(analysis).places)
    assert item.count("table") == item.count("caption") == tables + 3
    for text in (
        "no significant difference",
        "95% CI 22 to 60",
        "Paired t test over 10 seeds: p = 0.002.",
        "torch",
        "2.13.0",
        "not finite at step 12,345",
    ):
        assert text in page
    assert "rlzoo run dqn --env CartPole-v1 --target soft --buffer uniform --steps 50000 --seeds 10" in page
    assert "Of 100 runs: 1 diverged; see" in page


def test_every_chart_every_choice_and_every_table_has_a_name(page: str) -> None:
    item = Page(page)
    assert all(attributes["aria-label"] for _, attributes in item.tags if attributes.get("class") == "chart")
    assert all(attributes["scope"] in ("row", "col") for tag, attributes in item.tags if tag == "th")
    ids = {attributes["id"] for _, attributes in item.tags if "id" in attributes}
    links = {(attributes["href"] or "").removeprefix("#") for tag, attributes in item.tags if tag == "a"}
    assert links <= ids


def test_the_page_loads_nothing(page: str) -> None:
    item = Page(page)
    for tag, attributes in item.tags:
        assert tag not in ("link", "iframe", "img", "object", "base")
        assert "src" not in attributes, f"<{tag}> loads something"
        assert not any(name.startswith("on") for name in attributes)
        assert (attributes.get("href") or "#").startswith("#")
    (policy,) = [attributes["content"] for _, attributes in item.tags if "http-equiv" in attributes]
    assert policy is not None
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert policy.count("'sha256-") == 2


def test_dangerous_names_are_only_text_on_the_page() -> None:
    dangerous, harmless = (Page(report_html(printable(item))) for item in (hostile(), _harmless()))
    # Text between backticks is code, on purpose.
    tags = [[tag for tag, _ in page.tags if tag != "code"] for page in (dangerous, harmless)]
    assert tags[0] == tags[1]


def _harmless() -> Analysis:
    """The same study as `hostile()` with names that need no escaping."""
    plain = json.dumps(msgspec.to_builtins(printable(hostile()))).replace(json.dumps(HOSTILE)[1:-1], "plain")
    return msgspec.convert(json.loads(plain), Analysis)


def test_data_of_the_page_survives_the_way_through_html() -> None:
    analysis = printable(hostile())
    data = re.search(r'id="data">(.*?)</script>', report_html(analysis), re.DOTALL)
    assert data is not None
    assert json.loads(data[1]) == json.loads(json.dumps(chart_data(analysis)))


def _tables(text: str) -> Iterator[int]:
    """The number of columns of each row of each table."""
    rows = re.findall(r"<tr>(.*?)</tr>", MarkdownIt("commonmark").enable("table").render(text), re.DOTALL)
    return (len(re.findall(r"<t[hd]", row)) for row in rows)


@pytest.fixture(scope="module")
def drawn() -> list[Picture]:
    return pictures(fabricate(TWO, ["CartPole-v1"]))


@pytest.mark.slow
def test_markdown_has_every_table_and_figure(drawn: list[Picture]) -> None:
    analysis = fabricate(TWO, ["CartPole-v1"])
    text = report_md(analysis, drawn)
    item = content(analysis)
    tables = [t for place in item.places for t in (*place.scores, *place.comparisons, *place.effects)] + item.settings
    assert sum(1 for _ in _tables(text)) == sum(1 + len(table.rows) for table in tables)
    shown = re.findall(r"\(figures/(.*)\.png\)", text)
    assert sorted(shown) == sorted(picture.name for picture in drawn)


def test_dangerous_names_are_only_text_in_markdown() -> None:
    analysis = printable(hostile())
    rendered = MarkdownIt("commonmark").enable("table").render(report_md(analysis, []))
    assert not re.search(r"<(?:script|img|/script)", rendered)
    harmless = MarkdownIt("commonmark").enable("table").render(report_md(_harmless(), []))
    assert re.findall(r"<[^>]*>", rendered) == re.findall(r"<[^>]*>", harmless)


def test_figures_are_one_column_wide_and_their_text_is_text(drawn: list[Picture]) -> None:
    for picture in drawn:
        root = ElementTree.fromstring(picture.svg)
        assert root.attrib["width"] == "244.8pt"
        texts = ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]
        assert {"target=soft, buffer=uniform", "buffer=recent"} & {*texts}


@pytest.mark.slow
def test_nothing_of_a_figure_is_cut_off() -> None:
    factors = {"objective.mask_terminated": ["True", "False"], "buffer.evict_which_one_first": ["oldest", "newest"]}
    for picture in pictures(fabricate(factors, ["CartPole-v1", "some/environment-with-a-long-name-v0"])):
        image = imread(io.BytesIO(picture.png))
        for edge in (image[0], image[-1], image[:, 0], image[:, -1]):
            assert (edge == edge[0]).all(), picture.name


def test_figures_exist_of_every_kind_place_and_measure(drawn: list[Picture]) -> None:
    assert [picture.name for picture in drawn] == [
        "curves-cartpole-v1",
        "intervals-final-all-environments",
        "intervals-final-cartpole-v1",
        "profiles-final-cartpole-v1",
        "intervals-auc-all-environments",
        "intervals-auc-cartpole-v1",
        "intervals-steps-to-threshold-cartpole-v1",
        "interactions-final-cartpole-v1-target-buffer",
        "interactions-auc-cartpole-v1-target-buffer",
    ]


@pytest.mark.filterwarnings("error")
def test_names_that_matplotlib_would_read_otherwise_are_drawn_as_they_are() -> None:
    levels = ["hidden", "$x_1$ $\\frac{", "a" * 200, "impossible"]
    analysis = fabricate({"_": levels}, ["CartPole-v1", "cartpole v1"])
    curves, *others = pictures(msgspec.structs.replace(analysis, estimates=[], profiles=[], effects=[]))
    texts = ["".join(text.itertext()) for text in ElementTree.fromstring(curves.svg).iter(f"{SVG}text")]
    assert {"_=hidden", "_=$x_1$ $\\frac{"} <= {*texts}
    assert [curves.name, *(picture.name for picture in others)] == ["curves-cartpole-v1", "curves-cartpole-v1-2"]


@pytest.mark.slow
def test_a_report_is_the_same_bytes_again(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        write_report(msgspec.structs.replace(fabricate(SMALL, ["CartPole-v1"]), effects=[]), folder)
    names = [path.relative_to(first) for path in sorted(first.rglob("*")) if path.is_file()]
    assert {"report.html", "report.md", "results.csv"} <= {str(name) for name in names}
    assert [(first / name).read_bytes() for name in names] == [(second / name).read_bytes() for name in names]
    text = (first / "report.md").read_text()
    assert all((first / link).exists() for link in re.findall(r"\((figures/.*?)\)", text))
    assert imread(first / "figures" / "curves-cartpole-v1.png").shape[1] == pytest.approx(1020, abs=1)


def test_nothing_trained_yet_is_a_page_too(tmp_path: Path) -> None:
    nothing: dict[str, list[object]] = {
        name: [] for name in ("runs", "estimates", "profiles", "comparisons", "effects", "curves", "conclusions")
    }
    write_report(msgspec.structs.replace(fabricate(), **nothing), tmp_path)
    assert "No conclusions yet." in (tmp_path / "report.html").read_text()


def test_a_run_that_is_not_trained_yet_is_not_a_failure() -> None:
    analysis = fabricate()
    runs = [msgspec.structs.replace(run, status="missing") for run in analysis.runs]
    item = content(msgspec.structs.replace(analysis, runs=runs, failures=[]))
    assert item.unfinished == "Of 100 runs: 100 not trained yet"
    assert item.failures == []


def test_a_cell_with_a_preset_says_so() -> None:
    analysis = fabricate()
    cells = [msgspec.structs.replace(cell, preset="rl-zoo3") for cell in analysis.plan.cells]
    item = content(msgspec.structs.replace(analysis, plan=msgspec.structs.replace(analysis.plan, cells=cells)))
    assert all("--preset rl-zoo3" in command for _, command in item.commands)
    (table,) = (table for table in item.settings if table.title == "Cells")
    assert {row[1] for row in table.rows} == {"dqn, preset rl-zoo3"}


def test_diagnostics_are_small_charts_of_their_own() -> None:
    analysis = fabricate(SMALL, ["CartPole-v1"])
    steps, low = [10.0, 20.0], [1.0, 300.0]
    curves = [
        DiagnosticCurve(run.cell, run.environment, steps, [2.0, 400.0], low, [3.0, 500.0], measure.key)
        for run in analysis.curves
        for measure in DIAGNOSED[:3]
    ]
    some = {name: [] for name in ("estimates", "profiles", "effects", "curves")}
    measures = [*analysis.measures, *DIAGNOSED[:3]]
    study = msgspec.structs.replace(analysis, measures=measures, diagnostic_curves=curves, **some)
    charts = [attributes for _, attributes in Page(report_html(study)).tags if "data-kind" in attributes]
    assert [chart["data-column"] for chart in charts] == [measure.key for measure in DIAGNOSED[:3]]
    assert chart_data(study)["diagnostics"][0] | {"cell": 0} == {
        "cell": 0, "place": 0, "column": "overestimation", "x": steps, "y": [2, 400], "low": low, "high": [3, 500],
    }  # fmt: skip
    (picture,) = pictures(study)
    assert picture.name == "diagnostics-cartpole-v1"
    assert "(figures/diagnostics-cartpole-v1.png)" in report_md(study, [picture])
    texts = ["".join(text.itertext()) for text in ElementTree.fromstring(picture.svg).iter(f"{SVG}text")]
    assert {"overestimation (return)", "target drift (Q)", "policy churn", "100"} <= {*texts}
