"""A video in the page: tracked, corrected, downloaded."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.helpers.cli_tools import FAST, SHOTS, box_of, samtrack
from tests.helpers.page_browser import drag, masks, open_film, rows

pytestmark = pytest.mark.page


def test_a_video_is_tracked_corrected_and_downloaded(
    page: Page, balls: Path, tmp_path: Path
) -> None:
    open_film(page, balls)
    drag(page, box_of(1))
    expect(rows(page)).to_have_count(1)
    page.keyboard.press("t")
    expect(page.locator("#progress")).to_have_text("all frames are tracked", timeout=30_000)
    expect(page.locator("#lanes canvas")).to_have_attribute(
        "aria-label", "Object 1: tracked in 10 frames; pointed at in frame 0"
    )
    done = samtrack(
        *("track", balls, "--init-box", box_of(1), "--save", "masks", "--weights", "propagation"),
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


def test_what_is_marked_is_tracked(page: Page, balls: Path) -> None:
    open_film(page, balls)
    drag(page, box_of(1))
    expect(rows(page)).to_have_count(1)
    page.locator("#scrub").fill("4")
    page.keyboard.press("o")
    expect(page.locator("#progress")).to_have_text("4 frames to track")
    page.keyboard.press("t")
    expect(page.locator("#progress")).to_have_text("tracked from frame 0 to 4", timeout=30_000)
    page.locator("#scrub").fill("3")
    page.get_by_role("button", name="First frame: here").click()
    assert list(masks(page)) == ["masks/00003.png", "masks/00004.png"]
    page.locator("#scrub").fill("4")
    page.keyboard.press("o")
    expect(page.locator("#progress")).to_have_text("5 frames to track")


def test_it_tracks_both_ways(page: Page, balls: Path) -> None:
    open_film(page, balls)
    page.locator("#scrub").fill("5")
    drag(page, box_of(1, SHOTS[5]))
    expect(page.locator("#progress")).to_have_text("4 frames to track")
    direction = page.get_by_label("Direction")
    direction.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#progress")).to_have_text("5 frames to track")
    page.set_viewport_size({"width": 390, "height": 800})
    direction.select_option("Both ways")
    expect(page.locator("#progress")).to_have_text("9 frames to track")
    page.click("#track")
    expect(page.locator("#progress")).to_have_text("all frames are tracked", timeout=30_000)
    expect(page.locator("#lanes canvas")).to_have_attribute(
        "aria-label", "Object 1: tracked in 10 frames; pointed at in frame 5"
    )
    assert len(masks(page)) == 10
    page.locator("#scrub").fill("3")
    drag(page, box_of(1, SHOTS[3]))
    expect(page.locator("#progress")).to_have_text("9 frames to track")  # 6 ahead, 3 back
    page.reload()
    expect(direction).to_have_value("both")


def test_before_and_after_are_side_by_side(page: Page, balls: Path) -> None:
    open_film(page, balls)
    expect(page.locator("#compare")).to_be_disabled()
    drag(page, box_of(1))
    expect(rows(page)).to_have_count(1)
    page.keyboard.press("x")
    expect(page.locator("#before")).to_be_visible()
    stage = page.locator("#stage").bounding_box()
    before = page.locator("#before").bounding_box()
    assert stage is not None
    assert before is not None
    assert before["x"] + before["width"] <= stage["x"]
    assert abs(before["width"] - stage["width"]) < 4
    scale = page.locator("#zoom-fit").inner_text()
    page.mouse.move(before["x"] + 9, before["y"] + 9)
    page.mouse.wheel(0, -300)
    expect(page.locator("#zoom-fit")).not_to_have_text(scale)  # both are zoomed
    page.keyboard.press("x")
    expect(page.locator("#before")).to_be_hidden()
