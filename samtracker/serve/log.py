"""The server's log: a line of JSON for each request and event, and nothing of what people have.

No line has the name of a file or an object, a path, a token, an address, or what an error says of
these: errors are told by their kind and place. Sessions are told apart by a hash.
"""

from __future__ import annotations

import hashlib
import json
import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TextIO

_LOG = logging.getLogger(__name__)

LOGGERS: Final = ("samtracker", "uvicorn", "asyncio")
"""Whoever has something to say while a server runs."""

HASHED: Final = 8
"""Characters of the hash that a session is told by."""

PLACES: Final = 6
"""Places of an error that are told, from where it was raised outwards."""


def session_id(secret: str) -> str:
    """Return what a session is called in the log; its folder's name begins with it."""
    return hashlib.sha256(secret.encode()).hexdigest()[:HASHED]


def note(
    event: str, *, level: int = logging.INFO, error: BaseException | None = None, **facts: Any
) -> None:
    """Write a line.

    Args:
        event: What happened.
        level: Of `logging`.
        error: Why; its kind and place are written.
        facts: What is to be known of it, as JSON.
    """
    _LOG.log(level, event, extra={"facts": facts}, exc_info=error)


@contextmanager
def json_log(stream: TextIO) -> Iterator[None]:
    """Write the log to a stream in the `with` block, also what libraries say there."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    loggers = [logging.getLogger(name) for name in LOGGERS]
    before = [(log.handlers, log.level, log.propagate) for log in loggers]
    for log in loggers:
        log.handlers, log.propagate = [handler], False
        log.setLevel(logging.INFO if log.name == "samtracker" else logging.WARNING)
    try:
        yield
    finally:
        for log, (handlers, level, propagate) in zip(loggers, before, strict=True):
            log.handlers, log.propagate = handlers, propagate
            log.setLevel(level)


class JsonLines(logging.Formatter):
    """Makes a line of JSON of what is logged.

    Of libraries it has what they always say, and not what they say of this case.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"time": time, "level": record.levelname.lower()}
        facts = getattr(record, "facts", None)
        if facts is None:
            line |= {"event": "message", "logger": record.name, "message": _template(record)}
        else:
            line |= {"event": record.msg, **facts}
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            line |= {"error": type(error).__name__, "places": _places(error)}
        return json.dumps(line)


def _template(record: logging.LogRecord) -> str:
    """Return a message without its arguments; one without any may have them in it already."""
    return str(record.msg) if record.args else f"{Path(record.pathname).name}:{record.lineno}"


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[::-1][:PLACES]
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
