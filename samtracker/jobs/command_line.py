"""How a job was called, noted so that it can begin anew if it is killed before its first frame."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from samtracker.files import DAMAGE, write_text, writing
from samtracker.jobs.interrupted import find_unbegun
from samtracker.results.names import COMMAND, RESUME


@dataclass(frozen=True, kw_only=True)
class CommandLine:
    """How a job was called.

    Attributes:
        arguments: What followed the name of the program.
        directory: Where it was called: the absolute path that relative ones in it are meant from.
    """

    arguments: tuple[str, ...]
    directory: Path

    def note(self, folder: Path) -> None:
        """Write it beside the results that are to come.

        Args:
            folder: Folder of the results.

        Raises:
            OutputError: It cannot be written.
        """
        with writing(folder / RESUME):
            (folder / RESUME).mkdir(exist_ok=True)
        plain = {**asdict(self), "directory": str(self.directory)}
        write_text(folder / RESUME / COMMAND, json.dumps(plain))

    @classmethod
    def of_unbegun(cls, folder: Path) -> Self | None:
        """Return how the job in a folder was called that had not tracked a frame when it ended.

        Args:
            folder: Its output folder, with `.partial` at its end or without.

        Returns:
            None where there is no such job, or it was not noted how it was called.

        Raises:
            OutputError: The job is still running.
        """
        place = find_unbegun(folder)
        if place is None:
            return None
        try:
            plain = json.loads((place / RESUME / COMMAND).read_bytes())
            arguments = tuple(map(str, plain["arguments"]))
            return cls(arguments=arguments, directory=Path(plain["directory"]))
        except (OSError, *DAMAGE):
            return None
