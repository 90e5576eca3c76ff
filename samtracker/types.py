"""What goes into the tracker and what comes out, and the array conventions, stated once.

==========  ==========================================================================
frame       RGB, uint8, (H, W, 3)
mask        bool, (H, W)
id map      integers, (H, W); 0 is background, every other value an object's id
box         float x1, y1, x2, y2 in pixels; x2 and y2 are exclusive
point       float x, y in pixels; pixel (row r, column c) covers [c, c+1) x [r, r+1)
size        (H, W)
time        seconds
==========  ==========================================================================
"""

from __future__ import annotations

import math
import reprlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from numbers import Real
from typing import TYPE_CHECKING, Any, SupportsFloat

import numpy as np
from numpy.typing import NDArray

from samtracker.errors import ConfigError, FrameError

if TYPE_CHECKING:
    import supervision

Frame = NDArray[np.uint8]
Mask = NDArray[np.bool_]
IdMap = NDArray[np.integer[Any]]
Size = tuple[int, int]
Box = tuple[float, float, float, float]


class State(StrEnum):
    """Where an object stands after a frame; see `samtracker.tracking.life_cycle`."""

    TRACKING = "tracking"
    UNCERTAIN = "uncertain"
    LOST = "lost"
    REACQUIRED = "reacquired"


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """A box or clicks on one object; exactly one of the two.

    Attributes:
        box: X1, y1, x2, y2 in frame pixels, inside the frame.
        points: Clicks (x, y, label); label 1 is on the object, 0 on the background.
    """

    box: Box | None = None
    points: tuple[tuple[float, float, int], ...] | None = None

    @property
    def is_lone_click(self) -> bool:
        """Whether it is a single click, which may mean several things."""
        return self.box is None and len(self.points or ()) == 1


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A mask that a box or clicks may mean.

    Attributes:
        mask: Bool (H, W) at frame size.
        score: Predicted IoU, 0 to 1; None where no network predicts it, as with GrabCut.
    """

    mask: Mask
    score: float | None


@dataclass(frozen=True, kw_only=True, eq=False)
class TrackedObject:
    """One object in one frame.

    Attributes:
        id: Permanent, never used again in a stream, 1 to 65535.
        mask: Bool (H, W) at frame size, read-only: copy it to change it. All False while the
            object is lost.
        box: The mask's bounding box; None while the object is lost.
        score: How sure the model is of the mask, 0 to 1: the IoU with the truth that its
            probabilities let expect, see `samtracker.model.confidence`; 1 for a mask given by the
            user, 0 while the object is lost.
        state: See `State`.
        name: Given by the user; empty without.
    """

    id: int
    mask: Mask
    box: Box | None
    score: float
    state: State
    name: str = ""

    def __post_init__(self) -> None:
        if self.mask.flags.writeable:  # the tracker goes on with it
            view = self.mask.view()
            view.flags.writeable = False
            object.__setattr__(self, "mask", view)


@dataclass(frozen=True, kw_only=True, eq=False)
class FrameResult:
    """All objects in one frame; masks of different objects never overlap.

    Attributes:
        index: Number of the frame in the stream, from 0 at `Tracker.init`.
        timestamp: Seconds, as given by the caller; None where none was given.
        size: (H, W) of the frame.
        objects: Objects in the order of their ids.
    """

    index: int
    timestamp: float | None
    size: Size
    objects: tuple[TrackedObject, ...]

    def __getitem__(self, object_id: int) -> TrackedObject:
        """Return the object with an id, as in `result[1]`.

        Raises:
            KeyError: There is no such object.
        """
        for item in self.objects:
            if item.id == object_id:
                return item
        known = ", ".join(str(item.id) for item in self.objects) or "none"
        raise KeyError(f"object {object_id} is not in frame {self.index} (there: {known})")

    def __contains__(self, object_id: object) -> bool:
        """Return whether there is an object with an id, as in `1 in result`."""
        return any(item.id == object_id for item in self.objects)

    def __iter__(self) -> Iterator[TrackedObject]:
        """Iterate over the objects, as in `for item in result`."""
        return iter(self.objects)

    def __len__(self) -> int:
        """Return the number of objects, lost ones as well."""
        return len(self.objects)

    def __bool__(self) -> bool:
        """Return True: a result without objects is a result."""
        return True

    @cached_property
    def id_map(self) -> NDArray[np.uint16]:
        """Object ids, uint16 (H, W), read-only; 0 is background."""
        ids = np.zeros(self.size, np.uint16)
        for item in self.objects:
            ids[item.mask] = item.id
        ids.flags.writeable = False  # it is kept
        return ids

    def to_supervision(self) -> supervision.Detections:
        """Convert the objects that have a mask to `supervision.Detections`.

        They have tracker ids, class 0, and in `data["class_name"]` their names, or ids.

        Raises:
            ConfigError: The package `supervision` is not installed.
        """
        try:
            import supervision
        except ImportError as error:
            raise ConfigError(
                "to_supervision() needs the package 'supervision': pip install supervision"
            ) from error
        seen = [item for item in self.objects if item.box is not None]
        return supervision.Detections(
            xyxy=np.array([item.box for item in seen], np.float32).reshape(-1, 4),
            mask=np.array([item.mask for item in seen], np.bool_).reshape(-1, *self.size),
            confidence=np.array([item.score for item in seen], np.float32),
            class_id=np.zeros(len(seen), np.int64),
            tracker_id=np.array([item.id for item in seen], np.int64),
            data={"class_name": np.array([item.name or str(item.id) for item in seen], np.str_)},
        )

    def to_polygons(self, *, tolerance: float = 1.0) -> dict[int, list[list[NDArray[np.float64]]]]:
        """Convert the masks to polygons, holes kept.

        Args:
            tolerance: Pixels that the edge of a mask is away from its outline, at most, see
                `samtracker.masks.outlines.to_polygons`; below 0.7 nothing is lost.

        Returns:
            By object id the pieces of its mask, each an outer outline followed by its holes; an
            outline is corners (N, 2) as x, y in pixels, float64. No piece of a lost object.

        Raises:
            ConfigError: The tolerance is no number from 0 on.
        """
        from samtracker.masks.outlines import to_polygons

        _check_tolerance(tolerance)
        return {item.id: to_polygons(item.mask, tolerance=tolerance) for item in self.objects}

    def to_coco(self, *, tolerance: float | None = None) -> list[dict[str, Any]]:
        """Convert the objects that have a mask to annotations as in COCO's files.

        Args:
            tolerance: None for run lengths, which are exact; for polygons see `to_polygons`.
                COCO's have no holes, so that these are reached by bridges.

        Returns:
            For each object "image_id", which is `index`, "category_id", which is 1, "track_id",
            which is its id, "bbox" (x, y, width, height), "area" in pixels, "iscrowd", "score" and
            "segmentation"; an "id" comes with a file.

        Raises:
            ConfigError: The tolerance is no number from 0 on.
        """
        from samtracker.masks.segmentation import to_segmentation

        if tolerance is not None:
            _check_tolerance(tolerance)
        return [
            {
                "image_id": self.index,
                "category_id": 1,
                "track_id": item.id,
                "bbox": [x1, y1, x2 - x1, y2 - y1],
                "area": int(np.count_nonzero(item.mask)),
                "iscrowd": 0,
                "score": item.score,
                "segmentation": to_segmentation(item.mask, tolerance),
            }
            for item in self.objects
            if item.box is not None
            for x1, y1, x2, y2 in [item.box]
        ]


def _check_tolerance(tolerance: Any) -> None:
    if not (isinstance(tolerance, Real) and 0 <= float(tolerance) < math.inf):
        raise ConfigError(f"tolerance={tolerance!r} does not fit: give pixels from 0 on")


def check_frame(frame: Frame, *, size: Size | None = None) -> None:
    """Check that a frame is RGB uint8 (H, W, 3), and of the stream's size if that is given.

    Raises:
        FrameError: It is not.
    """
    if not isinstance(frame, np.ndarray) or frame.dtype != np.uint8:
        kind = getattr(frame, "dtype", type(frame).__name__)
        raise FrameError(f"the frame is {kind}: give an RGB uint8 array (H, W, 3)")
    if frame.ndim != 3 or frame.shape[2] != 3 or 0 in frame.shape:
        raise FrameError(f"the frame has shape {frame.shape}: give an RGB uint8 array (H, W, 3)")
    if size is not None and frame.shape[:2] != size:
        (height, width), (rows, columns) = frame.shape[:2], size
        raise FrameError(
            f"the frame is {width}x{height} but the stream is {columns}x{rows}: "
            "resize it, or call init to start a new stream"
        )


def to_seconds(time: float | None, name: str = "timestamp") -> float | None:
    """Return the time of a frame as a float; None stays None.

    Args:
        time: Seconds.
        name: Name of the argument, for the message.

    Raises:
        FrameError: It is no number, or not finite.
    """
    if time is None:
        return None
    try:
        if not isinstance(time, SupportsFloat):  # float would read a str
            raise TypeError
        seconds = float(time)
    except (TypeError, ValueError, OverflowError):
        seconds = math.nan
    if not math.isfinite(seconds):
        raise FrameError(
            f"{name}={reprlib.repr(time)} is no time: give seconds as a float, or None"
        )
    return seconds


def mask_box(mask: Mask) -> Box | None:
    """Return the bounding box of a mask, or None when it is empty.

    >>> mask_box(np.array([[False, True, True], [False, False, False]]))
    (1.0, 0.0, 3.0, 1.0)
    """
    rows = np.flatnonzero(mask.any(axis=1))
    if not rows.size:
        return None
    columns = np.flatnonzero(mask.any(axis=0))
    return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)
