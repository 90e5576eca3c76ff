"""axe-core finds nothing serious on any screen of the page; `make test-page` fetches it."""

from __future__ import annotations

import os
import re
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from samtracker.serve.server import Server
from tests.helpers.page_browser import complaints, drag, pick_film, place, rows

pytestmark = pytest.mark.page

DRAWN = "() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"
"""Waits until the page is drawn again."""


def serious(page: Page) -> list[Any]:
    """What is found in both themes."""
    found = []
    themes: list[Literal["dark", "light"]] = ["dark", "light"]
    for theme in themes:
        page.emulate_media(color_scheme=theme)
        page.evaluate(DRAWN)  # a part may have the colors of before until then
        found += complaints(page)
    return found


def begin(page: Page, server: Server) -> None:
    page.goto(server.address)
    page.add_script_tag(path=os.environ["AXE"])


@pytest.mark.parametrize("width", [390, 768, 1440])
def test_nothing_serious_is_found(browser: Browser, server: Server, width: int) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 844},
        permissions=["camera"],
        bypass_csp=True,  # axe-core is no part of the page
        reduced_motion="reduce",  # it looks at once, while colors still change
    )
    page = context.new_page()
    begin(page, server)
    expect(page.locator("#files")).to_be_visible()
    assert serious(page) == []
    pick_film(page)
    page.keyboard.press("e")
    drag(page, "20,20,60,60")  # of nothing: there is a message
    expect(page.locator("#message")).to_be_visible()
    expect(page.locator("#brush")).to_be_visible()
    assert serious(page) == []
    page.keyboard.press("p")
    page.mouse.click(*place(page, 36, 34))
    expect(rows(page)).to_have_count(1)
    assert serious(page) == []
    page.keyboard.press("x")
    assert serious(page) == []
    page.keyboard.press("x")
    page.keyboard.press("?")
    assert serious(page) == []
    page.keyboard.press("Escape")
    page.click("#download")
    assert serious(page) == []
    page.keyboard.press("Escape")
    page.click("#open")
    page.get_by_role("button", name="balls.mp4").click()
    expect(page.locator("#question")).to_be_visible()
    assert serious(page) == []
    page.keyboard.press("Escape")
    page.click("#to-camera")
    expect(page.locator("#fps")).to_have_text(re.compile(r"\d"), timeout=20_000)
    assert serious(page) == []
    context.close()


def test_nothing_serious_is_found_where_there_is_no_room(
    browser: Browser, full_server: Server
) -> None:
    with browser.new_context(bypass_csp=True, reduced_motion="reduce") as context:
        page = context.new_page()
        begin(page, full_server)
        expect(page.locator("#full")).to_be_visible()
        assert serious(page) == []
