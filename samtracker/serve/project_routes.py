"""HTTP: save what was done as a project, and open one."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from pathlib import Path, PurePath
from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Request, Response

from samtracker.errors import PromptError
from samtracker.files import file_sha256
from samtracker.prompts.project_file import ProjectFile
from samtracker.serve.answers import REFUSALS, SessionState
from samtracker.serve.file_list import list_files
from samtracker.serve.project import project_json, read_project
from samtracker.serve.requests import CurrentClip, CurrentSession, config_of
from samtracker.serve.session import Session
from samtracker.serve.status import session_json
from samtracker.serve.upload import receive, shown_name

router = APIRouter(prefix="/api", responses=REFUSALS)

SUFFIX: Final = ".samtrack"
LARGEST: Final = 16 * 2**20
"""Bytes of a project that is opened."""


@router.get("/clips/{clip}/project")
async def save_project(session: CurrentSession, clip: CurrentClip) -> Response:
    """Return the prompts with what they are for, to be opened again here or by `samtrack track`."""
    make = partial(project_json, clip, session.timeline, session.tracker)
    text = json.dumps(await asyncio.to_thread(make))
    name = quote(f"{PurePath(clip.name).stem}{SUFFIX}")
    return Response(
        text,
        media_type="application/json",
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"},
    )


@router.put("/project", response_model=SessionState)
async def open_project(request: Request, session: CurrentSession, name: str) -> Any:
    """Open a project that is the body of the request; its video is open, or in the folder."""
    shown = shown_name(name)
    path = await receive(request, shown, session.folder, LARGEST, (SUFFIX,))
    try:
        project = await asyncio.to_thread(ProjectFile.read, path)
        project.check_weights(session.tracker.runtime.network.digest)
        await _open_video(session, project, config_of(request).folder)
        clip = session.clip
        if clip is None:
            raise HTTPException(409, "another video was opened meanwhile: try again")
        await session.begin_again(clip, await asyncio.to_thread(read_project, project, clip))
    except PromptError as error:
        raise PromptError(str(error).replace(str(path), shown)) from error
    finally:
        path.unlink(missing_ok=True)
    return session_json(session)


async def _open_video(session: Session, project: ProjectFile, folder: Path | None) -> None:
    """Have the video of a project open."""

    async def fits(path: Path) -> bool:
        return await asyncio.to_thread(file_sha256, path) == project.video_sha256

    if session.clip is not None and await fits(session.clip.path):
        return
    path = (await asyncio.to_thread(list_files, folder)).get(project.video)
    if path is None or not await fits(path):
        raise PromptError(
            f"the project is of the video '{project.video[:100]}': open that one first"
        )
    await session.open(path, project.video)
