"""WebSockets: what happens in a session, and live tracking of a browser's camera."""

from __future__ import annotations

import asyncio
import struct
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing, suppress
from functools import partial
from typing import Any, Final, TypeVar

from fastapi import APIRouter, HTTPException, WebSocket, WebSocketDisconnect
from pydantic import ValidationError
from starlette.websockets import WebSocketState

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
    SourceFrameBefore,
    SourceFrameWanted,
)
from samtracker.serve.guarded_pictures import GuardedPictures
from samtracker.serve.live import LiveStream
from samtracker.serve.requests import find_session, secret_of, sessions_of
from samtracker.serve.session import Session
from samtracker.serve.source import SharedSource, SourceFrame
from samtracker.serve.status import clean_json, clip_json, result_json, states_json, tracking_json

router = APIRouter(prefix="/api")
Made = TypeVar("Made")

EVERY: Final = 0.08
"""Seconds between two messages on what happens, at least."""

MOST_SOCKETS: Final = 8
"""Sockets that a session may have open at once."""

AFTER_ERROR: Final = 0.02
"""Seconds that a message takes at least which cannot be answered: rubbish costs its sender most."""

TAKEN_OVER: Final = 4001
"""Code with which a socket is closed because the session has opened another one for its stream."""

HEAD: Final = struct.Struct("<d")
"""What a message with a frame begins with: the time of the frame in seconds. A JPEG follows."""


@router.websocket("/events")
async def events(socket: WebSocket) -> None:
    """Tell of frames that are read and tracked, as they are."""
    if not await _accept(socket):
        return
    with sessions_of(socket).connected(secret_of(socket)):
        listening = asyncio.create_task(_until_closed(socket))
        try:
            await _tell(socket, listening)
        except WebSocketDisconnect:
            pass
        finally:
            listening.cancel()


async def _tell(socket: WebSocket, listening: asyncio.Task[None]) -> None:
    """Tell what happens in the session while it is in memory; to listen is no use of it."""
    sessions, secret = sessions_of(socket), secret_of(socket)
    session = sessions.at_work(secret)
    tracked: list[int] = [] if session is None else session.tracked
    sent, last = len(tracked), ""
    while not listening.done():
        session = sessions.at_work(secret)
        if session is not None:
            if session.tracked is not tracked:  # of another clip, or of a session that came back
                tracked, sent = session.tracked, 0
            frames = tracked[sent:]
            sent += len(frames)
            message: dict[str, Any] = {
                **tracking_json(session),
                "clip": None if session.clip is None else clip_json(session.clip),
                **clean_json(session),
                "tracked": [[frame, states_json(session, frame)] for frame in frames],
            }
            if frames or str(message) != last:
                await socket.send_json(message)
                last = str({**message, "tracked": []})
        await asyncio.wait([listening], timeout=EVERY)


async def _until_closed(socket: WebSocket) -> None:
    """Wait for the end of a socket; whoever sends something is no page of ours."""
    if (await socket.receive())["type"] != "websocket.disconnect":
        await socket.close(1008)


@router.websocket("/live")
async def live(socket: WebSocket) -> None:
    """Track what comes: a binary message is a frame, a text a command; each has an answer."""
    if not await _accept(socket):
        return

    async def answer(session: Session, message: Any) -> None:
        stream, begin = session.live, time.perf_counter()
        found: dict[str, Any] = {}
        if message.get("bytes") is not None:
            code: bytes = message["bytes"]
            (seconds,) = HEAD.unpack_from(code)
            picture = await asyncio.to_thread(pictures.decode, code[HEAD.size :])
            await _call(socket, session, partial(stream.step, picture, seconds))
        else:
            command = LIVE_MESSAGE.validate_json(message.get("text") or "")
            found = await _call(socket, session, partial(_obey, stream, command))
        await socket.send_json({**await _result(stream, begin), **found})

    with closing(GuardedPictures()) as pictures:
        await _converse(socket, answer)


@router.websocket("/source")
async def source(socket: WebSocket) -> None:
    """Track the server's source: a frame or a command is asked for; each has an answer."""
    shared: SharedSource | None = socket.app.state.source
    if shared is None:
        await socket.close(1008)
        return
    if not await _accept(socket):
        return
    last = -1
    sent: deque[SourceFrame] = deque(maxlen=2)

    async def answer(session: Session, message: Any) -> None:
        stream = session.watched
        command = SOURCE_MESSAGE.validate_json(message.get("text") or "")
        if isinstance(command, SourceFrameWanted):
            await next_frame(session)
            return
        begin = time.perf_counter()
        found: dict[str, Any] = {}
        if isinstance(command, SourceFrameBefore):
            if not sent:
                raise VideoError("there is no frame yet: ask for one first")
            now = sent.pop() if len(sent) > 1 else sent[0]
            await _call(socket, session, partial(stream.step, sent[0].image, now.time))
        else:
            found = await _call(socket, session, partial(_obey, stream, command))
        await socket.send_json({**await _result(stream, begin), **found})

    async def next_frame(session: Session) -> None:
        nonlocal last
        stream, frame = session.watched, await shared.after(last)
        if frame is None:
            last = -1
            raise VideoError("the source has ended: go on to have it opened again")
        begin = time.perf_counter()
        dropped = 0 if last < 0 else frame.index - last - 1
        last = frame.index
        sent.append(frame)
        await _call(socket, session, partial(stream.step, frame.image, frame.time))
        result = await _result(stream, begin)
        picture = await asyncio.to_thread(lambda: frame.picture)
        await socket.send_json({**result, "dropped": dropped})
        await socket.send_bytes(picture)

    await _converse(socket, answer)


async def _call(socket: WebSocket, session: Session, call: Callable[[], Made]) -> Made:
    """Make a call of a session in its turn, unless another socket has taken over by then."""

    def make() -> Made:
        if _is_closed(socket):
            raise WebSocketDisconnect(TAKEN_OVER)
        return call()

    return await session.calls.run(make)


async def _converse(socket: WebSocket, answer: Callable[[Session, Any], Awaitable[None]]) -> None:
    """Answer each message of a socket until it is closed; its session may come from the disk."""
    async with _alone(socket):
        while (message := await socket.receive())["type"] != "websocket.disconnect":
            try:
                try:
                    session = await find_session(socket)
                    if session is None:
                        await socket.close(1008)
                        return
                    await answer(session, message)
                except (HTTPException, SamTrackerError, ValidationError, struct.error) as error:
                    await asyncio.sleep(AFTER_ERROR)
                    await socket.send_json({"error": _text_of(error)})
            except WebSocketDisconnect:
                return
            except RuntimeError:
                if _is_closed(socket):
                    return
                raise


@asynccontextmanager
async def _alone(socket: WebSocket) -> AsyncIterator[None]:
    """Have the stream of a session alone: a socket that had it, as of another tab, is closed."""
    sessions, secret = sessions_of(socket), secret_of(socket)
    stream = (secret, socket.url.path)
    before, sessions.streams[stream] = sessions.streams.get(stream), socket
    with sessions.connected(secret):
        try:
            if before is not None:
                with suppress(RuntimeError, WebSocketDisconnect):  # it may be closed already
                    await before.close(TAKEN_OVER)
            yield
        finally:
            if sessions.streams.get(stream) is socket:
                del sessions.streams[stream]


def _is_closed(socket: WebSocket) -> bool:
    """Return whether the server has closed a socket meanwhile, as another one took over."""
    return socket.application_state is WebSocketState.DISCONNECTED


def _text_of(error: Exception) -> str:
    if isinstance(error, HTTPException):
        return str(error.detail)
    return str(error) if isinstance(error, SamTrackerError) else "the message is not understood"


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


async def _accept(socket: WebSocket) -> bool:
    """Accept a socket of somebody who has a session; return whether that is so."""
    try:
        session = await find_session(socket)
    except HTTPException:
        session = None
    if session is None:
        await socket.close(1008)
    elif sessions_of(socket).sockets[secret_of(socket)] >= MOST_SOCKETS:
        await socket.close(1013)
    else:
        await socket.accept()
        return True
    return False
