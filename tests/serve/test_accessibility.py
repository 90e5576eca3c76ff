"""axe-core finds nothing serious on any screen of the page; `make test-page` fetches it."""

from __future__ import annotations

import os
import re

import pytest
from playwright.sync_api import Browser, expect

from samtracker.serve.server import Server
from tests.helpers.page_browser import complaints, place, rows, wait_for_picture

pytestmark = pytest.mark.page


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_serious_is_found(browser: Browser, server: Server, theme: str, width: int) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 844},
        color_scheme="dark" if theme == "dark" else "light",
        permissions=["camera"],
        bypass_csp=True,  # axe-core is no part of the page
    )
    page = context.new_page()
    page.goto(server.address)
    page.add_script_tag(path=os.environ["AXE"])
    expect(page.locator("#files")).to_be_visible()
    assert complaints(page) == []
    page.get_by_role("button", name="balls.mp4").click()
    wait_for_picture(page)
    page.mouse.click(*place(page, 36, 34))
    expect(rows(page)).to_have_count(1)
    assert complaints(page) == []
    page.keyboard.press("x")
    assert complaints(page) == []
    page.keyboard.press("x")
    page.keyboard.press("?")
    assert complaints(page) == []
    page.keyboard.press("Escape")
    page.click("#download")
    assert complaints(page) == []
    page.keyboard.press("Escape")
    page.click("#to-camera")
    expect(page.locator("#fps")).to_have_text(re.compile(r"\d"), timeout=20_000)
    assert complaints(page) == []
    context.close()
