"""From a request to the session that it belongs to."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, HTTPException
from starlette.requests import HTTPConnection

from samtracker.serve.clip import Clip
from samtracker.serve.config import ServeConfig
from samtracker.serve.session import Session
from samtracker.serve.sessions import Sessions


def config_of(connection: HTTPConnection) -> ServeConfig:
    """Return the settings of the server."""
    config: ServeConfig = connection.app.state.config
    return config


def sessions_of(connection: HTTPConnection) -> Sessions:
    """Return the sessions of the server."""
    sessions: Sessions = connection.app.state.sessions
    return sessions


def cookie_of(connection: HTTPConnection) -> str:
    """Return the name of the cookie with the session's secret; browsers share them among ports."""
    return f"samtrack-session-{config_of(connection).port}"


def secret_of(connection: HTTPConnection) -> str:
    """Return the secret of the session of whoever sent a request; empty where there is none."""
    return connection.cookies.get(cookie_of(connection), "")


async def find_session(connection: HTTPConnection) -> Session | None:
    """Return the session of whoever sent a request; None where there is none.

    Raises:
        HTTPException: There is no room for it (503).
    """
    return await sessions_of(connection).find(secret_of(connection))


async def need_session(connection: HTTPConnection) -> Session:
    """Return the session of whoever sent a request.

    Raises:
        HTTPException: There is none (401), or no room for it (503).
    """
    session = await find_session(connection)
    if session is None:
        raise HTTPException(401, "the session is gone: load the page again")
    return session


def need_clip(session: CurrentSession, clip: str) -> Clip:
    """Return the clip of a session.

    Raises:
        HTTPException: It is not open any more (404).
    """
    if session.clip is None or session.clip.id != clip:
        raise HTTPException(404, "another video is open by now, or none: load the page again")
    return session.clip


CurrentSession = Annotated[Session, Depends(need_session)]
CurrentClip = Annotated[Clip, Depends(need_clip)]
