"""Clips, stills and photos in plain folders."""

from __future__ import annotations

from pathlib import Path

from samtracker.data.clip import Clip, FolderClip
from samtracker.data.picture_files import list_pictures
from samtracker.data.skipped import Skipped
from samtracker.errors import DatasetError


def read_folder(root: Path, *, literal: bool = False) -> list[Clip]:
    """Read clips or still images.

    Args:
        root: Has `images/`, and `masks/` unless the pictures are photos without masks. A folder
            in `images/` is a clip, a picture in it is a still image. Masks have the same names.

        literal: see `FolderClip`.

    Returns:
        The clips in the order of their names, then the stills, each a clip of one frame.
        Where there is a folder `masks/`, stills and clips without any mask are left out; so
        are empty files. A warning is logged.

    Raises:
        DatasetError: There is no `images/`, or nothing to read in it.
    """
    images, masks = root / "images", root / "masks"
    if not images.is_dir():
        raise DatasetError(
            f"'{root}' has no folder of images: looked for '{images}', and '{masks}' beside it"
        )
    skipped = Skipped()
    wanted = masks.is_dir()
    found: list[Clip] = []
    for clip in sorted(path.name for path in images.iterdir() if path.is_dir()):
        frames = skipped.whole(list_pictures(images / clip))
        labels = skipped.whole(list_pictures(masks / clip))
        if frames and (not wanted or frames.keys() & labels.keys()):
            found.append(FolderClip.of(clip, frames, labels, literal=literal))
        else:
            skipped.add(f"'{images / clip}' has no {'masks' if frames else 'frames'}")
    labels = skipped.whole(list_pictures(masks))
    for stem, path in skipped.whole(list_pictures(images)).items():
        if stem in labels or not wanted:
            found.append(FolderClip.of(stem, {stem: path}, labels, literal=literal))
        else:
            skipped.add(f"'{path}' has no mask")
    if not found:
        raise DatasetError(
            f"'{root}' has nothing to read: looked for '{images}/*.jpg', '{images}/<clip>/*.jpg'"
            + (f" and masks of the same names in '{masks}'" if wanted else "")
        )
    skipped.warn(root)
    return found


def read_photos(root: Path) -> list[Clip]:
    """Read photos without masks: the pictures in `images/`, or in the folder itself.

    Returns:
        Clips of one frame each. Empty files are left out, and a warning is logged.

    Raises:
        DatasetError: There are no pictures.
    """
    images = root / "images" if (root / "images").is_dir() else root
    skipped = Skipped()
    photos = skipped.whole(list_pictures(images))
    if not photos:
        raise DatasetError(f"'{root}' has no photos: looked for '{images}/*.jpg'")
    skipped.warn(root)
    return [FolderClip.of(stem, {stem: path}, {}) for stem, path in photos.items()]
