"""When a connection is closed, unless what it waits for comes before."""

from __future__ import annotations

import asyncio


class Deadline:
    """The end of a connection's patience; there is none at first."""

    def __init__(self) -> None:
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_set(self) -> bool:
        """Whether something is waited for."""
        return self._timer is not None

    def set(self, seconds: float, transport: asyncio.Transport) -> None:
        """Close a connection after some seconds, whatever was set before."""
        self.drop()
        self._timer = asyncio.get_running_loop().call_later(seconds, transport.abort)

    def drop(self) -> None:
        """Wait no longer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
