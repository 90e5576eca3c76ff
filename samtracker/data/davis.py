"""DAVIS 2016 and 2017, in their official layout at 480p."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Literal

from samtracker.data.clip import Clip, FolderClip
from samtracker.data.picture_files import list_pictures
from samtracker.data.skipped import Skipped
from samtracker.errors import DatasetError

Year = Literal[2016, 2017]
EVERY = "all"
_LISTS = {2016: ("480p", "2016"), 2017: ("2017", "480p")}


def read_davis(root: Path, *, year: Year, split: str = "train") -> list[Clip]:
    """Read the clips of a split.

    Args:
        root: Has `JPEGImages/480p/<clip>/00000.jpg`, `Annotations/480p/<clip>/00000.png` and
            `ImageSets/480p/<split>.txt` or `ImageSets/<year>/<split>.txt`. A line of it is the
            name of a clip, or the pair of an image and a mask.
        year: 2016 makes one object of all ids, 2017 keeps them apart.
        split: Train, val, trainval, ...; "all" takes every clip with a folder of masks, which
            needs no list.

    Returns:
        The clips in the order of the list. Those that are missing or empty are left out, and a
        warning is logged.

    Raises:
        DatasetError: The list is not there, or none of its clips.
    """
    if not root.is_dir():
        raise DatasetError(f"'{root}' is no folder: give that of the data set")
    images, masks = root / "JPEGImages" / "480p", root / "Annotations" / "480p"
    clips = _all(masks) if split == EVERY else _listed(root, year, split)
    skipped = Skipped()
    found: list[Clip] = []
    for clip in clips:
        frames = skipped.whole(list_pictures(images / clip))
        if not frames:
            skipped.add(f"'{images / clip}' has no frames")
            continue
        labels = skipped.whole(list_pictures(masks / clip))
        for stem in labels.keys() - frames.keys():
            skipped.add(f"'{labels[stem]}' has no image")
        if not labels:
            skipped.add(f"'{masks / clip}' has no masks")
            continue
        found.append(FolderClip.of(clip, frames, labels, merged=year == 2016))
    if not found:
        raise DatasetError(
            f"'{root}' has none of the {len(clips)} clips of split={split!r}: looked for "
            f"'{images}/<clip>/*.jpg' and '{masks}/<clip>/*.png'"
        )
    skipped.warn(root)
    return found


def _listed(root: Path, year: Year, split: str) -> list[str]:
    lists = [root / "ImageSets" / name / f"{split}.txt" for name in _LISTS[year]]
    listed = next((path for path in lists if path.is_file()), None)
    if listed is None:
        looked = " nor ".join(f"'{path}'" for path in lists)
        raise DatasetError(
            f"'{root}' has no split={split!r} of DAVIS {year}: there is neither {looked} "
            f"(split {EVERY!r} needs no list)"
        )
    try:
        lines = listed.read_text("utf-8").splitlines()
    except ValueError as error:
        raise DatasetError(f"'{listed}' is no list of clips: it is not UTF-8 text") from error
    return list(dict.fromkeys(_clip(line.split()[0]) for line in lines if line.strip()))


def _all(masks: Path) -> list[str]:
    if not masks.is_dir():
        raise DatasetError(f"'{masks}' is not there: give the folder that holds Annotations/480p")
    return sorted(path.name for path in masks.iterdir() if path.is_dir())


def _clip(entry: str) -> str:
    path = PurePosixPath(entry)
    return path.parent.name if path.suffix else path.name
