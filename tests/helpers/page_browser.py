"""The page in a real browser: pointing at pixels of the film of two balls."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

WIDTH, HEIGHT = 160, 96
SERIOUS = ("serious", "critical")


BROWSER = "/usr/bin/chromium"


@contextmanager
def chromium(*arguments: str) -> Iterator[Browser]:
    """Chromium, as long as the `with` block."""
    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", *arguments])
        yield browser
        browser.close()


def complaints(page: Page) -> list[Any]:
    """What axe-core, which the page has loaded, finds that is serious, with the elements."""
    found = page.evaluate("axe.run()")["violations"]
    return [
        (item["id"], [node["target"] for node in item["nodes"]])
        for item in found
        if item["impact"] in SERIOUS
    ]


def place(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where a pixel of the film is in the window."""
    box = page.locator("#stage").bounding_box()
    assert box is not None
    scale = min(box["width"] / WIDTH, box["height"] / HEIGHT)
    left = box["x"] + (box["width"] - WIDTH * scale) / 2
    top = box["y"] + (box["height"] - HEIGHT * scale) / 2
    return left + x * scale, top + y * scale


def drag(page: Page, box: str) -> None:
    """Draws a box, whose last corner is exclusive."""
    x1, y1, x2, y2 = (float(side) for side in box.split(","))
    page.mouse.move(*place(page, x1, y1))
    page.mouse.down()
    page.mouse.move(*place(page, (x1 + x2) / 2, y1))
    page.mouse.move(*place(page, x2 - 1, y2 - 1))
    page.mouse.up()


def wait_until(page: Page, happened: Callable[[], bool]) -> None:
    """Waits for something that is no element of the page."""
    end = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < end, "it happens within 20 seconds"
        page.wait_for_timeout(10)


def rows(page: Page) -> Locator:
    return page.locator("#objects li")


def open_film(page: Page, film: Path) -> None:
    page.locator("#file").set_input_files(film)
    wait_for_picture(page)


def pick_film(page: Page) -> None:
    """Opens the film that is in the server's folder."""
    page.get_by_role("button", name="balls.mp4").click()
    wait_for_picture(page)


def wait_for_picture(page: Page) -> None:
    """Waits until all frames of the film are there and one can be pointed at."""
    expect(page.locator("#scrub")).to_have_attribute("max", "9", timeout=30_000)
    expect(page.locator("#stage")).to_have_attribute("aria-busy", "false", timeout=30_000)


def masks(page: Page) -> dict[str, bytes]:
    """Downloads the masks."""
    page.click("#download")
    with page.expect_download() as waiting:
        page.click("[data-format=masks]")
    with zipfile.ZipFile(io.BytesIO(Path(waiting.value.path()).read_bytes())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
