"""The sessions of all browsers."""

from __future__ import annotations

import asyncio
import secrets
import time
from pathlib import Path
from typing import Final

from samtracker.serve.compute import Compute
from samtracker.serve.session import Session
from samtracker.tracker import Tracker

IDLE: Final = 600.0
"""Seconds without a sign of life after which a session makes room for another one."""


EMPTY: Final = 10.0
"""The same where nothing is open in it."""


class Sessions:
    """The sessions of all browsers, by the secrets that these keep in cookies.

    Args:
        tracker: A tracker without a stream, whose network all sessions share.
        folder: Folder for the files of the sessions.
        most: How many there may be.
    """

    def __init__(self, tracker: Tracker, folder: Path, most: int) -> None:
        self._tracker = tracker
        self._folder = folder
        self._most = most
        self._compute = Compute()
        self._sessions: dict[str, Session] = {}
        self._making = asyncio.Lock()

    def find(self, secret: str) -> Session | None:
        """Return the session that has a secret; None where there is none."""
        session = self._sessions.get(secret)
        if session is not None:
            session.used = time.monotonic()
        return session

    async def make(self) -> tuple[str, Session] | None:
        """Make a session; None where there is no room for one."""
        async with self._making:
            if len(self._sessions) >= self._most and not await self._drop_idle():
                return None
            secret = secrets.token_urlsafe(24)
            folder = self._folder / secrets.token_hex(8)
            folder.mkdir()
            session = Session(self._tracker, self._compute, folder)
            self._sessions[secret] = session
            return secret, session

    async def close(self) -> None:
        """End all sessions."""
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()
        self._compute.close()

    async def _drop_idle(self) -> bool:
        """End the session that has been idle too long by the most, if there is one."""
        now = time.monotonic()
        overdue = {
            secret: now - session.used - (EMPTY if session.is_empty else IDLE)
            for secret, session in self._sessions.items()
            if not session.connections and not session.is_tracking
        }
        secret = max(overdue, key=overdue.__getitem__, default="")
        if overdue.get(secret, -1.0) < 0:
            return False
        await self._sessions.pop(secret).close()
        return True
