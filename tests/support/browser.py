"""A browser without a screen, for tests of pages."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Open a browser, or skip the test where there is none; fail it if `RLZOO_REQUIRE_BROWSER` is 1."""
    if CHROMIUM is None:
        if os.environ.get("RLZOO_REQUIRE_BROWSER") == "1":
            pytest.fail("RLZOO_REQUIRE_BROWSER=1, and there is no chromium (`apt-get install chromium`)")
        pytest.skip("there is no chromium here (`apt-get install chromium`)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
