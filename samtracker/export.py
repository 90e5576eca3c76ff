"""Results as files: mask pictures, COCO run lengths, a table; and the folder they go to."""

from __future__ import annotations

import csv
import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol, Self

import numpy as np
from PIL import Image
from pycocotools import mask as coco

from samtracker.errors import OutputError
from samtracker.palette import PALETTE
from samtracker.types import FrameResult, Mask

OVERLAY: Final = "overlay.mp4"
ALPHA: Final = "alpha.mov"
MASKS: Final = "masks"
RLE: Final = "masks.jsonl"
CSV: Final = "tracks.csv"
SUMMARY: Final = "summary.json"

_UNFINISHED = {f".{name}.partial" for name in (OVERLAY, ALPHA)}  # of an interrupted run
_FILES = {OVERLAY, ALPHA, RLE, CSV, SUMMARY} | _UNFINISHED
_MASK_FILE = re.compile(r"\d{5,}\.png")


class Writer(Protocol):
    """Takes the result of one frame after another."""

    def write(self, result: FrameResult, *, index: int, time: float) -> None:
        """Writes one frame.

        Args:
            result: the objects in the frame.
            index: number of the frame in its source, from 0.
            time: seconds from the start of the source.

        Raises:
            OutputError: the disk is full or the file cannot be written.
        """

    def close(self) -> None:
        """Finishes the file; what was written until then is on the disk at any time."""


class MaskWriter:
    """One PNG a frame as DAVIS has them: `00012.png`, 8-bit palette, the index is the id.

    A frame with an id above 255, more than a palette holds, becomes a 16-bit grey PNG whose
    values are the ids. Both come back exactly through `read_mask`, unless 65535 (white) is
    among the ids.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with _writing(folder):
            folder.mkdir(parents=True, exist_ok=True)

    def write(self, result: FrameResult, *, index: int, time: float) -> None:
        """See `Writer`."""
        ids = result.id_map
        if ids.max() <= 255:
            image = Image.fromarray(ids.astype(np.uint8))
            image.putpalette(PALETTE.tobytes())
        else:
            image = Image.fromarray(ids)
        path = self._folder / f"{index:05d}.png"
        with _writing(path):
            try:
                image.save(path)
            except OSError:
                path.unlink(missing_ok=True)  # half a picture
                raise

    def close(self) -> None:
        """Nothing is left to do: each picture is complete."""


class RleWriter:
    """JSON lines, one a frame, with the masks as compressed COCO run lengths.

    `{"frame", "time", "size": [H, W], "objects": [{"id", "score", "state",
    "box": [x1, y1, x2, y2] or null, "segmentation": {"size": [H, W], "counts"}}]}`
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with _writing(path):
            self._file = path.open("w", encoding="ascii", newline="\n")

    def write(self, result: FrameResult, *, index: int, time: float) -> None:
        """See `Writer`."""
        objects = [
            {
                "id": item.id,
                "score": item.score,
                "state": str(item.state),
                "box": item.box,
                "segmentation": _run_lengths(item.mask),
            }
            for item in result.objects
        ]
        line = {"frame": index, "time": time, "size": result.size, "objects": objects}
        with _writing(self._path):
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()

    def close(self) -> None:
        """Closes the file."""
        with _writing(self._path):
            self._file.close()


class CsvWriter:
    """A table with one row per frame and object; a lost object has no box and area 0."""

    COLUMNS: Final = ("frame", "time", "id", "state", "score", "x1", "y1", "x2", "y2", "area")

    def __init__(self, path: Path) -> None:
        self._path = path
        with _writing(path):
            self._file = path.open("w", encoding="ascii", newline="")
            self._table = csv.writer(self._file, lineterminator="\n")
            self._table.writerow(self.COLUMNS)

    def write(self, result: FrameResult, *, index: int, time: float) -> None:
        """See `Writer`."""
        with _writing(self._path):
            for item in result.objects:
                box = item.box or ("", "", "", "")
                area = np.count_nonzero(item.mask)
                self._table.writerow([index, time, item.id, item.state, item.score, *box, area])
            self._file.flush()

    def close(self) -> None:
        """Closes the file."""
        with _writing(self._path):
            self._file.close()


def write_summary(folder: Path, text: str) -> None:
    """Writes the end of a job.

    Raises:
        OutputError: the disk is full or the file cannot be written.
    """
    with _writing(folder / SUMMARY):
        (folder / SUMMARY).write_text(text + "\n", "utf-8")


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
        with _writing(self.path):
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
        with _writing(self.path):
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
        else:
            strange = [] if item.name in _FILES and item.is_file() else [item]
        if strange:
            raise OutputError(
                f"'{folder}' is not replaced, because '{strange[0].relative_to(folder)}' in it "
                "is no result of samtrack: choose another with --output"
            )


def _has_files(folder: Path) -> bool:
    return any(not path.is_dir() for path in folder.rglob("*"))


def _run_lengths(mask: Mask) -> dict[str, Any]:
    """COCO's compressed run lengths, in column order; counts as text."""
    encoded = coco.encode(np.asfortranarray(mask, np.uint8))
    return {"size": list(mask.shape), "counts": encoded["counts"].decode("ascii")}


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(
            f"'{path}' cannot be written ({reason}): choose another with --output"
        ) from error
