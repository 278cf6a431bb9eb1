"""The page as a reader meets it, in a real browser without a screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from rlzoo.explaining.explain import Explained, explain

from support.browser import open_browser
from support.tiny import CATALOG

pytestmark = pytest.mark.slow

Open = Callable[..., Page]
SMALL = {"train.learning_starts": 20, "train.batch_size": 8, "train.update_every": 2, "network.hidden": (6,)}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("explained")
    two = explain("dqn", "dqn-no-target", env="CartPole-v1", steps=400, step=60, play=8, set=SMALL, catalog=CATALOG)
    pages = {"one": Explained(two.walks[:1], "rlzoo explain dqn"), "two": two}
    return {name: page.save(folder / f"{name}.html") for name, page in pages.items()}


@pytest.fixture
def open_page(browser: Browser, files: dict[str, Path]) -> Iterator[Open]:
    """Open a page; at the end there must have been no message, no error and no request but for the file."""
    contexts, complaints = [], []

    def opened(name: str = "one", width: int = 1280, **settings: object) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, **settings)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        address = files[name].as_uri()
        page.on(
            "request",
            lambda request: None if request.url.startswith(("data:", address)) else complaints.append(request.url),
        )
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def test_a_chosen_transition_fills_the_formula(open_page: Open) -> None:
    page = open_page()
    row = page.locator(".samples tbody tr").nth(3)
    row.click()
    columns = page.locator(".samples thead th").all_text_contents()
    cells = dict(zip(columns, row.locator("th, td").all_text_contents(), strict=True))
    target, error = page.locator(".filled span").all_text_contents()
    assert target.startswith(f"{cells['target'].rstrip('0')} = 1")
    assert error.startswith(f"{cells['error'].rstrip('0')} = {cells['target'].rstrip('0')} ")
    assert "Transition 3 of the batch" in (page.locator(".which").text_content() or "")
    page.locator(".samples .scroll").focus()
    page.keyboard.press("ArrowDown")
    assert page.locator(".ring").count() == 2
    assert "Transition 4 of the batch" in (page.locator(".which").text_content() or "")


def test_it_plays_to_the_end_and_back(open_page: Open) -> None:
    page = open_page("two")
    assert "Step 60," in (page.locator(".when").first.text_content() or "")
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Pause").wait_for()
    page.get_by_role("button", name="Play").wait_for()  # at the end
    for when in page.locator(".when").all_text_contents():
        assert when.startswith("Step 67,")
    page.get_by_role("button", name="Previous step").click()
    assert "Step 66," in (page.locator(".when").last.text_content() or "")
    page.get_by_label("Step", exact=True).fill("3")
    assert "Step 63," in (page.locator(".when").last.text_content() or "")
    assert page.locator(".timeline .cursor").count() == 2
    page.locator(".timeline svg").first.click(position={"x": 2, "y": 20})
    assert "Step 60," in (page.locator(".when").first.text_content() or "")


@pytest.mark.parametrize("name", ["one", "two"])
def test_a_phone_needs_no_scrolling_to_the_side(open_page: Open, name: str) -> None:
    page = open_page(name, width=390, has_touch=True, is_mobile=True, color_scheme="dark")
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_readable_by_anyone(open_page: Open, scheme: str) -> None:
    page = open_page("two", color_scheme=scheme, bypass_csp=True)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_the_theme_can_be_changed_and_it_prints(open_page: Open) -> None:
    page = open_page(color_scheme="light")
    page.get_by_role("button", name="Dark theme").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 28)"
    page.emulate_media(media="print")
    assert page.locator(".player").is_hidden()
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_without_scripts_everything_but_the_player_is_there(browser: Browser, files: dict[str, Path]) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(files["one"].as_uri())
    assert page.locator(".filled span").count() == 2
    assert not page.locator("#toggle").is_visible()
    context.close()
