"""A server for the tests of a file, and somebody who uses it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from samtracker.serve.server import Server
from tests.conftest import MakeTracker
from tests.helpers.cli_tools import two_balls
from tests.helpers.forked import started
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
