"""Text of a file whose parts grow at the same time."""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Hashable, Iterable, Iterator
from pathlib import Path

from samtracker.files import replacing, writing


class Spool:
    """Keeps the parts of a file on the disk, in a file without a name, until all are complete.

    So the memory does not grow with a video, and a program that is killed leaves nothing.

    Args:
        path: The file that will be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._places: dict[Hashable, array[int]] = {}
        self._end = 0
        with writing(path):
            self._file = tempfile.TemporaryFile(dir=path.parent)  # noqa: SIM115

    def add(self, part: Hashable, text: str) -> None:
        """Add text to a part.

        Raises:
            OutputError: The disk is full or the file cannot be written.
        """
        data = text.encode()
        places = self._places.setdefault(part, array("Q"))
        if places and places[-1] == self._end:
            places[-1] += len(data)
        else:
            places.extend((self._end, self._end + len(data)))
        self._end += len(data)
        with writing(self._path):
            self._file.write(data)

    def read(self, part: Hashable) -> Iterator[str]:
        """Yield the text of a part, in pieces."""
        places = self._places.get(part, ())
        for begin, end in zip(places[::2], places[1::2], strict=True):
            self._file.seek(begin)
            yield self._file.read(end - begin).decode()

    def finish(self, text: Iterable[str]) -> None:
        """Write the file, whole or not at all, and forget the parts.

        Args:
            text: What is in it, in pieces; may come from `read`.

        Raises:
            OutputError: The disk is full or the file cannot be written.
        """
        with (
            writing(self._path),
            self._file,
            replacing(self._path) as partial,
            partial.open("w", encoding="utf-8", newline="\n") as file,
        ):
            file.writelines(text)
