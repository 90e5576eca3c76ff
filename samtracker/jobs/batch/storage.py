"""Where videos, prompts and results lie: on this machine, or behind a URL that fsspec opens.

A local path is used as it is. What lies behind a URL as `s3://`, `gs://` or `memory://` is copied:
videos and prompts to a folder of the worker before, results to the URL afterwards.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, Final

import fsspec
from fsspec.core import url_to_fs

from samtracker.errors import OutputError, SamTrackerError, VideoError
from samtracker.files import replacing
from samtracker.video.location import locate_source

_NOT_STAGED: Final = ("file", "ftp", "http", "https")
"""URLs that FFmpeg reads where they are."""


def is_staged(location: str) -> bool:
    """Return whether a location is a URL that only fsspec opens.

    >>> is_staged("s3://bucket/a.mp4"), is_staged("clips/a.mp4"), is_staged("https://a.b/c.mp4")
    (True, False, False)
    """
    scheme, found, _ = location.partition("://")
    return bool(found) and scheme not in _NOT_STAGED and scheme in fsspec.available_protocols()


def absolute(location: str) -> str:
    """Return a location that means the same from everywhere."""
    if is_staged(location):
        return location
    place = locate_source(location)
    return place if isinstance(place, str) else str(place.absolute())


def join(folder: str, name: str) -> str:
    """Return where a name is meant that is given from a folder or URL."""
    if "://" in name:
        return name
    if is_staged(folder):
        return f"{folder.rstrip('/')}/{name}"
    return str(Path(folder, name))


def list_folder(folder: str) -> dict[str, bool]:
    """Return the names in a folder, and whether each is a folder; hidden ones are left out.

    Raises:
        VideoError: It cannot be read.
    """
    with _reading(folder):
        if is_staged(folder):
            files, path = url_to_fs(folder)
            items = files.ls(path, detail=True)
            found = {_last(item["name"]): item["type"] == "directory" for item in items}
        else:
            found = {item.name: item.is_dir() for item in Path(locate_source(folder)).iterdir()}
    return {name: found[name] for name in sorted(found) if not name.startswith(".")}


def is_folder(location: str) -> bool:
    """Return whether a location is a folder.

    Raises:
        VideoError: That cannot be asked for.
    """
    with _reading(location):
        if is_staged(location):
            files, path = url_to_fs(location)
            return bool(files.isdir(path))
        place = locate_source(location)
        return isinstance(place, Path) and place.is_dir()


def exists(location: str) -> bool:
    """Return whether there is anything at a location; whatever FFmpeg opens by its URL may be.

    Raises:
        VideoError: That cannot be asked for.
    """
    with _reading(location):
        if is_staged(location):
            files, path = url_to_fs(location)
            return bool(files.exists(path))
        place = locate_source(location)
        return isinstance(place, str) or place.exists()


def matching(pattern: str) -> list[str]:
    """Return the locations that a glob pattern with a URL of fsspec names, sorted.

    Raises:
        VideoError: They cannot be listed.
    """
    with _reading(pattern):
        files, path = url_to_fs(pattern)
        return [str(files.unstrip_protocol(found)) for found in sorted(files.glob(path))]


def read_text(location: str) -> str:
    """Read a text file in UTF-8.

    Raises:
        VideoError: It cannot be read.
    """
    with _reading(location):
        files, path = _open(absolute(location))
        return str(files.cat_file(path).decode("utf-8-sig"))


def fingerprint(location: str | None) -> str:
    """Return a text that changes when a file or folder does; empty where nothing tells.

    Args:
        location: Its path or URL; None for nothing.
    """
    try:
        if location is None:
            return ""
        if is_staged(location):
            files, path = url_to_fs(location)
            return str(files.ukey(path))
        state = os.stat(locate_source(location))  # noqa: PTH116 - a URL is no Path, and no file
        return f"{state.st_size}-{state.st_mtime_ns}"
    except Exception:  # whatever a file system raises: tracking will say what is wrong
        return ""


def fetch(url: str, folder: Path) -> Path:
    """Copy a file, or a folder of pictures, to this machine.

    Args:
        url: Where it is, of fsspec.
        folder: Where it goes, under its name.

    Raises:
        VideoError: It cannot be read.
    """
    target = folder / _last(url)
    with _reading(url):
        files, path = url_to_fs(url)
        files.get(path, str(target), recursive=bool(files.isdir(path)))
    return target


class Store:
    """The folder or URL that a batch writes to.

    Args:
        location: The folder, or its URL.

    Attributes:
        location: The same, absolute.

    Raises:
        OutputError: Nothing can be written there.
    """

    def __init__(self, location: str) -> None:
        self.location = absolute(location)
        if "://" in self.location and not is_staged(self.location):
            raise OutputError(
                f"output '{location}' cannot be written to: give a folder or a URL as s3://..."
            )
        with _writing(self.location):
            self._files, self._path = _open(self.location)

    @property
    def folder(self) -> Path | None:
        """The folder; None for a URL."""
        return None if is_staged(self.location) else Path(self.location)

    def names(self) -> set[str]:
        """Return the names of what is there but hidden files.

        Raises:
            OutputError: It cannot be listed.
        """
        with _writing(self.location):
            if not self._files.exists(self._path):
                return set()
            names = set(map(_last, self._files.ls(self._path, False)))
            return {name for name in names if not name.startswith(".")}

    def read(self, name: str) -> bytes | None:
        """Return what a file holds; None for no such file.

        Raises:
            OutputError: It cannot be read.
        """
        with _writing(join(self.location, name)):
            try:
                return bytes(self._files.cat_file(f"{self._path}/{name}"))
            except (FileNotFoundError, NotADirectoryError):
                return None

    def write(self, name: str, data: bytes) -> None:
        """Write a file whole or not at all.

        Raises:
            OutputError: It cannot be written.
        """
        path = join(self.location, name)
        with _writing(path):
            self._files.makedirs(str(PurePosixPath(f"{self._path}/{name}").parent), exist_ok=True)
            if self.folder is None:
                self._files.pipe_file(f"{self._path}/{name}", data)
                return
            with replacing(Path(path)) as partial:
                partial.write_bytes(data)

    def put(self, folder: Path, name: str, *, last: str) -> None:
        """Copy a folder here, in the place of an earlier one.

        Args:
            folder: The folder.
            name: What it is called here.
            last: Name of the file in it that tells that all others are here.

        Raises:
            OutputError: It cannot be written.
        """
        target = f"{self._path}/{name}"
        with _writing(join(self.location, name)):
            if self._files.exists(target):
                self._files.rm(target, recursive=True)
            paths = sorted(path for path in folder.rglob("*") if path.is_file())
            paths.sort(key=lambda path: path.relative_to(folder) == Path(last))
            for path in paths:
                to = f"{target}/{path.relative_to(folder).as_posix()}"
                self._files.makedirs(str(PurePosixPath(to).parent), exist_ok=True)
                self._files.put_file(str(path), to)


def _open(location: str) -> tuple[Any, str]:
    """Return the file system of an absolute location, and the path in it."""
    if "://" in location:
        files, path = url_to_fs(location)
        return files, str(path)
    return fsspec.filesystem("file"), location  # nothing in a path is a protocol


def _last(location: str) -> str:
    return PurePosixPath(location.replace("\\", "/").rstrip("/")).name


def _reading(location: str) -> Any:
    return _saying(VideoError, f"'{location}' cannot be read")


def _writing(location: str) -> Any:
    return _saying(OutputError, f"'{location}' cannot be written to")


@contextmanager
def _saying(error: Callable[[str], SamTrackerError], what: str) -> Iterator[None]:
    """Turn whatever a file system raises in the `with` block into an error of ours."""
    try:
        yield
    except SamTrackerError:
        raise
    except Exception as cause:
        name = type(cause).__name__
        reason = cause.strerror if isinstance(cause, OSError) and cause.strerror else cause
        raise error(f"{what} ({name}: {reason}): check where it is and what it needs") from cause
