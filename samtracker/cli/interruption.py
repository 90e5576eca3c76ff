"""What Ctrl-C does."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Self

EXIT_CODE = 130
"""After Ctrl-C, as shells have it."""


class Interruption:
    """Takes Ctrl-C, and a service manager's stop (SIGTERM) as if it were one.

    Where nothing has been tracked they raise KeyboardInterrupt as usual. Once `deferred` is set
    the first one is only noted, so that no file is left half written; a second one raises.

    Attributes:
        deferred: Whether the first one is only noted.
        requested: Whether one has been noted.
    """

    deferred = False
    requested = False

    def __enter__(self) -> Self:
        self._earlier = {
            number: signal.signal(number, self._take) for number in (signal.SIGINT, signal.SIGTERM)
        }
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._earlier.items():
            signal.signal(number, handler)

    def _take(self, number: int, frame: FrameType | None) -> None:
        if self.requested or not self.deferred:
            raise KeyboardInterrupt
        self.requested = True
