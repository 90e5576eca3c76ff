"""A server for the tests of a file, and somebody who uses it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from samtracker.serve.server import Server
from tests.conftest import MakeTracker
from tests.helpers.cameras import jpeg
from tests.helpers.cli_tools import FRAMES, two_balls
from tests.helpers.forked import started
from tests.helpers.page_browser import chromium
from tests.helpers.page_server import Client, serving


@pytest.fixture(scope="package", autouse=True)
def everything_imported() -> None:
    """The fork server, of which there is one, must be the one that all tests want."""
    started()


@pytest.fixture(scope="package")
def balls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The film of two balls."""
    return two_balls(tmp_path_factory.mktemp("films") / "balls.mp4")


@pytest.fixture(scope="package")
def server(lite_tracker: MakeTracker, balls: Path) -> Iterator[Server]:
    with serving(lite_tracker(), folder=balls.parent, max_sessions=64, max_upload=10**6) as server:
        yield server


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with Client(server) as client:
        yield client


@pytest.fixture(scope="package")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    camera = tmp_path_factory.mktemp("camera") / "balls.mjpeg"
    camera.write_bytes(b"".join(map(jpeg, [FRAMES[0]] * 90)))
    with chromium(
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={camera}",
    ) as started:
        yield started


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """The page in a window of its own; what it throws or complains of is a failure."""
    context = browser.new_context(permissions=["camera"])
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda told: complaints.append(told.text))
    page.goto(server.address)
    yield page
    context.close()
    # Chromium tells of every refusal; what the page makes of it is tested.
    assert [text for text in complaints if "Failed to load resource" not in text] == []
