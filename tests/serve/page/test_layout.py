"""What the page looks like, narrow and wide."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from samtracker.serve.server import Server
from tests.helpers.page_browser import pick_film, place, rows

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
    pick_film(page)
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


def test_labels_of_objects_in_one_corner_are_below_each_other(page: Page) -> None:
    colors = page.evaluate("""async () => {
        const { renderScene } = await import("/page/scene.js");
        const picture = new OffscreenCanvas(160, 96);
        picture.getContext("2d");
        const mask = { box: [20, 30, 8, 8], runs: [0, 64] };
        const colors = [[255, 0, 0], [0, 255, 0], [0, 0, 255]];
        const same = { name: "ball", mask, state: "tracking" };
        const objects = colors.map((color, id) => ({ ...same, id, color }));
        const canvas = new OffscreenCanvas(160, 96);
        const scene = { picture, width: 160, height: 96, view: "outline", objects, selected: null };
        renderScene(canvas, scene);
        const { data } = canvas.getContext("2d").getImageData(23, 0, 1, 96);
        return Array.from({ length: 96 }, (_, y) => String([...data.slice(4 * y, 4 * y + 3)]));
    }""")
    for color in ("255,0,0", "0,255,0", "0,0,255"):
        assert colors.count(color) >= 12  # all of a line of text
