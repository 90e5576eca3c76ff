"""HTTP: open a video, look at its frames, and take the results home."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import FileResponse

from samtracker.serve.access import set_cookie
from samtracker.serve.answers import (
    REFUSALS,
    FilesAnswer,
    FoundObjects,
    SessionState,
    WrittenAnswer,
)
from samtracker.serve.bodies import WHOLE, FileChoice, Range
from samtracker.serve.exports import FILES, export
from samtracker.serve.file_list import list_files
from samtracker.serve.requests import (
    CurrentClip,
    CurrentSession,
    config_of,
    cookie_of,
    find_session,
    sessions_of,
)
from samtracker.serve.status import found_json, session_json
from samtracker.serve.upload import receive, shown_name

router = APIRouter(prefix="/api", responses=REFUSALS)

Format = Literal["overlay", "alpha", "masks", "rle", "csv", "coco", "webm"]
UNCHANGING = {"Cache-Control": "private, max-age=86400, immutable"}


@router.get("/session", response_model=SessionState)
async def session(request: Request, response: Response) -> dict[str, Any]:
    """Return all that is known of the session; without one, begin it."""
    found = await find_session(request)
    if found is None:
        secret, found = await sessions_of(request).make()
        set_cookie(response, request, cookie_of(request), secret)
    return session_json(found)


@router.get("/files", response_model=FilesAnswer)
async def files(request: Request) -> dict[str, Any]:
    """Return the names of the videos in the server's folder, and whether it has a live source."""
    config = config_of(request)
    names = list(await asyncio.to_thread(list_files, config.folder))
    return {"files": names, "source": config.source is not None}


@router.post("/clip", response_model=SessionState)
async def open_file(request: Request, session: CurrentSession, choice: FileChoice) -> Any:
    """Open a video of the server's folder."""
    found = await asyncio.to_thread(list_files, config_of(request).folder)
    if choice.file not in found:
        raise HTTPException(404, "there is no such video: choose one of the list")
    await session.open(found[choice.file], choice.file)
    return session_json(session)


@router.put("/clip", response_model=SessionState)
async def upload(request: Request, session: CurrentSession, name: str) -> Any:
    """Open a video that is the body of the request."""
    if session.uploading.locked():
        raise HTTPException(409, "another upload is running: wait for its end")
    async with session.uploading:
        shown = shown_name(name)
        path = await receive(request, shown, session.folder, config_of(request).max_upload)
        try:
            await session.open(path, shown)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    return session_json(session)


@router.get("/clips/{clip}/frames/{number}", response_class=FileResponse)
async def frame(clip: CurrentClip, number: int) -> FileResponse:
    """Return a frame as a JPEG."""
    if not 0 <= number < len(clip.times):
        raise HTTPException(404, "there is no such frame yet")
    return FileResponse(clip.picture(number), media_type="image/jpeg", headers=UNCHANGING)


@router.get("/clips/{clip}/objects", response_model=FoundObjects)
async def objects(
    session: CurrentSession,
    clip: CurrentClip,
    first: Annotated[int, Query(ge=0)],
    count: Annotated[int, Query(ge=1, le=50)] = 1,
    before: bool = False,
) -> dict[str, Any]:
    """Return the objects in some frames with their masks, or those before the last change."""
    numbers = range(first, first + count)
    return {"frames": {number: found_json(session, number, before=before) for number in numbers}}


@router.post("/clips/{clip}/results/{form}", response_model=WrittenAnswer)
async def make_results(
    session: CurrentSession, clip: CurrentClip, form: Format, frames: Range = WHOLE
) -> dict[str, str]:
    """Write the results of a range of frames in a format, so that they can be downloaded."""
    limits = (frames.first, frames.last)
    async with session.exporting:
        await asyncio.to_thread(export, clip, session.timeline.now, form, session.folder, limits)
    return {"file": FILES[form]}


@router.get("/clips/{clip}/results/{form}", response_class=FileResponse)
async def results(session: CurrentSession, clip: CurrentClip, form: Format) -> FileResponse:
    """Return the results that were written last."""
    path = session.folder / FILES[form]
    if not path.is_file():
        raise HTTPException(404, "there are no such results yet: have them written first")
    return FileResponse(path, filename=FILES[form])
