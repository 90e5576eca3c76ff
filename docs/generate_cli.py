"""Write docs/cli.md from the commands themselves.

python docs/generate_cli.py
"""

from __future__ import annotations

from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path

import click

from samtracker.cli import main

TARGET = Path(__file__).parent / "cli.md"

HEAD = """\
# Command line

Written by `make docs` from the commands; `samtrack COMMAND --help` says the same.

Results are printed to standard output, everything else to standard error. Exit codes: 0, or 2 after
an error, whose last line begins with `Error:` (the line before says how to get help where a command
is not written as it should be), 130 after Ctrl-C, and 1 where `samtrack replay` finds differences.
"""


def reference() -> str:
    """Return the whole page, which does not depend on the terminal."""
    sections = [_section(context) for context in _contexts(main, "samtrack", None)]
    return HEAD + "".join(sections)


def _contexts(
    command: click.Command, name: str, parent: click.Context | None
) -> Iterator[click.Context]:
    """Yield the contexts of a command and of those below it."""
    context = command.make_context(name, [], parent=parent, resilient_parsing=True)
    yield context
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            yield from _contexts(command.commands[below], below, context)


def _section(context: click.Context) -> str:
    command = context.command
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    text = (
        f"\n## {context.command_path}\n\n```text\n{usage}\n```\n\n{cleandoc(command.help or '')}\n"
    )
    options = [item for item in command.params if isinstance(item, click.Option)]
    if not options:
        return text
    records = [record for item in options if (record := item.get_help_record(context))]
    rows = [f"| `{_cell(names)}` | {_cell(what)} |\n" for names, what in records]
    return text + "\n| option | what |\n| --- | --- |\n" + "".join(rows)


def _cell(text: str) -> str:
    """Return text that may stand in a table."""
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    TARGET.write_text(reference(), "utf-8")
