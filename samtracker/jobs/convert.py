"""Turning masks in files of one format into files of another."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from samtracker.config import CONVERTIBLE
from samtracker.errors import ConfigError, DatasetError, OutputError
from samtracker.files import DAMAGE, writing
from samtracker.results.formats.coco import read_coco
from samtracker.results.formats.cvat_reader import read_cvat
from samtracker.results.formats.mask_pictures import read_masks
from samtracker.results.formats.mots import read_mots
from samtracker.results.formats.open_writer import open_writer
from samtracker.results.formats.read_frame import ReadFrames
from samtracker.results.formats.rle import read_rle
from samtracker.results.formats.yolo import read_yolo
from samtracker.results.names import MASKS, SUMMARY, YOLO_CLASSES, YOLO_LABELS
from samtracker.types import Size

_SUFFIXES: Final = {".jsonl": "rle", ".json": "coco", ".txt": "mots", ".xml": "cvat"}


def convert(
    source: Path,
    target: Path,
    *,
    source_format: str | None = None,
    target_format: str | None = None,
    size: Size | None = None,
) -> int:
    """Turn a file or folder of masks into another, frame by frame.

    The target appears when it is complete, or not at all.

    Args:
        source: File or folder to read.
        target: File or folder to write, which must not exist.
        source_format: Of `samtracker.config.CONVERTIBLE`; None to tell by the file.
        target_format: Likewise, by the name.
        size: (H, W) of the frames, for YOLO's labels, which do not tell it.

    Returns:
        Number of frames.

    Raises:
        ConfigError: A format does not exist or needs `size`.
        DatasetError: The source is missing, damaged or has no frame.
        OutputError: The target exists or cannot be written.
    """
    known = ", ".join(CONVERTIBLE)
    if source_format not in (None, *CONVERTIBLE):
        raise ConfigError(f"source_format={source_format!r} does not exist: use {known}")
    if target_format not in (None, *CONVERTIBLE):
        raise ConfigError(f"target_format={target_format!r} does not exist: use {known}")
    read = _reader(source, source_format or _format_of(source), size)
    kind = target_format or _SUFFIXES.get(target.suffix)
    if kind is None:
        if target.suffix:
            raise ConfigError(f"'{target}' may be anything: give target_format=..., one of {known}")
        kind = "masks"
    count = 0
    with _appearing(target) as partial:
        frames = _reading(source, read)
        first = next(frames, None)
        if first is None:
            raise DatasetError(f"'{source}' has no frame with masks: give another one")
        writer = open_writer(kind, partial, video=source.stem)
        try:
            writer.write(*first)
            count += 1
            for frame, result in frames:
                writer.write(frame, result)
                count += 1
        except BaseException:
            with suppress(OutputError):
                writer.close()
            raise
        writer.close()
    return count


def _format_of(source: Path) -> str:
    """Return the format of a source, by its suffix or by what is in the folder."""
    if not source.exists():
        raise DatasetError(f"'{source}' does not exist: give a file or folder of masks")
    if source.is_dir():
        if (source / SUMMARY).is_file():
            raise DatasetError(
                f"'{source}' is the folder of a job: give what is in it, as '{source / MASKS}'"
            )
        labels = (source / YOLO_LABELS).is_dir() or (source / YOLO_CLASSES).is_file()
        return "yolo" if labels or next(source.glob("*.txt"), None) is not None else "masks"
    if source.suffix not in _SUFFIXES:
        raise DatasetError(
            f"'{source}' may be anything: give source_format=..., one of {', '.join(CONVERTIBLE)}"
        )
    return _SUFFIXES[source.suffix]


def _reader(source: Path, kind: str, size: Size | None) -> Callable[[], ReadFrames]:
    if kind == "yolo":
        if size is None:
            raise ConfigError(
                f"'{source}' does not say how large the frames are: give size=... of the video"
            )
        return lambda: read_yolo(source, size)
    readers: dict[str, Callable[[Path], ReadFrames]] = {
        "masks": read_masks,
        "rle": read_rle,
        "coco": read_coco,
        "coco-polygons": read_coco,
        "mots": read_mots,
        "cvat": read_cvat,
    }
    return lambda: readers[kind](source)


def _reading(source: Path, read: Callable[[], ReadFrames]) -> ReadFrames:
    try:
        yield from read()
    except (OSError, *DAMAGE) as error:
        reason = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise DatasetError(f"'{source}' cannot be read ({reason[:200]})") from error


@contextmanager
def _appearing(path: Path) -> Iterator[Path]:
    """Give a file or folder its name when it is complete."""
    if path.exists() or path.is_symlink():
        raise OutputError(f"'{path}' exists already: choose another place, or move it away")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        place = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
        try:
            yield place / path.name
            (place / path.name).rename(path)
        finally:
            shutil.rmtree(place, ignore_errors=True)
