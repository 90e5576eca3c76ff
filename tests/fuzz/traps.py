"""What the fuzzing must notice, done on purpose."""

from __future__ import annotations

import faulthandler
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from random import Random

from tests.fuzz.action import Action


def trap(samples: Path, random: Random) -> Action:
    """One of the traps."""
    Path("mine.txt").write_text("mine")
    name = random.choice(list(TRAPS))
    return Action(name, TRAPS[name])


def _traceback() -> None:
    raise KeyError("x")


def _hang() -> None:
    threading.Event().wait()


def _thread_that_stays() -> None:
    threading.Thread(target=_hang).start()


def _crash() -> None:
    faulthandler._sigsegv()  # type: ignore[attr-defined]


def _memory() -> None:
    bytearray(1 << 40)


def _two_lines() -> None:
    _fail("libtiff: odd\nError: odd")


def _nothing_said() -> None:
    sys.exit(2)


def _another_code() -> None:
    _fail("Error: odd", 3)


def _control_characters() -> None:
    _fail("Error: \x1b[31m")


def _a_long_line() -> None:
    _fail("Error: " + "x" * 5000)


def _a_lost_file() -> None:
    Path("mine.txt").unlink()


def _a_warning() -> None:
    print("x.py:1: UserWarning: odd", file=sys.stderr)


def _fail(words: str, code: int = 2) -> None:
    print(words, file=sys.stderr)
    sys.exit(code)


TRAPS: dict[str, Callable[[], None]] = {
    "traceback": _traceback,
    "hang": _hang,
    "thread that stays": _thread_that_stays,
    "crash": _crash,
    "memory": _memory,
    "two lines": _two_lines,
    "nothing said": _nothing_said,
    "another exit code": _another_code,
    "control characters": _control_characters,
    "a long line": _a_long_line,
    "a lost file": _a_lost_file,
    "a warning": _a_warning,
}
