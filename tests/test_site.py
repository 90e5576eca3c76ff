"""The built site, in Chromium: everybody can use it, and nothing comes from the web.

`make test-page` builds it, and fetches axe-core.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.helpers.cli_tools import ROOT
from tests.helpers.page_browser import chromium, complaints
from tests.helpers.web_server import WebServer

pytestmark = pytest.mark.page

SITE = ROOT / "site"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with WebServer(SITE) as server:
        yield server.url


@pytest.mark.parametrize(
    ("name", "width", "theme"),
    [("index.html", 390, "light"), ("model.html", 1440, "dark"), ("cli.html", 390, "dark")],
)
def test_nothing_is_wrong_with_a_page(
    browser: Browser, url: str, name: str, width: int, theme: Any
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=theme, reduced_motion="reduce"
    )
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{url}{name}", wait_until="networkidle")
    assert [at for at in asked if not at.startswith((url, "data:", "blob:"))] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.add_script_tag(path=os.environ["AXE"])
    assert complaints(page) == []
    context.close()


def test_the_search_finds_a_word(browser: Browser, url: str) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(f"{url}index.html", wait_until="networkidle")
    page.keyboard.press("/")
    page.keyboard.type("reacquired")
    page.get_by_role("link", name="States of an object").first.wait_for()
    page.close()
