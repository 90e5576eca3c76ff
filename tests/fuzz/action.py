"""What a case does once its files are there."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from samtracker.cli import main
from samtracker.errors import SamTrackerError


@dataclass(frozen=True)
class Action:
    """A command or a call.

    Attributes:
        line: to be read by people.
        run: does it; ends in an exit code as a process does.
    """

    line: str
    run: Callable[[], None]


def command(*arguments: str | Path) -> Action:
    """`samtrack` with arguments."""
    words = [str(argument) for argument in arguments]
    return Action(f"samtrack {shlex.join(words)}", lambda: main(words, prog_name="samtrack"))


def call(line: str, function: Callable[[], object]) -> Action:
    """A call in Python, of which an error of ours is one line and exit code 2."""

    def run() -> None:
        try:
            function()
        except SamTrackerError as error:
            print(f"Error: {error}", file=sys.stderr)
            sys.exit(2)

    return Action(line, run)
