"""The folder of a job, which appears only when it is complete."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

if sys.platform != "win32":
    import fcntl

from samtracker.errors import OutputError
from samtracker.files import writing
from samtracker.results.contents import (
    has_results,
    is_resumable,
    refuse_foreign,
    remove_resume,
)
from samtracker.results.inputs import refuse_inputs
from samtracker.results.names import RESUME, SUMMARY
from samtracker.results.process import forget_process, is_resuming, note_process, refuse_busy


class OutputFolder:
    """The folder of a job, which appears only when it is complete.

    ::

        with OutputFolder(Path("out")) as output:
            ...  # write into output.partial, the folder out.partial
        # all of it is in output.path, the folder out

    An exception leaves what was written in `out.partial`, and gets a note that says so. A folder
    without results is removed.
    With `overwrite`, an old `out` is deleted only once the new one stands in its place; a folder
    that holds anything but results of this program is never replaced. What an interrupted run left
    in `out.partial` is deleted once there are new results. A job that goes on from there writes all
    of its results again; until it has caught up, what it goes on from is kept.

    Args:
        path: The final folder.
        overwrite: Whether older results are replaced.
        resumed: The folder of an interrupted job that goes on, `path` or `partial`.
        inputs: What the job reads, see `refuse_inputs`; nothing of it is ever replaced.

    Attributes:
        path: The final folder, absolute.
        partial: The folder to write into, beside it.
        former: Where the interrupted job's files are while the new ones are written.
        ended_early: To be set by a job that did: its results then do not replace older ones, but
            stay in `partial`.
        kept: Where the results are at the end, `path` or `partial`.

    Raises:
        OutputError: The folder exists and may not be replaced, an input lies in it, another process
            writes to it, or it cannot be written.
    """

    def __init__(
        self,
        path: Path,
        *,
        overwrite: bool = False,
        resumed: Path | None = None,
        inputs: Iterable[str | Path | int | None] = (),
    ) -> None:
        self.path = Path(os.path.realpath(path))
        self.partial = partial_of(self.path)
        self.former = resumed
        self.ended_early = False
        self.kept = self.path
        self._resumed = resumed
        self._overwrite = overwrite
        self._inputs = tuple(inputs)
        self._aside = _aside_of(self.path)

    def __enter__(self) -> Self:
        with writing(self.path):
            if not self.path.parent.exists():
                self.path.parent.mkdir(parents=True, exist_ok=True)
            with alone(self.path):
                self._begin()
        return self

    def _begin(self) -> None:
        for place in (self.partial, self._aside):
            refuse_inputs(place, self._inputs)
        recover(self.path)
        self._check_target()
        if self.partial.is_dir() and not has_results(self.partial):
            refuse_foreign(self.partial)
            shutil.rmtree(self.partial)
        moved = self.partial.exists()
        if moved:
            self._check_partial()
            self.partial.rename(self._aside)
            if self._resumed == self.partial:
                self.former = self._aside
        try:
            self.partial.mkdir()
            note_process(self.partial, resumes=self._resumed is not None)
        except BaseException:
            shutil.rmtree(self.partial, ignore_errors=True)
            if moved:
                self._aside.rename(self.partial)
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with alone(self.path):
            self._end(error)

    def _end(self, error: BaseException | None) -> None:
        complete = error is None and not self.ended_early
        empty = self.partial.exists() and not has_results(self.partial)
        if empty or (self.is_behind and not complete):
            shutil.rmtree(self.partial, ignore_errors=True)
            if self._aside.exists():
                self._aside.rename(self.partial)
            self.kept = self._resumed or self.kept
            return
        if self._aside.exists():
            shutil.rmtree(self._aside)
        replaces = complete or not self.path.exists() or self._resumed == self.path
        if error is not None:
            self.kept = self.partial
            self._note(error)
        elif replaces:
            try:
                self._name()
            except OutputError as failure:
                self._note(failure)
                raise
        else:
            self.kept = self.partial
        forget_process(self.kept)
        if complete or not is_resumable(self.kept):
            remove_resume(self.kept)

    def _note(self, error: BaseException) -> None:
        """Add to an error where the results are that have not got their name."""
        going_on = ", go on from there with resume()" if is_resumable(self.partial) else ""
        error.add_note(f"what was written until then is in '{self.partial}'{going_on}")

    @property
    def is_behind(self) -> bool:
        """Whether a job that goes on has not come as far yet as it was."""
        return self._resumed is not None and not is_resumable(self.partial)

    def _check_partial(self) -> None:
        """Check that what is in `partial` may be replaced."""
        # What a job that goes on left there before it had caught up is of no use.
        behind = self._resumed is not None and (self.partial / RESUME).is_dir()
        if not (self._overwrite or behind):
            raise OutputError(
                f"'{self.partial}' holds the results of an interrupted run: move it away, "
                f"or replace it with overwrite=True{_going_on(self.partial)}"
            )
        refuse_foreign(self.partial)

    def _name(self) -> None:
        with writing(self.path):
            self._check_target()
            if not self.path.exists():
                self.partial.rename(self.path)
                return
            aside = Path(tempfile.mkdtemp(prefix=f"{self.path.name}.old-", dir=self.path.parent))
            old = self.path.rename(aside / self.path.name)
            try:
                self.partial.rename(self.path)
            except OSError:
                old.rename(self.path)
                aside.rmdir()
                raise
            shutil.rmtree(aside)

    def _check_target(self) -> None:
        if self.path.is_symlink():  # all other links have been followed
            raise OutputError(
                f"output '{self.path}' is a link that leads back to itself: choose another with "
                "output=..."
            )
        if not self.path.exists():
            return
        if not self._overwrite and self._resumed != self.path:
            raise OutputError(
                f"output '{self.path}' exists already: choose another with output=..., "
                f"or replace it with overwrite=True{_going_on(self.path)}"
            )
        refuse_foreign(self.path)
        refuse_inputs(self.path, self._inputs)


def partial_of(path: Path) -> Path:
    """Return where the results of a folder are until it is complete."""
    return path.parent / f"{path.name}.partial"


def _going_on(folder: Path) -> str:
    """Return what else to do about a folder that is in the way."""
    return ", or go on with the job in it with resume()" if is_resumable(folder) else ""


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Wait until no other program begins, ends or recovers a folder beside `path`; keep others out.

    Where the file system has no locks, or Windows runs, nobody waits.
    """
    folder = None
    try:
        if sys.platform != "win32":
            with suppress(OSError):
                folder = os.open(path.parent, os.O_RDONLY)
                fcntl.flock(folder, fcntl.LOCK_EX)  # a kill ends it as well
        yield
    finally:
        if folder is not None:
            os.close(folder)


def recover(path: Path) -> None:
    """Put back what a killed program had moved aside, so that only `path` and `partial` are left.

    What a job that is complete had not yet removed when it was killed is removed.

    It is to be called within `alone`.

    Raises:
        OutputError: A program that still runs writes there.
    """
    partial, aside = partial_of(path), _aside_of(path)
    refuse_busy(partial)
    if (path / RESUME).is_dir() and (path / SUMMARY).is_file() and not is_resumable(path):
        with suppress(OutputError):  # else somebody else's folder is called so
            refuse_foreign(path)
            remove_resume(path)
    if not aside.exists():
        return
    refuse_foreign(aside)
    superseded = partial.exists() and has_results(partial) and not is_resuming(partial)
    if is_resumable(partial) or superseded:
        shutil.rmtree(aside)
        return
    if partial.exists():
        refuse_foreign(partial)
        shutil.rmtree(partial)
    aside.rename(partial)


def _aside_of(path: Path) -> Path:
    """Return where an earlier `partial` is, hidden from users, until there are new results."""
    return path.parent / f".{path.name}.partial.earlier"
