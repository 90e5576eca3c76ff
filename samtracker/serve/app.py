"""The application: page, HTTP, WebSockets, and what is said where something goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException  # FastAPI's own is one of these

from samtracker._version import __version__
from samtracker.errors import SamTrackerError
from samtracker.serve import clip_routes, edit_routes, project_routes, sockets
from samtracker.serve.access import ASSETS, Guard
from samtracker.serve.access_log import AccessLog
from samtracker.serve.config import ServeConfig
from samtracker.serve.log import note
from samtracker.serve.sessions import Sessions
from samtracker.serve.source import SharedSource
from samtracker.tracker import Tracker

ROUTERS: Final = (clip_routes.router, edit_routes.router, project_routes.router, sockets.router)
"""All that is answered beside the page."""

PAGE: Final = Path(__file__).parent / "page"
"""The files of the page."""


def build_app(
    config: ServeConfig, tracker: Tracker, folder: Path, source: SharedSource | None
) -> FastAPI:
    """Build the application.

    Args:
        config: Settings of the server.
        tracker: A tracker without a stream, whose network and settings all sessions have.
        folder: Folder for the files of the sessions.
        source: What all sessions may track live; None for nothing.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.config, app.state.folder, app.state.source = config, folder, source
        app.state.sessions = sessions = Sessions(tracker, folder, config)
        keeping = asyncio.create_task(sessions.keep())
        note("started", version=__version__)
        try:
            yield
        finally:
            keeping.cancel()
            await sessions.close()
            note("stopped")

    app = FastAPI(
        title="samtrack serve",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,  # that page comes from another host
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    for router in ROUTERS:
        app.include_router(router)
    app.mount(ASSETS.rstrip("/"), _Assets(directory=PAGE))
    app.add_exception_handler(SamTrackerError, _on_own_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(RequestValidationError, _on_bad_request)
    app.add_exception_handler(Exception, _on_fault)
    app.add_middleware(Guard, config=config)
    app.add_middleware(AccessLog)

    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(PAGE / "index.html", headers={"Cache-Control": "no-cache"})

    return app


class _Assets(StaticFiles):
    """Files that browsers ask for again each time, so that an update is seen at once."""

    def file_response(self, *arguments: object, **named: object) -> Response:
        response = super().file_response(*arguments, **named)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "no-cache"
        return response


async def _on_own_error(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"error": str(error).replace(f"{request.app.state.folder}/", "")}, 400)


async def _on_http_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code)


async def _on_bad_request(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:])
    return JSONResponse({"error": f"{where or 'the request'}: {first['msg']}"}, 422)


async def _on_fault(_request: Request, _error: Exception) -> JSONResponse:
    return JSONResponse({"error": "something went wrong: the log of the server says what"}, 500)
