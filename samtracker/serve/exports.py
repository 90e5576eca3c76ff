"""Results as files to download, made by the writers that the command line uses."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from samtracker.errors import PromptError
from samtracker.results import names
from samtracker.results.sinks import Sinks
from samtracker.serve.child import Child, Parent
from samtracker.serve.clip import Clip
from samtracker.serve.snapshot import Snapshot
from samtracker.serve.tracked_pass import Found
from samtracker.types import FrameResult
from samtracker.video.read import read_frames

FORMATS: Final = ("overlay", "alpha", "masks", "rle", "csv", "coco", "webm")
"""What can be downloaded, of `samtracker.config.FORMATS`."""

FILES: Final = {
    form: f"{names.MASKS}.zip" if form == "masks" else names.FILES[form] for form in FORMATS
}
"""The file of each."""


def export(
    clip: Clip,
    now: Snapshot,
    form: str,
    folder: Path,
    limits: tuple[int, int | None] = (0, None),
) -> Path:
    """Write the results of the frames that are up to date.

    Args:
        clip: The clip.
        now: What was tracked in it.
        form: One of `FILES`.
        folder: Folder for the file; an older one is replaced.
        limits: First and last frame at most; a last one of None is that of the clip.

    Returns:
        The file.

    Raises:
        PromptError: Nothing is tracked.
        SamTrackerError: The clip cannot be read again, or the disk is full.
    """
    clean = now.clean
    if clean is None:
        raise PromptError("nothing is tracked yet: point at something, and track")
    first, last = max(clean[0], limits[0]), clean[1]
    if limits[1] is not None:
        last = min(last, limits[1])
    if last < first:
        raise PromptError(
            f"nothing is tracked from frame {limits[0]} to {limits[1]}: choose others"
        )
    target = folder / FILES[form]
    with TemporaryDirectory(dir=folder) as name:
        work = _Export(
            path=clip.path,
            name=clip.name,
            start=clip.start(first),
            time=clip.times[first],
            first=first,
            found=tuple(now.at(number) for number in range(first, last + 1)),
            names=now.names,
            form=form,
            folder=Path(name),
        )
        with closing(Child(_write, work, path=clip.path, name=clip.name)) as writing:
            while writing.receive():
                pass
        Path(name, target.name).replace(target)
    return target


@dataclass(frozen=True, kw_only=True)
class _Export:
    path: Path
    name: str
    start: float
    time: float
    first: int
    found: tuple[tuple[Found, ...], ...]
    names: Mapping[int, str]
    form: str
    folder: Path


def _write(parent: Parent, work: _Export) -> None:
    with (
        read_frames(work.path, start=work.start) as reader,
        Sinks((work.form,), work.folder, reader, 1, video=work.name) as sinks,
    ):
        behind = (frame for frame in reader if frame.time >= work.time)
        for index, (found, frame) in enumerate(zip(work.found, behind, strict=False)):
            objects = tuple(item.to_object(work.names.get(item.id, "")) for item in found)
            size = reader.info.size
            result = FrameResult(index=index, timestamp=frame.time, size=size, objects=objects)
            sinks.write(frame, result)
            parent.send(frame=work.first + index)
    if work.form == "masks":
        _zip(work.folder / names.MASKS, work.folder / FILES[work.form])


def _zip(folder: Path, target: Path) -> None:
    """Put the pictures of a folder into an archive; they are compressed already."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, f"{folder.name}/{path.name}")
    shutil.rmtree(folder)
