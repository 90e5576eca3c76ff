"""Take the pictures of the page for docs/serve.md: needs Chromium, and the extras serve and dev.

python docs/make_page_pictures.py
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
from playwright.sync_api import Page, expect

from samtracker import Tracker, VideoWriter, read_frames
from samtracker.demo import CLICK, clip
from samtracker.serve.config import ServeConfig
from samtracker.serve.server import Server

sys.path.append(str(Path(__file__).parents[1]))
from tests.helpers.page_browser import chromium

IMAGES = Path(__file__).parent / "images"
FRAMES = 40
SIZE = (640, 360)
SCALE = 0.5
"""Of the clip, of which the beginning is enough."""

SCREENS = (
    ("page.jpg", (1280, 800), "light"),
    ("page-phone.jpg", (390, 780), "dark"),
)
"""File, size of the window and theme of each picture."""


def main() -> None:
    """Take all pictures."""
    with TemporaryDirectory() as name:
        video = Path(name, "rabbit.mp4")
        with read_frames(clip()) as frames, VideoWriter(video, fps=25) as writer:
            for frame in frames:
                if frame.index == FRAMES:
                    break
                small = cv2.resize(frame.image, SIZE, interpolation=cv2.INTER_AREA)
                writer.write(small.astype(frame.image.dtype), frame.time)
        config = ServeConfig(port=0, folder=video.parent)
        with Server(config, Tracker.from_pretrained("lite")) as server, chromium() as browser:
            for target, (width, height), theme in SCREENS:
                page = browser.new_page(
                    viewport={"width": width, "height": height},
                    color_scheme="dark" if theme == "dark" else "light",
                )
                page.goto(server.address)
                take(page, IMAGES / target)


def take(page: Page, target: Path) -> None:
    """Point at the rabbit, track it, and take the picture."""
    page.get_by_role("button", name="rabbit.mp4").click()
    expect(page.locator("#scrub")).to_have_attribute("max", str(FRAMES - 1), timeout=60_000)
    expect(page.locator("#stage")).to_have_attribute("aria-busy", "false")
    page.mouse.click(*place(page, CLICK[0] * SCALE, CLICK[1] * SCALE))
    expect(page.locator("#objects li")).to_have_count(1, timeout=60_000)
    expect(page.locator("body")).not_to_have_class("busy", timeout=60_000)
    page.keyboard.press("t")
    expect(page.locator("#progress")).to_have_text("all frames are tracked", timeout=300_000)
    page.get_by_label("Name of object 1").fill("rabbit")
    page.get_by_label("Name of object 1").press("Enter")
    page.locator("#scrub").fill(str(FRAMES // 2))
    expect(page.locator("#lanes .lane-name")).to_have_text("rabbit")
    page.screenshot(path=target, type="jpeg", quality=85)


def place(page: Page, x: float, y: float) -> tuple[float, float]:
    """Return where a pixel of the video is in the window."""
    box = page.locator("#stage").bounding_box()
    assert box is not None, "the picture is shown"
    scale = min(box["width"] / SIZE[0], box["height"] / SIZE[1])
    left = box["x"] + (box["width"] - SIZE[0] * scale) / 2
    top = box["y"] + (box["height"] - SIZE[1] * scale) / 2
    return left + x * scale, top + y * scale


if __name__ == "__main__":
    main()
