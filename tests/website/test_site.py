"""The site as a reader meets it: built, every link followed, and some pages opened in a browser."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from support.browser import open_browser

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src"}
OPENED = [
    "index.html",
    "gallery/algorithm/c51.html",
    "guide/buffer.html",
    "reference/rlzoo.lanes.clock.html",
    "statistics.html",
]


@dataclass
class Parsed(HTMLParser):
    """What a page links to, what it loads, and what can be linked to in it."""

    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    undescribed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attributes}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if tag == "link" and values.get("rel") in ("stylesheet", "icon", "preload"):
            self.loaded.append(values["href"])
        if tag in LOADED and values.get(LOADED[tag]):
            self.loaded.append(values[LOADED[tag]])
        if tag == "img" and not values.get("alt", "").strip():
            self.undescribed.append(values.get("src", ""))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Parsed]:
    parsed = {}
    for path in site.rglob("*.html"):
        if path.name != "404.html":  # its links begin at the root of a server
            parsed[path] = Parsed()
            parsed[path].feed(path.read_text())
    return parsed


def test_every_link_leads_somewhere(pages: dict[Path, Parsed]) -> None:
    exists, broken = cache(Path.exists), []
    for path, page in pages.items():
        for link in {*page.links, *page.loaded}:
            address, anchor = urldefrag(unquote(link))
            if address.startswith(("http:", "https:", "mailto:", "data:")):
                continue
            target = (path.parent / address).resolve() if address else path
            if not exists(target) or (anchor and target in pages and anchor not in pages[target].anchors):
                broken.append((path.name, link))
    assert broken == []


def test_nothing_is_loaded_from_elsewhere(pages: dict[Path, Parsed]) -> None:
    assert {link for page in pages.values() for link in page.loaded if link.startswith(("http", "//"))} == set()


def test_images_say_what_they_show(pages: dict[Path, Parsed]) -> None:
    assert [(path.name, source) for path, page in pages.items() for source in page.undescribed] == []


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module", params=[("light", 1280), ("dark", 390)], ids=["light", "phone-dark"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A page whose messages and requests to other places are errors."""
    scheme, width = request.param
    size = {"width": width, "height": 900}
    context = browser.new_context(color_scheme=scheme, viewport=size, reduced_motion="reduce")
    opened, complaints = context.new_page(), []
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("requestfailed", lambda sent: complaints.append(sent.url))
    opened.on("request", lambda sent: complaints.append(sent.url) if sent.url.startswith("http") else None)
    yield opened
    context.close()
    assert complaints == []


@pytest.mark.parametrize("address", OPENED)
def test_a_page_is_readable_by_anyone(page: Page, site: Path, address: str) -> None:
    page.goto((site / address).as_uri())
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"], "preload": False})
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_keyboard_reaches_the_content_and_the_search(page: Page, site: Path) -> None:
    page.goto((site / "index.html").as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.matches('.md-skip')")
    page.keyboard.press("/")
    page.keyboard.type("prioritized replay")
    page.locator(".md-search-result__item").first.wait_for()
