"""Clients that send much, or little and slowly: everybody else is served."""

from __future__ import annotations

import json
import socket
import time
from contextlib import ExitStack, closing, suppress

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from samtracker.serve import connection, socket_connection, upload
from samtracker.serve.server import Server
from tests.conftest import MakeTracker
from tests.helpers.page_server import PATIENCE, Client, serving


def dial(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.config.port), timeout=20)


def test_ten_thousand_messages_harm_nobody(server: Server, client: Client) -> None:
    with Client(server) as flooding, closing(flooding.socket("live").socket) as flood:
        flood.settimeout(0.2)
        frame = b"\x81\x81\0\0\0\0{" * 1000  # a thousand messages of one character
        with suppress(TimeoutError):  # the server does not read on
            for _ in range(10):
                flood.sendall(frame)
        for _ in range(3):  # within the client's patience
            assert client.refresh()["clip"] is None
        with client.socket("live") as live:
            live.send(json.dumps({"do": "next"}))
            assert "point at something first" in str(live.recv(timeout=PATIENCE))


def test_whoever_talks_where_nothing_is_heard_is_cut_off(client: Client) -> None:
    with client.socket("events") as events:
        events.send("x" * 1000)
        with pytest.raises(ConnectionClosed, match="1008"):
            [events.recv(timeout=PATIENCE) for _ in range(100)]


def test_a_session_has_only_so_many_sockets(client: Client) -> None:
    with ExitStack() as stack:
        sockets = [stack.enter_context(client.socket("events")) for _ in range(8)]
        for opened in sockets:
            opened.recv(timeout=PATIENCE)
        with pytest.raises(InvalidStatus, match="403"):
            client.socket("events")


def test_half_open_connections_make_room(lite_tracker: MakeTracker) -> None:
    with serving(lite_tracker(), max_sessions=1) as server, ExitStack() as stack:
        half = [stack.enter_context(dial(server)) for _ in range(60)]  # 40 may be open
        for number, opened in enumerate(half):
            with suppress(ConnectionError):
                opened.sendall(b"GET / HTTP/1.1\r\nHost: 127.0" if number % 2 else b"")
        with Client(server) as client:
            assert client.refresh()["clip"] is None


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        (b"", b""),
        (b"GET / HTTP/1.1\r\nHost: 127", b""),
        (
            b"POST /api/clips/x/track HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n{",
            b"40",
        ),
        (
            b"POST /api/clips/x/prompts HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n"
            b"Content-Type: application/json\r\nCookie: %s\r\n\r\n{",
            b"HTTP/1.1 408",
        ),
    ],
)
def test_what_does_not_go_on_is_ended(
    server: Server, client: Client, sent: bytes, answered: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "HEADERS", 0.2)
    monkeypatch.setattr(connection, "BODY", 0.2)
    cookies = "; ".join(f"{key}={value}" for key, value in client.http.cookies.items())
    with dial(server) as opened:
        opened.sendall(sent.replace(b"%s", cookies.encode()))
        received = b""
        with suppress(ConnectionError):
            while b"error" not in received and (part := opened.recv(65536)):
                received += part
        assert answered in received[:12]
        assert bool(answered) == bool(received)


def test_an_upload_that_drips_is_ended(
    server: Server, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "WAIT", 0.2)
    cookies = "; ".join(f"{key}={value}" for key, value in client.http.cookies.items())
    head = (
        "PUT /api/clip?name=a.mp4 HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900000\r\n"
        f"Cookie: {cookies}\r\n\r\n"
    )
    with dial(server) as opened:
        opened.sendall(head.encode())
        opened.settimeout(0.05)
        end = time.monotonic() + PATIENCE
        received = b""
        while not received:
            assert time.monotonic() < end
            with suppress(TimeoutError):
                opened.sendall(b"x")  # more often than it must be
                received = opened.recv(65536)
        assert received.startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize("begun", [b"\x01\x81\0\0\0\0{", b"\x81\x82\0\0\0\0{", b"\x81"])
def test_a_message_that_does_not_go_on_is_ended(
    server: Server, client: Client, begun: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_connection, "MESSAGE", 0.3)
    with Client(server) as other, other.socket("live") as quiet:
        with client.socket("live") as live:
            live.socket.sendall(begun)
            with pytest.raises(ConnectionClosed):
                live.recv(timeout=PATIENCE)
        quiet.send(json.dumps({"do": "next"}))  # which has waited for as long
        assert "point at something first" in str(quiet.recv(timeout=PATIENCE))


def test_a_message_may_come_in_pieces(client: Client) -> None:
    with client.socket("live") as live:
        live.send(['{"do":', ' "next"}'])
        assert "point at something first" in str(live.recv(timeout=PATIENCE))


def test_a_message_in_pieces_is_not_longer_than_a_whole_one(client: Client) -> None:
    with client.socket("live") as live:
        with suppress(ConnectionClosed):
            live.send([*[bytes(2**20)] * 4, b"x"])
        with pytest.raises(ConnectionClosed, match="1009"):
            live.recv(timeout=PATIENCE)
