"""A server without room."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from samtracker.serve.server import Server
from tests.conftest import MakeTracker
from tests.helpers.page_server import Client, serving


@pytest.fixture
def full_server(lite_tracker: MakeTracker, balls: Path) -> Iterator[Server]:
    """A server whose only session is somebody's, with work in it."""
    with serving(lite_tracker(), max_sessions=1) as server, Client(server) as first:
        first.upload(balls)
        yield server
