"""YouTube-VOS, in its official layout."""

from __future__ import annotations

import json
from pathlib import Path

from samtracker.data.clip import Clip, FolderClip
from samtracker.data.picture_files import list_pictures
from samtracker.data.skipped import Skipped
from samtracker.errors import DatasetError


def read_youtube_vos(root: Path, *, split: str = "train") -> list[Clip]:
    """Read the clips of a split.

    Args:
        root: Has `<split>/JPEGImages/<clip>/*.jpg` and `<split>/Annotations/<clip>/*.png`, with
            a mask for every fifth frame. Object ids come from `<split>/meta.json` where there
            is one, which saves reading every mask.
        split: Train, valid, ...

    Returns:
        The clips in the order of their names. Those that are missing or empty are left out, and
        a warning is logged.

    Raises:
        DatasetError: The folders are not there or empty, or meta.json is damaged.
    """
    folder = root / split
    images, masks = folder / "JPEGImages", folder / "Annotations"
    if not images.is_dir() or not masks.is_dir():
        raise DatasetError(f"'{root}' is no YouTube-VOS: looked for '{images}' and '{masks}'")
    known = _object_ids(folder / "meta.json")
    skipped = Skipped()
    found: list[Clip] = []
    for clip in sorted(known.keys() | {path.name for path in images.iterdir() if path.is_dir()}):
        frames = skipped.whole(list_pictures(images / clip))
        labels = skipped.whole(list_pictures(masks / clip))
        if not frames.keys() & labels.keys():
            skipped.add(f"'{clip}' has no frame with a mask")
            continue
        for stem in labels.keys() - frames.keys():
            skipped.add(f"'{labels[stem]}' has no image")
        found.append(FolderClip.of(clip, frames, labels, known_ids=known.get(clip)))
    if not found:
        raise DatasetError(
            f"'{root}' has no clips: looked for '{images}/<clip>/*.jpg' and '{masks}/<clip>/*.png'"
        )
    skipped.warn(root)
    return found


def _object_ids(meta: Path) -> dict[str, tuple[int, ...]]:
    """Return the object ids of each clip; none without the file."""
    if not meta.is_file():
        return {}
    try:
        videos = json.loads(meta.read_text("utf-8"))["videos"]
        return {
            clip: tuple(sorted(int(number) for number in video["objects"]))
            for clip, video in videos.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DatasetError(f"'{meta}' is damaged: fetch it again or delete it") from error
