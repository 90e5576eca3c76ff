"""What a case does once its files are there."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from samtracker.cli import main


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
