"""Sources of samples by name, as `davis:/data/DAVIS:val*2`."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Iterable
from pathlib import Path

from samtracker.config import DATASETS
from samtracker.data.clip import Clip
from samtracker.data.clip_source import ClipSource
from samtracker.data.davis import read_davis
from samtracker.data.folders import read_folder, read_photos
from samtracker.data.object_picture import PictureSource
from samtracker.data.sample import SampleSource
from samtracker.data.still_source import StillSource
from samtracker.data.synthetic_source import SyntheticSource
from samtracker.data.youtube_vos import read_youtube_vos
from samtracker.errors import DatasetError

KINDS = (*DATASETS, "stills", "photos", "synthetic")
_WITH_SPLIT = ("davis", "davis2017", "youtube")


def parse_source(
    text: str, *, object: str = "largest", objects: int = 1, max_gap: int = 1, size: int = 384
) -> tuple[SampleSource, float]:
    """Open a source of samples.

    Args:
        text: `KIND:PATH[:SPLIT][*WEIGHT]`, as `davis:/data/DAVIS:val*2`. The kinds davis (2016),
            davis2017 and youtube take a split, train by default; folder has clips with masks,
            stills has images with masks, instances those with an id a gray value (255 is ignored),
            photos has images alone. `synthetic` takes no path and
            paints everything.
        object: Of kinds that are clips, see `ClipSource`.
        objects: Of kinds that are clips, see `ClipSource`.
        max_gap: Of kinds that are clips, see `ClipSource`.
        size: Of the frames that are made from images, in pixels.

    Returns:
        The source and its weight, 1 by default.

    Raises:
        DatasetError: There is no such kind, the weight is no number above 0, or the data are
            not there.
    """
    place, star, weight = text.rpartition("*")
    share = _weight(weight, text) if star else 1.0
    kind, _, path = (place if star else text).partition(":")
    if kind not in KINDS:
        raise DatasetError(f"'{text}': {kind!r} is no kind of data: use one of {', '.join(KINDS)}")
    if kind == "synthetic":
        if path:
            raise DatasetError(f"'{text}': synthetic takes no path")
        return SyntheticSource(size=size), share
    clips = tuple(_read(kind, path))
    match kind:
        case "photos":
            return SyntheticSource(photos=clips, size=size), share
        case "stills" | "instances":
            return StillSource(photos=clips, size=size), share
        case _:
            source = ClipSource(clips=clips, object=object, objects=objects, max_gap=max_gap)
            return source, share


def parse_pictures(texts: Iterable[str], *, size: int = 384) -> list[tuple[PictureSource, float]]:
    """Open the sources of pictures to point at: those of `parse_source` that have masks.

    Args:
        texts: see `parse_source`.
        size: of the squares, in pixels.

    Raises:
        DatasetError: see `parse_source`; or no source has masks.
    """
    found = []
    for text in texts:
        place, star, weight = text.rpartition("*")
        kind, _, path = (place if star else text).partition(":")
        if kind not in ("photos", "synthetic"):
            source = PictureSource(clips=tuple(_read(kind, path)), size=size)
            found.append((source, _weight(weight, text) if star else 1.0))
    return found


def read_clips(text: str) -> list[Clip]:
    """Read the clips of `KIND:PATH[:SPLIT]`, where KIND is not synthetic.

    Raises:
        DatasetError: There is no such kind, or the data are not there.
    """
    kind, _, path = text.partition(":")
    if kind not in KINDS or kind == "synthetic":
        valid = ", ".join(kind for kind in KINDS if kind != "synthetic")
        raise DatasetError(f"'{text}': {kind!r} is no kind of data on disk: use one of {valid}")
    return _read(kind, path)


def root_of(text: str) -> Path | None:
    """Return the folder of a source, see `parse_source`; None for one without."""
    kind, _, path = (text.rpartition("*")[0] or text).partition(":")
    if kind in _WITH_SPLIT and ":" in path:
        path = path.rpartition(":")[0]
    return Path(path) if path else None


def _read(kind: str, path: str) -> list[Clip]:
    if not path:
        raise DatasetError(f"'{kind}' takes a path: give {kind}:PATH")
    split = "train"
    if kind in _WITH_SPLIT and ":" in path:
        path, _, split = path.rpartition(":")
    return open_dataset(kind, Path(path), split)


def open_dataset(kind: str, root: Path, split: str) -> list[Clip]:
    """Read the clips of a data set.

    Args:
        kind: Of `KINDS`, but not synthetic.
        root: Its folder.
        split: Of the kinds that have some.

    Raises:
        DatasetError: The data are not there, or cannot be read.
    """
    try:
        match kind:
            case "photos":
                return read_photos(root)
            case "stills" | "folder":
                return read_folder(root)
            case "instances":
                return read_folder(root, literal=True)
            case "youtube":
                return read_youtube_vos(root, split=split)
            case _:
                return read_davis(root, year=2016 if kind == "davis" else 2017, split=split)
    except OSError as error:  # as of a name that is too long, or a folder of somebody else's
        place = reprlib.repr(str(error.filename or root))
        raise DatasetError(
            f"{place} cannot be read ({error.strerror}): give another folder or split=..."
        ) from error


def _weight(text: str, whole: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        weight = math.nan
    if not 0 < weight < math.inf:
        raise DatasetError(f"'{whole}': {text!r} is no weight: give a number above 0, as *0.5")
    return weight
