"""The folder that results go to, and the names they have in it."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from samtracker.errors import OutputError

OVERLAY: Final = "overlay.mp4"
ALPHA: Final = "alpha.mov"
MASKS: Final = "masks"
RLE: Final = "masks.jsonl"
CSV: Final = "tracks.csv"
SUMMARY: Final = "summary.json"
PREDICTIONS: Final = "predictions"
RESULTS_CSV: Final = "results.csv"
RESULTS_JSON: Final = "results.json"
REPORT: Final = "report.html"
BENCH_JSON: Final = "bench.json"
BENCH_PNG: Final = "bench.png"

_UNFINISHED = {f".{name}.partial" for name in (OVERLAY, ALPHA)}  # of an interrupted run
_FILES = {
    *(OVERLAY, ALPHA, RLE, CSV, SUMMARY),
    *(RESULTS_CSV, RESULTS_JSON, REPORT, BENCH_JSON, BENCH_PNG),
    *_UNFINISHED,
}
_MASK_FILE = re.compile(r"\d{5,}\.png")


def write_text(path: Path, text: str) -> None:
    """Writes a text file.

    Raises:
        OutputError: the disk is full or the file cannot be written.
    """
    with writing(path):
        path.write_text(text.rstrip("\n") + "\n", "utf-8")


class OutputFolder:
    """The folder of a job, which appears only when it is complete.

    ::

        with OutputFolder(Path("out")) as output:
            ...  # write into output.partial, the folder out.partial
        # all of it is in output.path, the folder out

    An exception leaves what was written in `out.partial`. A folder without files is removed.
    With `overwrite`, an old `out` is deleted only once the new one stands in its place; a folder
    that holds anything but results of this program is never replaced. What an interrupted run left
    in `out.partial` is deleted once there are new results.

    Attributes:
        path: the final folder, absolute.
        partial: the folder to write into, beside it.
        ended_early: to be set by a job that did: its results then do not replace older ones, but
            stay in `partial`.
        kept: where the results are at the end, `path` or `partial`.
    """

    def __init__(self, path: Path, *, overwrite: bool = False) -> None:
        self.path = path.resolve()
        self.partial = self.path.parent / f"{self.path.name}.partial"
        self.ended_early = False
        self.kept = self.path
        self._earlier: Path | None = None
        self._overwrite = overwrite

    def __enter__(self) -> Self:
        with writing(self.path):
            self._check_target()
            if self.partial.exists():
                if not self._overwrite:
                    raise OutputError(
                        f"'{self.partial}' holds the results of an interrupted run: "
                        "move it away, or replace it with --overwrite"
                    )
                _refuse_foreign(self.partial)
                self._earlier = Path(
                    tempfile.mkdtemp(prefix=f"{self.partial.name}.old-", dir=self.path.parent)
                )
                self.partial.rename(self._earlier / self.partial.name)
            self.partial.mkdir(parents=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        empty = self.partial.exists() and not _has_files(self.partial)
        if empty:
            shutil.rmtree(self.partial)
        if self._earlier is not None:
            if empty:
                (self._earlier / self.partial.name).rename(self.partial)
            shutil.rmtree(self._earlier)
        if empty:
            return
        if kind is None and not (self.ended_early and self.path.exists()):
            self._name()
        else:
            self.kept = self.partial

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
        if not self.path.exists():
            return
        if not self._overwrite:
            raise OutputError(
                f"output '{self.path}' exists already: "
                "choose another with --output, or replace it with --overwrite"
            )
        _refuse_foreign(self.path)


def _refuse_foreign(folder: Path) -> None:
    """Guards a folder from being replaced that has anything but results of this program."""
    if not folder.is_dir():
        raise OutputError(f"'{folder}' is no folder: choose another with --output")
    for item in folder.iterdir():
        if item.name == MASKS and item.is_dir() and not item.is_symlink():
            strange = [p for p in item.iterdir() if not _MASK_FILE.fullmatch(p.name)]
        elif item.name == PREDICTIONS and item.is_dir() and not item.is_symlink():
            strange = [p for p in item.rglob("*") if not p.is_dir() and not _is_mask(p)]
        else:
            strange = [] if item.name in _FILES and item.is_file() else [item]
        if strange:
            raise OutputError(
                f"'{folder}' is not replaced, because '{strange[0].relative_to(folder)}' in it "
                "is no result of samtrack: choose another with --output"
            )


def _is_mask(path: Path) -> bool:
    """Whether a file is a PNG as `save_ids` writes them, and not somebody's picture."""
    with path.open("rb") as file:
        head = file.read(26)
    depth_and_type = head[24:26]
    return head[:8] == b"\x89PNG\r\n\x1a\n" and depth_and_type in (b"\x08\x03", b"\x10\x00")


def _has_files(folder: Path) -> bool:
    return any(not path.is_dir() for path in folder.rglob("*"))


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Makes an error of ours of a file that cannot be written."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(
            f"'{path}' cannot be written ({reason}): choose another with --output"
        ) from error
