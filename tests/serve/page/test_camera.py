"""Live tracking in the page: of the browser's camera and the server's source."""

from __future__ import annotations

import json
import re
from pathlib import Path

import av
import pytest
from PIL import Image
from playwright.sync_api import Page, WebSocket, WebSocketRoute, expect

from tests.conftest import MakeTracker
from tests.helpers.cli_tools import FRAMES, box_of, two_balls
from tests.helpers.page_browser import drag, place, rows, wait_until
from tests.helpers.page_server import serving

pytestmark = pytest.mark.page


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


class Between:
    """Stands between the page and the server's live socket, and may keep answers back.

    Attributes:
        sent: What the page has sent, a frame as "frame".
        unanswered: How many of these it has no answer to.
    """

    def __init__(self, page: Page) -> None:
        self.sent: list[str] = []
        self.unanswered = 0
        self._most = 0
        self._kept: list[str | bytes] | None = None
        page.route_web_socket("**/api/live", self._connect)
        page.reload()

    @property
    def answers(self) -> int:
        """How many it keeps back."""
        return len(self._kept or [])

    def keep_back(self) -> None:
        self._kept, self._most = [], self.unanswered

    def go_on(self, *, last: str | None = None) -> int:
        """Returns how many were unanswered at once at most; `last` is for the last one's answer."""
        kept, self._kept = self._kept or [], None
        if last is not None:
            kept[-1] = last
        for answer in kept:
            self._answer(answer)
        return self._most

    def _connect(self, page: WebSocketRoute) -> None:
        server = page.connect_to_server()

        def sent(message: str | bytes) -> None:
            self.sent.append("frame" if isinstance(message, bytes) else json.loads(message)["do"])
            self.unanswered += 1
            self._most = max(self._most, self.unanswered)
            server.send(message)

        def answered(message: str | bytes) -> None:
            if self._kept is None:
                self._answer(message)
            else:
                self._kept.append(message)

        self._page = page
        page.on_message(sent)
        server.on_message(answered)

    def _answer(self, message: str | bytes) -> None:
        self.unanswered -= 1
        self._page.send(message)


@pytest.mark.parametrize("last", [None, '{"error": "the picture is no JPEG"}'])
def test_one_frame_more_may_be_under_way_and_none_is_that_of_a_click(
    page: Page, last: str | None
) -> None:
    page.add_init_script("""
        const { convertToBlob } = OffscreenCanvas.prototype;
        OffscreenCanvas.prototype.convertToBlob = function (...settings) {
            this.constructor.encoded = (this.constructor.encoded || 0) + 1;
            return convertToBlob.apply(this, settings);
        };
    """)
    between = Between(page)
    page.click("#use-camera")
    expect(page.locator("#fps")).to_have_text(re.compile(r"\d"), timeout=20_000)
    between.keep_back()
    wait_until(page, lambda: between.unanswered == 2)
    page.wait_for_timeout(300)  # there would be more
    page.mouse.click(*place(page, 36, 34))
    wait_until(page, lambda: between.answers == 2)
    before = len(between.sent)
    assert between.go_on(last=last) == 2
    expect(rows(page)).to_have_count(1)
    assert between.sent[before:] == ["frame", "point"]  # the one that is shown, once more
    encoded = page.evaluate("OffscreenCanvas.encoded")
    assert encoded == between.sent.count("frame") - 1  # which takes long where nothing is drawn


def test_live_frames_ask_for_nothing_else(page: Page) -> None:
    answers: list[object] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda answer: answers.append(answer))  # noqa: PLW0108

    page.on("websocket", listen)
    page.click("#use-camera")
    expect(page.locator("#fps")).to_have_text(re.compile(r"\d"), timeout=20_000)
    drag(page, box_of(1))
    expect(rows(page).locator(".state")).to_have_text("tracked")
    expect(page.locator("#hold")).to_have_text("Pause")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    until = len(answers) + 10
    wait_until(page, lambda: len(answers) >= until)
    assert asked == []


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
