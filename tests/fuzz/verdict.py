"""What came of a case, and whether that is right."""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass

LIMIT = 1000
"""Characters of a message that is still one clear line."""

MEMORY = 3 << 30
"""Bytes that a case may take beside what its process has to begin with."""

UNPREPARED = 77
"""Exit code of a case that failed before it began: a fault of the fuzzing."""

_NOISE = re.compile(
    r"Traceback \(most|^\[[\w,:/ @.]+\] |\w+Warning: |libpng|TIFF|Corrupt JPEG|Premature end"
    r"|\[ ?(WARN|ERROR|INFO)|Exception ignored|Fatal Python|terminate called|core dumped",
    re.MULTILINE,
)
"""What libraries write past us."""

_EXPECTED = re.compile(
    r"^ *(\d+%\||\d+(case|frame|call|step|clip|it)|object \d+: |tracked \d+|note: "
    r"|the last line of |Warning: ).*$",
    re.MULTILINE,
)
"""What may be said before an error: progress, what is tracked, and what was left out."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]|[\ud800-\udfff]")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A finished case.

    Attributes:
        line: command or call, to be read by people.
        code: exit code, negative the signal; None where it was stopped for taking too long.
        out: standard output.
        err: standard error.
        seconds: that it took.
        changed: files of the user that are not as they were.
    """

    line: str
    code: int | None
    out: str
    err: str
    seconds: float
    changed: tuple[str, ...] = ()


def complaint(outcome: Outcome) -> str | None:
    """What is wrong with an outcome; None where nothing is."""
    if outcome.code is None:
        return "hangs"
    if outcome.code < 0:
        return f"crashes: {signal.Signals(-outcome.code).name}"
    if noise := _NOISE.search(outcome.err):
        return f"writes {noise[0].strip()!r} to standard error"
    if outcome.code not in (0, 2) and not _differs(outcome):
        return f"exits with {outcome.code}"
    if outcome.changed:
        return f"changes {', '.join(outcome.changed)}"
    return _unclear(outcome) if outcome.code == 2 else None


def _differs(outcome: Outcome) -> bool:
    """Whether it is the answer of `samtrack replay` that something differs."""
    return outcome.code == 1 and outcome.out.startswith("differs")


def _unclear(outcome: Outcome) -> str | None:
    """What keeps a message from being one clear line."""
    text = _EXPECTED.sub("", outcome.err.replace("\r", "\n"))
    lines = [line for line in text.split("\n") if line.strip()]
    if lines and lines[0].startswith("Usage: "):
        return None  # click's own, with the user's words in it
    if len(lines) != 1:
        return f"says {len(lines)} lines"
    if not lines[0].startswith("Error: "):
        return "says no error"
    if len(lines[0]) > LIMIT:
        return f"says a line of {len(lines[0])} characters"
    if _CONTROL.search(lines[0]):
        return "says control characters"
    return None
