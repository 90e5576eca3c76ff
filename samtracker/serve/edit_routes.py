"""HTTP: point, correct, name, remove, undo, track. Each answer is the session as it is then.

A request names the clip that it is of: two tabs of a browser have one session, and may show two.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import APIRouter

from samtracker.serve.answers import REFUSALS, PointedState, PreviewAnswer, SessionState
from samtracker.serve.bodies import WHOLE, Called, Directed, PaintedInFrame, PointedInFrame, Range
from samtracker.serve.clip import Clip
from samtracker.serve.requests import CurrentClip, CurrentSession
from samtracker.serve.session import Session
from samtracker.serve.status import session_json
from samtracker.serve.timeline import Timeline

router = APIRouter(prefix="/api/clips/{clip}", responses=REFUSALS)


@router.post("/prompts", response_model=PointedState)
async def point(session: CurrentSession, clip: CurrentClip, body: PointedInFrame) -> dict[str, Any]:
    """Give an object, or a new one, the likeliest mask of a box or clicks in a frame."""
    choice = await session.point(clip, body.frame, body.object, body.shown)
    return {**session_json(session), "choice": choice.to_json()}


@router.post("/strokes", response_model=SessionState)
async def paint(session: CurrentSession, clip: CurrentClip, body: PaintedInFrame) -> dict[str, Any]:
    """Paint the mask of an object, or of a new one, in a frame."""
    await session.paint(clip, body.frame, body.object, body.stroke)
    return session_json(session)


@router.post("/prompts/next", response_model=PointedState)
async def next_candidate(session: CurrentSession, clip: CurrentClip) -> dict[str, Any]:
    """Take the next mask that the last box or clicks may mean."""
    choice = await session.next_candidate(clip)
    return {**session_json(session), "choice": choice.to_json()}


@router.post("/preview", response_model=PreviewAnswer)
async def preview(
    session: CurrentSession, clip: CurrentClip, body: PointedInFrame
) -> dict[str, Any]:
    """Return the likeliest mask of a box or clicks, and change nothing."""
    choice = await session.preview(clip, body.frame, body.object, body.shown)
    return {"mask": choice.mask.to_json(), "score": choice.score}


@router.post("/undo", response_model=SessionState)
async def undo(session: CurrentSession, clip: CurrentClip) -> dict[str, Any]:
    """Take the last change back."""
    return await _changed(session, clip, Timeline.undo)


@router.post("/redo", response_model=SessionState)
async def redo(session: CurrentSession, clip: CurrentClip) -> dict[str, Any]:
    """Do again what was undone last."""
    return await _changed(session, clip, Timeline.redo)


@router.patch("/objects/{number}", response_model=SessionState)
async def rename(
    session: CurrentSession, clip: CurrentClip, number: int, body: Called
) -> dict[str, Any]:
    """Call an object something."""
    return await _changed(session, clip, partial(Timeline.rename, object_id=number, name=body.name))


@router.delete("/objects/{number}", response_model=SessionState)
async def remove(session: CurrentSession, clip: CurrentClip, number: int) -> dict[str, Any]:
    """Forget an object."""
    return await _changed(session, clip, partial(Timeline.remove, object_id=number))


@router.put("/direction", response_model=SessionState)
async def direct(session: CurrentSession, clip: CurrentClip, body: Directed) -> dict[str, Any]:
    """Say where frames are tracked to; what was tracked already is kept."""
    await session.direct(clip, body.direction)
    return session_json(session)


@router.post("/track", response_model=SessionState)
async def track(
    session: CurrentSession, clip: CurrentClip, frames: Range = WHOLE
) -> dict[str, Any]:
    """Begin to track on from where it is up to date, to the ends of a range."""
    await session.track(clip, frames.first, frames.last)
    return session_json(session)


@router.delete("/track", response_model=SessionState)
async def stop(session: CurrentSession, clip: CurrentClip) -> dict[str, Any]:
    """Stop tracking; what was tracked is kept."""
    await session.stop(clip)
    return session_json(session)


async def _changed(session: Session, clip: Clip, call: Any) -> dict[str, Any]:
    await session.change(clip, call)
    return session_json(session)
