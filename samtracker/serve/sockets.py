"""WebSockets: what happens in a session, and live tracking of a browser's camera."""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

from fastapi import APIRouter, HTTPException, WebSocket, WebSocketDisconnect
from pydantic import ValidationError

from samtracker.errors import SamTrackerError, VideoError
from samtracker.serve.bodies import (
    LIVE_MESSAGE,
    SOURCE_MESSAGE,
    LiveMessage,
    LiveName,
    LivePaint,
    LivePoint,
    LivePreview,
    LiveRemoval,
    SourceFrameWanted,
)
from samtracker.serve.live import LiveStream
from samtracker.serve.requests import connected, find_session
from samtracker.serve.session import Session
from samtracker.serve.source import SharedSource
from samtracker.serve.status import clean_json, clip_json, result_json, states_json, tracking_json
from samtracker.video.jpeg import decode_jpeg

router = APIRouter(prefix="/api")

EVERY: Final = 0.08
"""Seconds between two messages on what happens, at least."""

MOST_SOCKETS: Final = 8
"""Sockets that a session may have open at once."""

AFTER_ERROR: Final = 0.02
"""Seconds that a message takes at least which cannot be answered: rubbish costs its sender most."""

MOST_PIXELS: Final = 1920 * 1088
"""Largest frame of a camera."""

HEAD: Final = struct.Struct("<d")
"""What a message with a frame begins with: the time of the frame in seconds. A JPEG follows."""


@router.websocket("/events")
async def events(socket: WebSocket) -> None:
    """Tell of frames that are read and tracked, as they are."""
    session = await _accept(socket)
    if session is None:
        return
    with connected(session):
        listening = asyncio.create_task(_until_closed(socket))
        try:
            await _tell(socket, session, listening)
        except WebSocketDisconnect:
            pass
        finally:
            listening.cancel()


async def _tell(socket: WebSocket, session: Session, listening: asyncio.Task[None]) -> None:
    clip, sent, last = session.clip, len(session.tracked), ""
    while not listening.done():
        if session.clip is not clip:
            clip, sent = session.clip, 0
        frames = session.tracked[sent:]
        sent += len(frames)
        message: dict[str, Any] = {
            **tracking_json(session),
            "clip": None if clip is None else clip_json(clip),
            **clean_json(session),
            "tracked": [[frame, states_json(session, frame)] for frame in frames],
        }
        if frames or str(message) != last:
            await socket.send_json(message)
            last = str({**message, "tracked": []})
        session.used = time.monotonic()
        await asyncio.wait([listening], timeout=EVERY)


async def _until_closed(socket: WebSocket) -> None:
    """Wait for the end of a socket; whoever sends something is no page of ours."""
    if (await socket.receive())["type"] != "websocket.disconnect":
        await socket.close(1008)


@router.websocket("/live")
async def live(socket: WebSocket) -> None:
    """Track what comes: a binary message is a frame, a text a command; each has an answer."""
    session = await _accept(socket)
    if session is None:
        return

    async def answer(message: Any) -> None:
        stream, begin = session.live, time.perf_counter()
        found: dict[str, Any] = {}
        if message.get("bytes") is not None:
            code: bytes = message["bytes"]
            (seconds,) = HEAD.unpack_from(code)
            picture = await asyncio.to_thread(
                decode_jpeg, code[HEAD.size :], most_pixels=MOST_PIXELS
            )
            await session.run(partial(stream.step, picture, seconds))
        else:
            command = LIVE_MESSAGE.validate_json(message.get("text") or "")
            found = await session.run(partial(_obey, stream, command))
        await socket.send_json({**await _result(stream, begin), **found})

    await _converse(socket, session, answer)


@router.websocket("/source")
async def source(socket: WebSocket) -> None:
    """Track the server's source: a frame or a command is asked for; each has an answer."""
    shared: SharedSource | None = socket.app.state.source
    if shared is None:
        await socket.close(1008)
        return
    session = await _accept(socket)
    if session is None:
        return
    last = -1

    async def answer(message: Any) -> None:
        nonlocal last
        stream = session.watched
        command = SOURCE_MESSAGE.validate_json(message.get("text") or "")
        if not isinstance(command, SourceFrameWanted):
            begin = time.perf_counter()
            found = await session.run(partial(_obey, stream, command))
            await socket.send_json({**await _result(stream, begin), **found})
            return
        frame = await shared.after(last)
        if frame is None:
            raise VideoError("the source has ended: there are no more frames")
        begin = time.perf_counter()
        dropped = 0 if last < 0 else frame.index - last - 1
        last = frame.index
        await session.run(partial(stream.step, frame.image, frame.time))
        result = await _result(stream, begin)
        picture = await asyncio.to_thread(lambda: frame.picture)
        await socket.send_json({**result, "dropped": dropped})
        await socket.send_bytes(picture)

    await _converse(socket, session, answer)


async def _converse(
    socket: WebSocket, session: Session, answer: Callable[[Any], Awaitable[None]]
) -> None:
    """Answer each message of a socket, until it is closed."""
    with connected(session):
        while (message := await socket.receive())["type"] != "websocket.disconnect":
            session.used = time.monotonic()
            try:
                try:
                    await answer(message)
                except (SamTrackerError, ValidationError, struct.error) as error:
                    own = isinstance(error, SamTrackerError)
                    text = str(error) if own else "the message is not understood"
                    await asyncio.sleep(AFTER_ERROR)
                    await socket.send_json({"error": text})
            except WebSocketDisconnect:
                return


async def _result(stream: LiveStream, begin: float) -> dict[str, Any]:
    objects = await asyncio.to_thread(result_json, stream.result)
    return {
        "time": stream.time,
        "seconds": round(time.perf_counter() - begin, 4),
        "objects": objects,
        "choice": None if stream.choice is None else stream.choice.to_json(),
    }


def _obey(stream: LiveStream, command: LiveMessage) -> dict[str, Any]:
    """Do what a command says; return what its answer has beside the result."""
    if isinstance(command, LivePreview):
        return {"mask": stream.preview(command.object, command.shown).mask.to_json()}
    if isinstance(command, LivePoint):
        stream.point(command.object, command.shown)
    elif isinstance(command, LivePaint):
        stream.paint(command.object, command.stroke)
    elif isinstance(command, LiveRemoval):
        stream.remove(command.object)
    elif isinstance(command, LiveName):
        stream.rename(command.object, command.name)
    elif command.do == "next":
        stream.next_candidate()
    elif command.do == "undo":
        stream.undo()
    else:
        stream.reset()
    return {}


async def _accept(socket: WebSocket) -> Session | None:
    """Accept a socket of somebody who has a session."""
    try:
        session = await find_session(socket)
    except HTTPException:
        session = None
    if session is None:
        await socket.close(1008)
        return None
    if session.connections >= MOST_SOCKETS:
        await socket.close(1013)
        return None
    await socket.accept()
    return session
