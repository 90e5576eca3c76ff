"""Results as files to download, made by the writers that the command line uses."""

from __future__ import annotations

import shutil
import zipfile
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from samtracker.errors import PromptError
from samtracker.results import names
from samtracker.results.sinks import Sinks
from samtracker.serve.child import Child, Sender
from samtracker.serve.clip import Clip
from samtracker.serve.timeline import Snapshot
from samtracker.types import FrameResult, Size, TrackedObject, mask_box
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
    first = min((prompt.frame for prompt in now.prompts), default=None)
    if first is None or now.clean is None:
        raise PromptError("nothing is tracked yet: point at something, and track")
    first, end = max(first, limits[0]), limits[1]
    last = now.clean if end is None else min(end, now.clean)
    if last < first:
        raise PromptError(f"nothing is tracked from frame {limits[0]} to {end}: choose others")
    target = folder / FILES[form]
    with TemporaryDirectory(dir=folder) as name:
        work = _Export(
            path=clip.path,
            name=clip.name,
            start=clip.start(first),
            time=clip.times[first],
            first=first,
            last=last,
            now=now,
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
    last: int
    now: Snapshot
    form: str
    folder: Path


def _write(sender: Sender, work: _Export) -> None:
    now, first = work.now, work.first
    with (
        read_frames(work.path, start=work.start) as reader,
        Sinks((work.form,), work.folder, reader, 1, video=work.name) as sinks,
    ):
        behind = (frame for frame in reader if frame.time >= work.time)
        for number, frame in enumerate(islice(behind, work.last - first + 1), start=first):
            sinks.write(frame, _result(now, number, number - first, frame.time, reader.info.size))
            sender.send(frame=number)
    if work.form == "masks":
        _zip(work.folder / names.MASKS, work.folder / FILES[work.form])


def _result(now: Snapshot, number: int, index: int, time: float, size: Size) -> FrameResult:
    objects = []
    for item in now.found.get(number, ()):
        mask = item.mask.decode()
        objects.append(
            TrackedObject(
                id=item.id,
                mask=mask,
                box=mask_box(mask),
                score=item.score,
                state=item.state,
                name=now.names.get(item.id, ""),
            )
        )
    return FrameResult(index=index, timestamp=time, size=size, objects=tuple(objects))


def _zip(folder: Path, target: Path) -> None:
    """Put the pictures of a folder into an archive; they are compressed already."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, f"{folder.name}/{path.name}")
    shutil.rmtree(folder)
