"""Results and frames made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samtracker.results.writers import Writer
from samtracker.types import FrameResult, Mask, State, TrackedObject, mask_box
from samtracker.video.read import VideoFrame


def result(
    ids: NDArray[Any],
    lost: tuple[int, ...] = (),
    *,
    index: int = 0,
    names: Mapping[int, str] | None = None,
) -> FrameResult:
    """The result whose id map is `ids`, with further objects that are lost."""
    present = [int(i) for i in np.unique(ids) if i]
    return FrameResult(
        index=index,
        timestamp=0.0,
        size=(ids.shape[0], ids.shape[1]),
        objects=tuple(
            TrackedObject(
                id=i,
                mask=ids == i,
                box=mask_box(ids == i),
                score=0.5 if i in present else 0.0,
                state=State.TRACKING if i in present else State.LOST,
                name=(names or {}).get(i, ""),
            )
            for i in sorted([*present, *lost])
        ),
    )


SIZE = (120, 160)
NAMES = {2: "cat"}


def scene(count: int = 4) -> list[FrameResult]:
    """Ring 1, cat 2 in two pieces, disk 3 that is lost in frame 1, and speck 9 at the end only."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]] + 0.5
    results = []
    for index in range(count):
        ids = np.zeros(SIZE, np.uint16)
        distance = np.hypot(x - 40 - 2 * index, y - 45)
        ids[(distance < 30) & (distance > 12)] = 1
        ids[80:110, 20 + index : 60] = 2
        ids[90:118, 70:100] = 2
        if index != 1:
            ids[np.hypot(x - 125, y - 40 - index) < 25] = 3
        if index == count - 1:
            ids[2:4, 150:153] = 9
        lost = tuple(i for i in (3, 9) if not (ids == i).any() and (i, index) != (9, 0))
        results.append(result(ids, lost, index=index, names=NAMES))
    return results


def write_scene(writer: Writer, count: int = 4) -> list[FrameResult]:
    """Writes the scene, whose frames are numbers 10, 11, ... of their source."""
    results = scene(count)
    for item in results:
        writer.write(frame(10 + item.index, item.index / 25, size=SIZE), item)
    writer.close()
    return results


def iou(one: Mask, other: Mask) -> float:
    """Of two masks; 1 if both are empty."""
    common, either = (int(np.count_nonzero(mask)) for mask in (one & other, one | other))
    return common / either if either else 1.0


def frame(
    index: int,
    time: float = 0.0,
    *,
    source: str | None = None,
    stem: str | None = None,
    size: tuple[int, int] = (2, 3),
) -> VideoFrame:
    """A black frame."""
    image = np.zeros((*size, 3), np.uint8)
    return VideoFrame(index=index, time=time, image=image, source=source, stem=stem)


def texts(folder: Path) -> dict[str, str]:
    """Every file below a folder and its text; folders count with a slash."""
    return {
        str(p.relative_to(folder)): "/" if p.is_dir() else p.read_text()
        for p in sorted(folder.rglob("*"))
    }


def make_results(folder: Path, text: str = "old") -> Path:
    """A folder with every kind of result."""
    (folder / "masks").mkdir(parents=True)
    names = ("overlay.mp4", "alpha.mov", "masks.jsonl", "tracks.csv", "summary.json")
    for name in (*names, "masks/00000.png"):
        (folder / name).write_text(text)
    return folder
