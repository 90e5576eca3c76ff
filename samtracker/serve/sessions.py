"""The sessions of all browsers."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from fastapi import HTTPException, WebSocket

from samtracker.errors import SamTrackerError
from samtracker.serve.access import WEEK
from samtracker.serve.compute import Compute
from samtracker.serve.config import ServeConfig
from samtracker.serve.kept_session import KEPT
from samtracker.serve.log import note, session_id
from samtracker.serve.session import Session
from samtracker.tracker import Tracker

IDLE: Final = 300.0
"""Seconds without a request after which a session is put on the disk."""

EMPTY: Final = 10.0
"""Seconds after which one in which nothing is open makes room for another."""

EVERY: Final = 1.0
"""Seconds between two looks at what is to be saved."""

HOUR: Final = 3600.0


class Sessions:
    """The sessions of all browsers, by the secrets that these keep in cookies.

    Those that are at work are in memory, as many as the settings say; those that are idle are on
    the disk and come back when they are asked for. One in which nothing is open stays until another
    needs its place. With `state` in the settings all are on the
    disk, where the next server finds them; a folder is called by the hash of the secret.

    Args:
        tracker: A tracker without a stream, whose network all sessions share.
        folder: Folder for the files of the sessions.
        config: Settings of the server.

    Attributes:
        sockets: How many WebSockets are open by the secret of the session. They may be open while
            it is on the disk: a page that somebody has left open needs no place.
        streams: The socket of each live stream, by the secret of the session and the path.
    """

    def __init__(self, tracker: Tracker, folder: Path, config: ServeConfig) -> None:
        self._tracker = tracker
        self._folder = folder
        self._config = config
        self._compute = Compute(tracker.runtime)
        self._sessions: dict[str, Session] = {}
        self.sockets: Counter[str] = Counter()
        self.streams: dict[tuple[str, str], WebSocket] = {}
        self._changing = asyncio.Lock()

    async def find(self, secret: str) -> Session | None:
        """Return the session that has a secret; None where there is none.

        Raises:
            HTTPException: It is on the disk, and there is no room for it (503).
        """
        session = self._sessions.get(secret)
        if session is None and self._place(secret).is_dir():
            async with self._changing:  # it may be on its way to the disk
                session = self._sessions.get(secret)
                if session is None and (self._place(secret) / KEPT).is_file():
                    session = await self._bring_back(secret)
        if session is not None:
            session.used = time.monotonic()
        return session

    def at_work(self, secret: str) -> Session | None:
        """Return the session that has a secret if it is in memory, which is no use of it."""
        return self._sessions.get(secret)

    @contextmanager
    def connected(self, secret: str) -> Iterator[None]:
        """Count a socket of a session while it is open."""
        self.sockets[secret] += 1
        try:
            yield
        finally:
            self.sockets[secret] -= 1
            if not self.sockets[secret]:
                del self.sockets[secret]

    async def make(self) -> tuple[str, Session]:
        """Make a session; return its secret as well.

        Raises:
            HTTPException: There is no room for one (503).
        """
        async with self._changing:
            await self._make_room()
            secret = secrets.token_urlsafe(24)
            self._place(secret).mkdir()
            session = Session(self._tracker, self._compute, self._place(secret))
            self._sessions[secret] = session
            note("session begun", session=session_id(secret))
            return secret, session

    async def keep(self) -> None:
        """Put idle sessions on the disk, and with `state` the others too, until it is cancelled."""
        sweep = 0.0
        while True:
            try:
                if time.monotonic() >= sweep:
                    sweep = time.monotonic() + HOUR
                    await asyncio.to_thread(self._forget_old)
                for secret, session in list(self._sessions.items()):
                    await self._keep(secret, session)
            except Exception as error:
                note("keeping failed", level=logging.ERROR, error=error)
            await asyncio.sleep(EVERY)

    async def close(self) -> None:
        """End all sessions."""
        for secret, session in list(self._sessions.items()):
            try:
                if self._config.state is not None:
                    await self._put_away(secret)
            except SamTrackerError as error:
                _note_unsaved(secret, error)
            await session.close()
        self._sessions.clear()
        self._compute.close()

    def _place(self, secret: str) -> Path:
        return self._folder / hashlib.sha256(secret.encode()).hexdigest()[:32]

    async def _make_room(self) -> None:
        """Put the session away that has been idle too long by the most, if there is need."""
        if len(self._sessions) < self._config.max_sessions:
            return
        secret = max(self._sessions, key=lambda it: _overdue(self._sessions[it]))
        if _overdue(self._sessions[secret]) < 0:
            raise HTTPException(503, "the server is full: try again in some minutes")
        await self._put_away(secret)

    async def _keep(self, secret: str, session: Session) -> None:
        if session.is_busy:
            session.used = time.monotonic()
        try:
            async with self._changing:
                known = secret in self._sessions
                if known and not session.is_empty and _overdue(session) >= 0:
                    await self._put_away(secret)
                    return
            if self._config.state is not None:
                await session.save()
        except SamTrackerError as error:
            _note_unsaved(secret, error)

    async def _put_away(self, secret: str) -> None:
        session = self._sessions.pop(secret)
        if not session.is_empty:
            try:
                await session.put_away()
                note("session put away", session=session_id(secret))
            except SamTrackerError:
                self._sessions[secret] = session  # so that nothing is lost
                raise
            return
        await session.close()
        await asyncio.to_thread(shutil.rmtree, session.folder, ignore_errors=True)

    async def _bring_back(self, secret: str) -> Session:
        await self._make_room()
        session = Session(self._tracker, self._compute, self._place(secret))
        try:
            await session.bring_back(self._config.folder)
        except SamTrackerError as error:
            note("session lost", level=logging.WARNING, error=error, session=session_id(secret))
        else:
            note("session back", session=session_id(secret))
        self._sessions[secret] = session
        return session

    def _forget_old(self) -> None:
        """Remove what has been on the disk for too long, and what a killed server has not saved."""
        known = {session.folder for session in self._sessions.values()}
        for folder in set(self._folder.iterdir()) - known:
            kept = folder / KEPT
            if not kept.is_file() or time.time() - kept.stat().st_mtime > WEEK:
                shutil.rmtree(folder, ignore_errors=True)


def _note_unsaved(secret: str, error: SamTrackerError) -> None:
    note("session not saved", level=logging.ERROR, error=error, session=session_id(secret))


def _overdue(session: Session) -> float:
    """Return for how long a session should have made room; below 0 where it should not yet."""
    if session.is_busy:
        return -1.0
    return time.monotonic() - session.used - (EMPTY if session.is_empty else IDLE)
