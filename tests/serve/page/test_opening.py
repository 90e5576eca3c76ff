"""Opening the page and videos in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from samtracker.serve.server import Server
from tests.conftest import MakeTracker
from tests.helpers.page_browser import open_film, pick_film, place, rows
from tests.helpers.page_server import serving

pytestmark = pytest.mark.page


def test_a_script_in_a_name_is_text(page: Page) -> None:
    script = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    page.on("dialog", lambda dialog: pytest.fail(f"a script has run: {dialog.message}"))
    pick_film(page)
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


def test_what_is_no_video_is_said(page: Page, tmp_path: Path) -> None:
    wrong = tmp_path / "notes.mp4"
    wrong.write_text("not a video")
    page.locator("#file").set_input_files(wrong)
    expect(page.get_by_role("alert")).to_have_text(
        "'notes.mp4' is a text, not a video: give another file"
    )


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


def test_who_finds_the_server_full_is_told_and_tried_again(
    browser: Browser, full_server: Server
) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.clock.install()
        page.goto(full_server.address)
        expect(page.get_by_role("heading", name="The server is full")).to_be_visible()
        expect(page.locator("#start")).to_be_hidden()
        with page.expect_response("**/api/session") as answer:
            page.clock.fast_forward(10_000)
        assert answer.value.status == 503
        with page.expect_response("**/api/session"):
            page.get_by_role("button", name="Try again").click()
