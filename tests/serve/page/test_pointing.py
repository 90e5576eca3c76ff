"""Pointing at objects in the page: clicks, boxes, strokes, the keyboard."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, Request, Route, expect

from tests.helpers.page_browser import drag, masks, pick_film, place, rows, wait_for_picture

pytestmark = pytest.mark.page


def sent(request: Request) -> dict[str, Any]:
    """What the page has sent."""
    body: dict[str, Any] = request.post_data_json or {}
    return body


def test_objects_are_pointed_at_named_hidden_and_deleted(page: Page, balls: Path) -> None:
    pick_film(page)
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
    pick_film(page)
    page.keyboard.press("c")
    expect(page.get_by_label("Width", exact=True)).to_be_visible()
    drag(page, "20,20,60,60")
    expect(rows(page)).to_have_count(1)
    page.keyboard.press("e")
    drag(page, "0,0,160,96")  # a line across it
    expect(page.locator("#undo")).to_be_enabled()
    assert 9 < len(masks(page)["masks/00000.png"]) < 2000


def test_everything_is_done_with_the_keyboard(page: Page) -> None:
    page.get_by_role("button", name="balls.mp4").press("Enter")
    expect(page.locator("#stage")).to_be_focused()
    wait_for_picture(page)
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


def test_a_preview_is_of_the_place_where_the_pointer_rests(page: Page) -> None:
    pick_film(page)
    slow: list[Route] = []

    def hold(route: Route) -> None:
        slow.append(route)
        if len(slow) > 1:
            route.continue_()

    page.route("**/preview", hold)
    with page.expect_request("**/preview"):
        page.mouse.move(*place(page, 36, 34))
    page.mouse.move(*place(page, 130, 68))
    page.wait_for_timeout(300)  # it rests there while the first answer is not here
    with page.expect_request("**/preview") as asked:
        slow[0].continue_()
    ((x, y, _),) = sent(asked.value)["points"]
    assert (round(x), round(y)) == (130, 68)


def test_a_pointer_that_moves_on_while_a_click_is_computed_gets_its_preview(page: Page) -> None:
    pick_film(page)
    slow: list[Route] = []

    def hold(route: Route) -> None:
        slow.append(route)

    page.route("**/prompts", hold)
    with page.expect_request("**/prompts"):
        page.mouse.click(*place(page, 130, 68))
    pointer = place(page, 134, 70)
    page.mouse.move(*pointer)
    page.wait_for_timeout(300)  # it rests there while the click has no answer
    with page.expect_request("**/preview") as asked:
        slow[0].continue_()
    assert sent(asked.value)["object"] == 1  # what one more click would make of it
    _, (x, y, _) = sent(asked.value)["points"]
    expect(rows(page)).to_have_count(1)
    assert place(page, x, y) == pytest.approx(pointer, abs=1)  # the picture has become smaller


def test_keys_ask_for_no_preview(page: Page) -> None:
    pick_film(page)
    page.mouse.click(*place(page, 36, 34))
    expect(rows(page)).to_have_count(1)
    with page.expect_response("**/preview"):
        page.mouse.move(*place(page, 130, 68))
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))  # noqa: PLW0108
    page.keyboard.press("u")
    expect(rows(page)).to_have_count(0)
    page.wait_for_timeout(300)  # it would be asked for by now
    assert [request.url for request in asked if request.url.endswith("/preview")] == []


def test_another_mask_is_taken_only_where_it_is_seen(page: Page) -> None:
    pick_film(page)

    def among_three(route: Route) -> None:
        """A ball is one mask; the page is told that it may be three."""
        answer = route.fetch()
        number = 2 if route.request.url.endswith("next") else 1
        choice = {"number": number, "count": 3, "score": None}
        route.fulfill(response=answer, json={**answer.json(), "choice": choice})

    page.route(re.compile(r"/prompts(/next)?$"), among_three)
    page.mouse.click(*place(page, 36, 34))
    panel = page.locator("#choice")
    expect(panel).to_be_visible()
    page.keyboard.press(".")
    expect(panel).to_be_hidden()
    page.keyboard.press(",")
    expect(panel).to_be_visible()
    page.keyboard.press("Tab")
    expect(panel).to_contain_text("Mask 2 of")
    expect(page.locator("#stage")).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Point")).to_be_focused()


def test_the_brush_is_a_pixel_wide_or_a_thousand(page: Page) -> None:
    pick_film(page)
    page.keyboard.press("e")
    drag(page, "20,20,60,60")
    expect(page.locator("#message")).to_contain_text("choose an object first")
    page.keyboard.press("c")
    width = page.get_by_label("Width", exact=True)
    expect(width).to_have_value("21")
    page.keyboard.press("]")
    expect(width).to_have_value("25")
    width.fill("5000")
    width.press("Enter")
    expect(width).to_have_value("1001")
    width.fill("1")
    width.press("Enter")
    with page.expect_request("**/strokes") as asked:
        drag(page, "20.6,30.6,61.6,31.6")  # along the middles of pixels
    stroke = sent(asked.value)
    assert stroke["radius"] == 0
    assert stroke["path"] == [[20, 30], [41, 30], [60, 30]]
    expect(rows(page)).to_have_count(1)
    with Image.open(io.BytesIO(masks(page)["masks/00000.png"])) as picture:
        assert np.argwhere(np.asarray(picture)).tolist() == [[30, x] for x in range(20, 61)]


def test_what_is_hidden_catches_no_clicks(page: Page) -> None:
    pick_film(page)
    page.mouse.click(*place(page, 36, 34))
    expect(rows(page)).to_have_count(1)
    page.keyboard.press("h")
    page.reload()
    expect(page.get_by_role("button", name="Show Object 1")).to_be_visible()
    wait_for_picture(page)
    with page.expect_request("**/prompts") as asked:
        page.mouse.click(*place(page, 36, 34))
    assert sent(asked.value)["object"] is None


def test_boxes_and_strokes_are_made_with_the_keyboard(page: Page) -> None:
    pick_film(page)
    stage = page.locator("#stage")
    stage.press("ArrowLeft")
    stage.press("Shift+Enter")
    stage.press("ArrowLeft")
    stage.press("ArrowUp")
    with page.expect_response("**/prompts") as box:
        stage.press("Enter")
    assert sent(box.value.request)["box"] == [64, 40, 73, 49]
    stage.press("c")
    stage.press("Enter")
    stage.press("ArrowRight")
    with page.expect_request("**/strokes") as stroke:
        stage.press("Enter")
    assert sent(stroke.value)["path"] == [[64, 40], [72, 40]]
