"""HTTP: point, correct, name, remove, undo, track. Each answer is the session as it is then."""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import APIRouter

from samtracker.serve.bodies import WHOLE, Called, Directed, PaintedInFrame, PointedInFrame, Range
from samtracker.serve.requests import CurrentSession
from samtracker.serve.session import Session
from samtracker.serve.status import session_json
from samtracker.serve.timeline import Timeline

router = APIRouter(prefix="/api")


@router.post("/prompts")
async def point(session: CurrentSession, body: PointedInFrame) -> dict[str, Any]:
    """Give an object, or a new one, the likeliest mask of a box or clicks in a frame."""
    choice = await session.point(body.frame, body.object, body.shown)
    return {**session_json(session), "choice": choice.to_json()}


@router.post("/strokes")
async def paint(session: CurrentSession, body: PaintedInFrame) -> dict[str, Any]:
    """Paint the mask of an object, or of a new one, in a frame."""
    await session.paint(body.frame, body.object, body.stroke)
    return session_json(session)


@router.post("/prompts/next")
async def next_candidate(session: CurrentSession) -> dict[str, Any]:
    """Take the next mask that the last box or clicks may mean."""
    choice = await session.next_candidate()
    return {**session_json(session), "choice": choice.to_json()}


@router.post("/preview")
async def preview(session: CurrentSession, body: PointedInFrame) -> dict[str, Any]:
    """Return the likeliest mask of a box or clicks, and change nothing."""
    choice = await session.preview(body.frame, body.object, body.shown)
    return {"mask": choice.mask.to_json(), **choice.to_json()}


@router.post("/undo")
async def undo(session: CurrentSession) -> dict[str, Any]:
    """Take the last change back."""
    return await _changed(session, Timeline.undo)


@router.post("/redo")
async def redo(session: CurrentSession) -> dict[str, Any]:
    """Do again what was undone last."""
    return await _changed(session, Timeline.redo)


@router.patch("/objects/{number}")
async def rename(session: CurrentSession, number: int, body: Called) -> dict[str, Any]:
    """Call an object something."""
    return await _changed(session, partial(Timeline.rename, object_id=number, name=body.name))


@router.delete("/objects/{number}")
async def remove(session: CurrentSession, number: int) -> dict[str, Any]:
    """Forget an object."""
    return await _changed(session, partial(Timeline.remove, object_id=number))


@router.put("/direction")
async def direct(session: CurrentSession, body: Directed) -> dict[str, Any]:
    """Say where frames are tracked to; what was tracked already is kept."""
    await session.direct(body.direction)
    return session_json(session)


@router.post("/track")
async def track(session: CurrentSession, frames: Range = WHOLE) -> dict[str, Any]:
    """Begin to track on from where it is up to date, to the ends of a range."""
    await session.track(frames.first, frames.last)
    return session_json(session)


@router.delete("/track")
async def stop(session: CurrentSession) -> dict[str, Any]:
    """Stop tracking; what was tracked is kept."""
    await session.stop()
    return session_json(session)


async def _changed(session: Session, call: Any) -> dict[str, Any]:
    await session.change(call)
    return session_json(session)
