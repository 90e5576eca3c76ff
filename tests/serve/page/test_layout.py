"""What the page looks like, narrow and wide."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from samtracker.serve.server import Server
from tests.helpers.page_browser import place, rows, wait_for_picture

pytestmark = pytest.mark.page
THEMES = ["light", "dark"]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", [390, 768, 1440])
def test_nothing_is_cut_off(browser: Browser, server: Server, theme: str, width: int) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 844},
        color_scheme="dark" if theme == "dark" else "light",
    )
    page = context.new_page()
    page.goto(server.address)
    page.get_by_role("button", name="balls.mp4").click()
    wait_for_picture(page)
    expect(page.locator("#zoom-fit")).not_to_have_text("100%")
    page.mouse.click(*place(page, 36, 34))
    expect(rows(page)).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for button in page.locator("button:visible").all():
        box = button.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert min(box["width"], box["height"]) >= 24
    context.close()
