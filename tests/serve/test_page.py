"""The page in a real browser."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Request, Route, expect

from samtracker.serve.server import Server
from tests.conftest import MakeTracker
from tests.helpers.cli_tools import FAST, FRAMES, SHOTS, box_of, samtrack, two_balls
from tests.helpers.page_browser import drag, open_film, place, rows, wait_for_picture
from tests.helpers.page_server import Client, serving

pytestmark = pytest.mark.page
THEMES = ["light", "dark"]


def masks(page: Page) -> dict[str, bytes]:
    """Downloads the masks."""
    page.click("#download")
    with page.expect_download() as waiting:
        page.click("[data-format=masks]")
    with zipfile.ZipFile(io.BytesIO(Path(waiting.value.path()).read_bytes())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def sent(request: Request) -> dict[str, Any]:
    """What the page has sent."""
    body: dict[str, Any] = request.post_data_json or {}
    return body


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


def test_objects_are_pointed_at_named_hidden_and_deleted(page: Page, balls: Path) -> None:
    page.get_by_role("button", name="balls.mp4").click()
    wait_for_picture(page)
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


def test_a_script_in_a_name_is_text(page: Page) -> None:
    script = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    page.on("dialog", lambda dialog: pytest.fail(f"a script has run: {dialog.message}"))
    page.get_by_role("button", name="balls.mp4").click()
    wait_for_picture(page)
    page.mouse.click(*place(page, 36, 34))
    name = page.get_by_label("Name of object 1")
    name.fill(script)
    name.press("Enter")
    for again in (False, True):
        if again:
            page.reload()
        expect(page.locator("#lanes .lane-name")).to_have_text(script)
        expect(page.get_by_label("Name of object 1")).to_have_value(script)
        expect(page.locator("img:not(.brand img), body script")).to_have_count(0)


def test_a_mask_is_painted(page: Page) -> None:
    page.get_by_role("button", name="balls.mp4").click()
    wait_for_picture(page)
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
    page.get_by_label("Name of object 1").fill("ball")
    expect(page.locator("#hold")).to_have_text("Pause")  # one types while it goes on
    page.mouse.click(*place(page, 36, 34))
    expect(page.locator("#hold")).to_have_text("Go on")
    page.keyboard.press("+")
    with page.expect_download() as still:
        page.get_by_role("button", name="Snapshot").click()
    with Image.open(still.value.path()) as picture:
        size = picture.size
    assert size[0] * 96 == size[1] * 160  # the frame alone
    page.keyboard.press("0")
    page.keyboard.press("e")
    drag(page, "0,0,160,96")
    expect(page.locator("#choice")).to_be_hidden()
    page.keyboard.press("p")
    page.keyboard.press("d")
    expect(rows(page)).to_have_count(0)
    page.keyboard.press("Space")
    page.get_by_role("button", name="Record").click()
    expect(page.locator("#recorded")).to_have_text(re.compile(r"[1-9]"))
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Stop recording").click()
    assert re.fullmatch(r"samtrack-[\d-]+\.(webm|mp4)", waiting.value.suggested_filename)
    with av.open(str(waiting.value.path())) as video:
        assert {(frame.width, frame.height) for frame in video.decode(video=0)} == {size}
    page.reload()
    expect(page.locator("#fps")).to_have_text(re.compile(r"\d"), timeout=20_000)
    page.click("#camera-stop")
    expect(page.locator("#start")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()


def test_the_source_of_the_server_is_tracked(
    page: Page, lite_tracker: MakeTracker, tmp_path: Path
) -> None:
    expect(page.locator("#files")).to_be_visible()
    expect(page.locator("#to-source")).to_be_hidden()
    still = two_balls(tmp_path / "still.mkv", [FRAMES[0]] * 1500)  # a minute
    with serving(lite_tracker(), source=str(still)) as server:
        page.goto(server.address)
        page.click("#to-source")
        expect(page.locator("#fps")).to_have_text(re.compile(r"\d"), timeout=20_000)
        drag(page, box_of(1))
        expect(rows(page).locator(".state")).to_have_text("tracked")
        expect(page.locator("#hold")).to_have_text("Pause")
        page.click("#camera-stop")
        page.goto("about:blank")


def test_a_click_is_meant_for_the_picture_that_is_shown(
    page: Page, lite_tracker: MakeTracker, tmp_path: Path
) -> None:
    still = two_balls(tmp_path / "still.mkv", [FRAMES[0]] * 1500)
    told: list[str] = []
    with serving(lite_tracker(), source=str(still)) as server:
        page.on(
            "websocket",
            lambda socket: socket.on("framesent", lambda text: told.append(str(text))),
        )
        page.goto(server.address)
        page.click("#to-source")
        expect(page.locator("#fps")).to_have_text(re.compile(r"\d"), timeout=20_000)
        drag(page, box_of(1))
        expect(rows(page)).to_have_count(1)
        page.click("#camera-stop")
        page.goto("about:blank")
    orders = [json.loads(text)["do"] for text in told]
    assert orders[orders.index("point") - 1] == "before"  # one is always on its way


def test_clicks_in_quick_succession_are_about_one_object(page: Page) -> None:
    told: list[str] = []
    page.on(
        "websocket",
        lambda socket: socket.on("framesent", lambda sent: told.append(str(sent))),
    )
    page.click("#use-camera")
    expect(page.locator("#fps")).to_have_text(re.compile(r"\d"), timeout=20_000)
    x, y = place(page, 36, 34)
    page.mouse.click(x, y)
    page.mouse.click(x + 6, y + 6)
    expect(rows(page)).to_have_count(1)
    page.keyboard.press("Space")
    expect(rows(page).locator(".state")).to_have_text("tracked")
    orders = [json.loads(text) for text in told if text.startswith("{")]
    assert [order["object"] for order in orders if order["do"] == "point"] == [None, 1]


def test_a_camera_that_comes_too_late_is_closed(page: Page) -> None:
    page.evaluate("""() => {
        const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = async (wanted) => {
            const stream = await ask(wanted), [track] = stream.getTracks();
            const { dataset } = document.body;
            const stop = track.stop.bind(track);
            track.stop = () => {
                stop();
                dataset.camera = "stopped";
            };
            dataset.camera = "asked for";
            await new Promise((allowed) => addEventListener("allow", allowed, { once: true }));
            return stream;
        };
    }""")
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    camera = page.locator("body")
    page.click("#use-camera")
    expect(camera).to_have_attribute("data-camera", "asked for")
    page.click("#to-video")
    expect(page.locator("#start")).to_be_visible()
    page.evaluate("dispatchEvent(new Event('allow'))")
    expect(camera).to_have_attribute("data-camera", "stopped")
    assert [url for url in sockets if url.endswith("/live")] == []
    assert page.evaluate("sessionStorage.getItem('live')") is None
    page.click("#use-camera")
    expect(camera).to_have_attribute("data-camera", "asked for")
    page.evaluate("dispatchEvent(new Event('allow'))")
    expect(page.locator("#fps")).to_have_text(re.compile(r"\d"), timeout=20_000)


def test_live_tracking_goes_on_in_the_tab_that_came_last(page: Page) -> None:
    page.click("#use-camera")
    expect(page.locator("#fps")).to_have_text(re.compile(r"\d"), timeout=20_000)
    drag(page, box_of(1))
    expect(rows(page).locator(".state")).to_have_text("tracked")
    other = page.context.new_page()
    other.goto(page.url)
    other.click("#use-camera")
    expect(rows(other).locator(".state")).to_have_text("tracked", timeout=20_000)
    page.bring_to_front()
    expect(page.get_by_text("goes on in another tab")).to_be_visible()
    page.keyboard.press("u")
    expect(page.get_by_text("nothing is changed")).to_be_visible()
    page.click("#hold")
    expect(page.get_by_text("goes on in another tab")).to_be_hidden()
    expect(page.locator("#hold")).to_have_text("Pause")
    expect(page.locator("#fps")).to_have_text(re.compile(r"\d"), timeout=20_000)
    other.bring_to_front()
    expect(other.get_by_text("goes on in another tab")).to_be_visible()
    other.close()


def test_the_link_may_come_from_a_page_of_another_site(
    browser: Browser, lite_tracker: MakeTracker
) -> None:
    with serving(lite_tracker(), host="0.0.0.0") as server, browser.new_context() as context:
        page = context.new_page()
        page.set_content(f"<a href='{server.link}'>look</a>")
        for enter in (lambda: page.click("a"), page.reload):
            with page.expect_response("**/api/session") as answer:
                enter()
            assert answer.value.status == 200
            expect(page).to_have_url(server.address)
        page.goto("about:blank")


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


def test_a_preview_is_of_the_place_where_the_pointer_rests(page: Page) -> None:
    page.get_by_role("button", name="balls.mp4").click()
    wait_for_picture(page)
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
    page.get_by_role("button", name="balls.mp4").click()
    wait_for_picture(page)
    slow: list[Route] = []

    def hold(route: Route) -> None:
        slow.append(route)

    page.route("**/prompts", hold)
    with page.expect_request("**/prompts"):
        page.mouse.click(*place(page, 130, 68))
    page.mouse.move(*place(page, 134, 70))
    page.wait_for_timeout(300)  # it rests there while the click has no answer
    with page.expect_request("**/preview") as asked:
        slow[0].continue_()
    assert sent(asked.value)["object"] == 1  # what one more click would make of it
    assert len(sent(asked.value)["points"]) == 2
    expect(rows(page)).to_have_count(1)


def test_work_is_not_lost_without_a_question(page: Page, balls: Path) -> None:
    open_film(page, balls)
    page.mouse.click(*place(page, 36, 34))
    expect(rows(page)).to_have_count(1)
    page.click("#open")
    page.get_by_role("button", name="balls.mp4").click()
    question = page.get_by_role("dialog", name="Open another video?")
    expect(question).to_contain_text("ends the work on balls.mp4")
    with page.expect_download() as waiting:
        question.get_by_role("button", name="Save the project").click()
    assert waiting.value.suggested_filename == "balls.samtrack"
    question.get_by_role("button", name="Cancel").click()
    page.click("#to-video")
    expect(rows(page)).to_have_count(1)
    page.locator("#file").set_input_files(balls)
    question.get_by_role("button", name="Open the other").click()
    expect(rows(page)).to_have_count(0)


def test_another_mask_is_taken_only_where_it_is_seen(page: Page) -> None:
    page.get_by_role("button", name="balls.mp4").click()
    wait_for_picture(page)

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
    page.get_by_role("button", name="balls.mp4").click()
    wait_for_picture(page)
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
    page.get_by_role("button", name="balls.mp4").click()
    wait_for_picture(page)
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
    page.get_by_role("button", name="balls.mp4").click()
    wait_for_picture(page)
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


def test_an_upload_is_shown_and_cancelled(page: Page, balls: Path) -> None:
    open_film(page, balls)

    def hold(_: Route) -> None:
        """The server never gets it."""

    page.route(re.compile(r"/api/clip\?"), hold)
    page.locator("#file").set_input_files(balls)
    expect(page.get_by_role("progressbar", name="Uploading balls.mp4")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#message")).to_have_text("the upload was cancelled")
    expect(page.get_by_role("progressbar")).to_be_hidden()


def test_who_finds_the_server_full_is_told_and_tried_again(
    browser: Browser, lite_tracker: MakeTracker, balls: Path
) -> None:
    with (
        serving(lite_tracker(), max_sessions=1) as server,
        Client(server) as first,
        browser.new_context() as context,
    ):
        first.upload(balls)
        page = context.new_page()
        page.clock.install()
        page.goto(server.address)
        expect(page.get_by_role("heading", name="The server is full")).to_be_visible()
        expect(page.locator("#start")).to_be_hidden()
        with page.expect_response("**/api/session") as answer:
            page.clock.fast_forward(10_000)
        assert answer.value.status == 503
        with page.expect_response("**/api/session"):
            page.get_by_role("button", name="Try again").click()


def test_an_upload_is_cancelled_before_it_begins(page: Page, balls: Path) -> None:
    open_film(page, balls)
    asked: list[Route] = []

    def hold(route: Route) -> None:
        asked.append(route)
        if len(asked) == 1:  # whether there is work that another video would end
            route.continue_()

    page.route("**/api/session", hold)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    page.locator("#file").set_input_files(balls)
    page.get_by_role("button", name="Cancel").click()
    asked[1].continue_()
    expect(page.locator("#message")).to_have_text("the upload was cancelled")
    assert "PUT" not in sent
