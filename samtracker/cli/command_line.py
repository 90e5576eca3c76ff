"""The command line that the program was called with, and running one that was noted."""

from __future__ import annotations

from contextlib import chdir
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from samtracker.errors import OutputError

if TYPE_CHECKING:
    from samtracker.jobs import CommandLine

ARGUMENTS: Final = "samtracker.arguments"
"""Where a context's `meta` has what the program was given."""


def present(context: click.Context) -> CommandLine:
    """Return how the program was called."""
    from samtracker.jobs import CommandLine

    return CommandLine(arguments=context.meta[ARGUMENTS], directory=Path.cwd())


def run_anew(command: CommandLine, context: click.Context, options: list[str]) -> None:
    """Run a command line where it was given.

    Args:
        command: The command line.
        context: Context of the command that runs it.
        options: Options to add; they win over its own.

    Raises:
        OutputError: The folder that it was given in is gone.
    """
    arguments = list(command.arguments)
    end = arguments.index("--") if "--" in arguments else len(arguments)
    arguments[end:end] = options
    if not command.directory.is_dir():
        raise OutputError(
            f"'{command.directory}', where the job was called, is gone: track again from elsewhere"
        )
    root = context.find_root()
    with (
        chdir(command.directory),
        root.command.make_context(root.info_name, arguments) as anew,
    ):
        root.command.invoke(anew)
