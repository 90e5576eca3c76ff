"""Results and frames made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samtracker.types import FrameResult, State, TrackedObject, mask_box
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
