"""What is public: `samtracker.__all__` with signatures, and the commands with their options.

python -m tests.public_surface

writes it to tests/public_surface.txt. A line that changes or goes there breaks somebody's program:
docs/install.md says when it may.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import Any

import click

import samtracker
from samtracker.cli import main

SNAPSHOT = Path(__file__).parent / "public_surface.txt"


def surface() -> str:
    """The whole of it, a line a name."""
    lines = [line for name in sorted(samtracker.__all__) for line in _class_or_function(name)]
    return "\n".join([*lines, *_command(main, "samtrack")]) + "\n"


def _class_or_function(name: str) -> Iterator[str]:
    value = getattr(samtracker, name)
    if not inspect.isclass(value):
        yield f"{name}{_signature(value)}"
    elif issubclass(value, Exception):
        yield f"{name} is a {value.__bases__[0].__name__}"
    elif issubclass(value, Enum):
        yield from (f"{name}.{member.name} = {member.value!r}" for member in value)
    else:
        yield f"{name}{_signature(value)}"
        yield from _members(name, value)


def _members(name: str, owner: type) -> Iterator[str]:
    ours = [base for base in owner.__mro__ if base.__module__.startswith("samtracker")]
    for member in sorted({member for base in ours for member in vars(base)}):
        raw = inspect.getattr_static(owner, member)
        if member.startswith("_"):
            continue
        if isinstance(raw, property | cached_property):
            yield f"{name}.{member}"
        elif callable(getattr(owner, member)):
            yield f"{name}.{member}{_signature(getattr(owner, member))}"


def _signature(value: Any) -> str:
    """Annotations as they stand in the source, without quotes."""
    return re.sub(r"(: |-> )'([^']*)'", r"\1\2", str(inspect.signature(value)))


def _command(command: click.Command, path: str) -> Iterator[str]:
    for item in command.params:
        names = item.opts if isinstance(item, click.Option) else [item.human_readable_name]
        yield f"{path} {', '.join([*names, *item.secondary_opts])}"
    if isinstance(command, click.Group):
        for name, below in sorted(command.commands.items()):
            yield f"{path} {name}"
            yield from _command(below, f"{path} {name}")


if __name__ == "__main__":
    SNAPSHOT.write_text(surface(), "utf-8")
