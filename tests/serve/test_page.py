"""The page in a real browser."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from samtracker.serve.server import Server
from tests.conftest import MakeTracker
from tests.helpers.cameras import jpeg
from tests.helpers.cli_tools import FAST, FRAMES, SHOTS, box_of, samtrack, two_balls
from tests.helpers.page_server import serving

pytestmark = pytest.mark.page
WIDTH, HEIGHT = 160, 96
BROWSER = "/usr/bin/chromium"
THEMES = ["light", "dark"]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return two_balls(tmp_path_factory.mktemp("film") / "balls.mp4")


@pytest.fixture(scope="module")
def served(lite_tracker: MakeTracker, film: Path) -> Iterator[Server]:
    with serving(lite_tracker(), folder=film.parent, max_sessions=32) as server:
        yield server


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    camera = tmp_path_factory.mktemp("camera") / "balls.mjpeg"
    camera.write_bytes(b"".join(map(jpeg, [FRAMES[0]] * 90)))
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=BROWSER,
            args=[
                "--no-sandbox",
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={camera}",
            ],
        )
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser, served: Server) -> Iterator[Page]:
    """The page in a window of its own; what it throws or complains of is a failure."""
    context = browser.new_context(permissions=["camera"])
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda told: complaints.append(told.text))
    page.goto(served.address)
    yield page
    context.close()
    # Chromium tells of every refusal; what the page makes of it is tested.
    assert [text for text in complaints if "Failed to load resource" not in text] == []


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


def rows(page: Page) -> Locator:
    return page.locator("#objects li")


def open_film(page: Page, film: Path) -> None:
    page.locator("#file").set_input_files(film)
    expect(page.locator("#scrub")).to_have_attribute("max", "9")


def masks(page: Page) -> dict[str, bytes]:
    """Downloads the masks."""
    page.click("#download")
    with page.expect_download() as waiting:
        page.click("[data-format=masks]")
    with zipfile.ZipFile(io.BytesIO(Path(waiting.value.path()).read_bytes())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_video_is_tracked_corrected_and_downloaded(
    page: Page, film: Path, tmp_path: Path
) -> None:
    open_film(page, film)
    drag(page, box_of(1))
    expect(rows(page)).to_have_count(1)
    page.keyboard.press("t")
    expect(page.locator("#progress")).to_have_text("all frames are tracked", timeout=30_000)
    expect(page.locator("#lanes canvas")).to_have_attribute(
        "aria-label", "Object 1: tracked in 10 frames; pointed at in frame 0"
    )
    done = samtrack(
        *("track", film, "--init-box", box_of(1), "--save", "masks", "--weights", "propagation"),
        *("--size", "96", *FAST[2:], "-o", tmp_path / "out"),
    )
    assert done.code == 0, done.err
    first = masks(page)
    assert first.keys() == {f"masks/{number:05d}.png" for number in range(10)}
    for name, content in first.items():
        assert content == (tmp_path / "out" / name).read_bytes(), name
    page.locator("#scrub").fill("6")
    drag(page, box_of(1, SHOTS[6]))
    expect(page.locator("#progress")).to_have_text("3 frames to track")
    page.click("#track")
    expect(page.locator("#progress")).to_have_text("all frames are tracked", timeout=30_000)
    second = masks(page)
    changed = [number for number, name in enumerate(sorted(first)) if first[name] != second[name]]
    assert changed == [6, 7, 8, 9]
    page.keyboard.press("u")
    expect(page.locator("#redo")).to_be_enabled()
    assert masks(page) == first


def test_objects_are_pointed_at_named_hidden_and_deleted(page: Page, film: Path) -> None:
    page.get_by_role("button", name="balls.mp4").click()
    expect(page.locator("#scrub")).to_have_attribute("max", "9")
    page.mouse.click(*place(page, 36, 34))
    expect(rows(page)).to_have_count(1)
    page.mouse.click(*place(page, 5, 90), button="right")
    page.keyboard.press("n")
    page.mouse.click(*place(page, 130, 68))
    expect(rows(page)).to_have_count(2)
    name = page.get_by_label("Name of object 2")
    name.fill("<b>blue</b>")
    name.press("Enter")
    expect(page.locator("#lanes .lane-name").nth(1)).to_have_text("<b>blue</b>")
    page.get_by_role("button", name="Hide Object 1").click()
    expect(page.get_by_role("button", name="Show Object 1")).to_be_visible()
    page.reload()  # the server has it all
    expect(rows(page)).to_have_count(2)
    page.get_by_role("button", name="Delete Object 1").click()
    expect(rows(page)).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    expect(rows(page)).to_have_count(2)


def test_a_mask_is_painted(page: Page) -> None:
    page.get_by_role("button", name="balls.mp4").click()
    expect(page.locator("#scrub")).to_have_attribute("max", "9")
    page.keyboard.press("c")
    expect(page.get_by_label("Width")).to_be_visible()
    drag(page, "20,20,60,60")
    expect(rows(page)).to_have_count(1)
    page.keyboard.press("e")
    drag(page, "0,0,160,96")  # a line across it
    expect(page.locator("#undo")).to_be_enabled()
    assert 9 < len(masks(page)["masks/00000.png"]) < 2000


def test_everything_is_done_with_the_keyboard(page: Page) -> None:
    page.get_by_role("button", name="balls.mp4").press("Enter")
    expect(page.locator("#stage")).to_be_focused()
    expect(page.locator("#scrub")).to_have_attribute("max", "9")
    for _ in range(6):
        page.keyboard.press("ArrowLeft")  # 8 pixels each, from the middle
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(rows(page)).to_have_count(1)
    page.keyboard.press(".")
    expect(page.locator("#place")).to_have_text(re.compile("^1 "))
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    expect(rows(page)).to_have_count(0)


def test_what_is_no_video_is_said(page: Page, tmp_path: Path) -> None:
    wrong = tmp_path / "notes.mp4"
    wrong.write_text("not a video")
    page.locator("#file").set_input_files(wrong)
    expect(page.get_by_role("alert")).to_have_text(
        "'notes.mp4' is a text, not a video: give another file"
    )


def test_the_camera_is_tracked(page: Page) -> None:
    page.click("#use-camera")
    expect(page.locator("#fps")).to_have_text(re.compile(r"\d"), timeout=20_000)
    drag(page, box_of(1))
    expect(rows(page)).to_have_count(1)
    expect(rows(page).locator(".state")).to_have_text("tracked")
    expect(page.locator("#hold")).to_have_text("Pause")  # it went on by itself
    expect(page.locator("#latency")).to_have_text(re.compile(r"\d+ / \d+ ms"))
    page.mouse.click(*place(page, 36, 34))
    expect(page.locator("#hold")).to_have_text("Go on")
    page.keyboard.press("d")
    expect(rows(page)).to_have_count(0)
    page.click("#camera-stop")
    expect(page.locator("#start")).to_be_visible()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", [390, 768, 1440])
def test_nothing_is_cut_off(browser: Browser, served: Server, theme: str, width: int) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 844},
        color_scheme="dark" if theme == "dark" else "light",
    )
    page = context.new_page()
    page.goto(served.address)
    page.get_by_role("button", name="balls.mp4").click()
    expect(page.locator("#scrub")).to_have_attribute("max", "9")
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
