"""The page as a reader meets it, in a real browser without a screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from rlzoo.studies.report.escape import printable
from rlzoo.studies.report.html import report_html

from support.browser import open_browser
from support.fabricated import HOSTILE, fabricate, hostile

pytestmark = pytest.mark.slow

STUDIES = {
    "study": fabricate,
    "many": lambda: fabricate({"optimizer.lr": [f"{rate}e-4" for rate in range(1, 8)], "target": ["hard", "soft"]}),
    "hostile": lambda: printable(hostile()),
}
KINDS = ("curves", "intervals", "profiles", "interactions")
TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
TRACES = "chart => chart.data.filter(trace => trace.hoverinfo !== 'skip').length"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


Open = Callable[..., Page]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("reports")
    for name, study in STUDIES.items():
        folder.joinpath(f"{name}.html").write_text(report_html(study()))
    return {name: folder / f"{name}.html" for name in STUDIES}


@pytest.fixture
def open_page(browser: Browser, files: dict[str, Path]) -> Iterator[Open]:
    """Open a study's page; at the end there must have been no message, no error and no request but for the file."""
    contexts, complaints = [], []

    def opened(study: str = "study", width: int = 1280, **settings: object) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, **settings)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        address = files[study].as_uri()
        page.on("request", lambda request: complaints.append(request.url) if request.url != address else None)
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def draw(page: Page, kind: str, which: int = 0) -> str:
    """Scroll to a chart, wait until it is drawn, and return how to find it."""
    chart = page.locator(f"[data-kind={kind}]").nth(which)
    chart.scroll_into_view_if_needed()
    chart.locator(".main-svg").first.wait_for()
    page.evaluate(TWO_FRAMES)  # a chart that has just come into view is drawn again
    return f"[data-kind={kind}] >> nth={which}"


def traces(page: Page, kind: str) -> int:
    """How many cells a chart shows."""
    return int(page.locator(draw(page, kind)).evaluate(TRACES))


@pytest.mark.parametrize("study", STUDIES)
def test_it_opens_and_draws_every_chart_without_a_word(open_page: Open, study: str) -> None:
    page = open_page(study)
    for kind in KINDS:
        for which in range(page.locator(f"[data-kind={kind}]").count()):
            draw(page, kind, which)
    assert page.locator(".empty:visible").count() == 0


def test_hovering_shows_values(open_page: Open) -> None:
    page = open_page()
    for kind, wanted in (("curves", "target=soft, buffer=uniform: "), ("profiles", "target=soft, buffer=uniform: ")):
        page.locator(f"{draw(page, kind)} >> .nsewdrag").hover()
        shown = page.locator(f"{draw(page, kind)} >> .hoverlayer")
        assert wanted in (shown.text_content() or "")
        assert "[" in (shown.text_content() or ""), "the interval is there, too"
    page.locator(f"{draw(page, 'intervals', 1)} >> .point").first.hover(force=True)
    shown = page.locator(f"{draw(page, 'intervals', 1)} >> .hoverlayer")
    assert "target=hard, buffer=uniform152.1 [138.1, 166.1]" in (shown.text_content() or "")


def test_a_cell_that_is_switched_off_leaves_every_chart_of_cells(open_page: Open) -> None:
    page = open_page()
    levels = traces(page, "interactions")
    assert [traces(page, kind) for kind in KINDS] == [5, 5, 5, levels]
    page.get_by_label("target=soft, buffer=uniform").uncheck()
    assert [traces(page, kind) for kind in KINDS] == [4, 4, 4, levels]
    page.get_by_role("button", name="Base only").click()
    assert [traces(page, kind) for kind in KINDS] == [1, 1, 1, levels]
    page.get_by_role("button", name="All").click()
    assert traces(page, "curves") == 5


def test_cells_can_be_switched_by_keyboard(open_page: Open) -> None:
    page = open_page()
    page.get_by_label("target=hard, buffer=recent").focus()
    page.keyboard.press("Space")
    assert traces(page, "curves") == 4


def test_an_empty_chart_says_so(open_page: Open) -> None:
    page = open_page()
    page.get_by_role("button", name="Base only").click()
    page.get_by_label("(base)").uncheck()
    page.locator("h2#curves").scroll_into_view_if_needed()
    page.locator("#curves ~ .charts .empty").first.wait_for()
    page.get_by_label("(base)").check()
    assert traces(page, "curves") == 1


def test_another_measure_changes_charts_and_tables(open_page: Open) -> None:
    page = open_page()
    page.get_by_label("Measure").select_option("auc")
    page.locator(draw(page, "intervals", 1)).get_by_text("area under the learning curve").wait_for()
    shown = page.locator("table:visible caption").all_text_contents()
    assert any(caption.startswith("area under the learning curve") for caption in shown)
    assert not any(caption.startswith("final return") for caption in shown)


def test_many_cells_begin_with_a_few_and_can_be_searched(open_page: Open) -> None:
    page = open_page("many")
    assert traces(page, "curves") == 8
    page.get_by_label("Find a cell").fill("7e-4")
    assert page.locator(".cells label:visible").count() == 1
    page.get_by_role("button", name="All 13").click()
    assert traces(page, "curves") == 1, "all that were found"
    page.get_by_label("Find a cell").fill("")
    page.get_by_role("button", name="All 13").click()
    assert traces(page, "intervals") == 13


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_is_the_systems_until_the_reader_changes_it(open_page: Open, scheme: str) -> None:
    page = open_page(color_scheme=scheme)
    backgrounds = {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 28)"}
    background = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(background) == backgrounds[scheme]
    before = page.locator(draw(page, "curves")).evaluate("chart => chart.layout.font.color")
    other = {"light": "dark", "dark": "light"}[scheme]
    page.get_by_role("button", name=f"{other.capitalize()} theme").click()
    assert page.evaluate(background) == backgrounds[other]
    assert page.locator(draw(page, "curves")).evaluate("chart => chart.layout.font.color") != before


@pytest.mark.parametrize("study", STUDIES)
def test_a_phone_needs_no_scrolling_to_the_side(open_page: Open, study: str) -> None:
    page = open_page(study, width=390, has_touch=True, is_mobile=True, color_scheme="dark")
    for kind in KINDS:
        draw(page, kind)
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_it_prints_in_light_with_every_chart_and_table(open_page: Open) -> None:
    page = open_page(color_scheme="dark")
    page.evaluate("addEventListener('afterprint', () => (window.printed = true))")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    charts = page.locator(".chart")
    assert page.locator(".chart .main-svg:first-child").count() == charts.count()
    assert set(charts.evaluate_all("charts => charts.map(chart => chart.layout.font.color)")) == {"rgb(26, 29, 33)"}
    page.emulate_media(media="print")
    assert page.locator("table:visible").count() == page.locator("table").count()
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_names_are_never_code(open_page: Open) -> None:
    page = open_page("hostile")
    for kind in KINDS:
        draw(page, kind)
    assert page.locator("img").count() == 0
    assert page.locator("#scores ~ .charts .annotation-text").get_by_text("</script><img src=x").count() > 0
    page.locator(f"{draw(page, 'curves')} >> .nsewdrag").hover()
    assert f"target={HOSTILE}"[:35] in (page.locator(f"{draw(page, 'curves')} >> .hoverlayer").text_content() or "")
