"""Whether an object is tracked, uncertain, lost or found again: integer counters over frames.

::

    TRACKING    --doubtful frame-->                           UNCERTAIN
    UNCERTAIN   --good frame-->                               TRACKING
    UNCERTAIN   --`lost_after` absent frames in a row, or
                  `patience` doubtful ones-->                 LOST
    LOST        --good frame-->                               REACQUIRED
    REACQUIRED  --`confirm_after` good frames in a row-->     TRACKING
    REACQUIRED  --doubtful frame-->                           LOST

A frame is absent if there is no mask, its score is below `absent_score`, or its area is a smaller
share than `absent_share` of the object's largest one, which fades, for objects go away. It is
doubtful if it is absent, if its score is below `doubtful_score` or its similarity below
`doubtful_similarity`, or if the mask has grown, shrunk or moved since the last good frame more than
objects do. Otherwise it is good. All of these are fields of `TrackerConfig`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np

from samtracker.config import TrackerConfig
from samtracker.types import Mask, State, mask_box

ADAPTION = 0.2
"""Weight of a good frame in the usual area of the object."""

FADE = 0.98
"""What is left of the largest area from frame to frame."""


@dataclass(frozen=True, kw_only=True)
class Observation:
    """What speaks for an object's mask in a frame.

    Attributes:
        area: Area of the mask in pixels; 0 for none.
        center: Center of the mask, x and y in pixels; (0, 0) for none.
        score: Predicted IoU, 0 to 1.
        similarity: Mean similarity of the mask's cells to their best matches in the memory, at
            most 1.
    """

    area: int
    center: tuple[float, float]
    score: float
    similarity: float

    @classmethod
    def of(cls, mask: Mask, score: float, similarity: float) -> Self:
        """Measure a mask."""
        box = mask_box(mask)
        if box is None:
            return cls(area=0, center=(0.0, 0.0), score=0.0, similarity=0.0)
        left, top, right, bottom = (int(side) for side in box)
        inside = np.ascontiguousarray(mask[top:bottom, left:right]).view(np.uint8)
        moments = cv2.moments(inside, binaryImage=True)
        area = round(moments["m00"])
        center = left + moments["m10"] / area, top + moments["m01"] / area
        return cls(area=area, center=center, score=score, similarity=similarity)


class LifeCycle:
    """The state of one object.

    Args:
        config: Thresholds and counts.
        given: Observation of the mask that the user gave.

    Attributes:
        state: After the last frame.
    """

    state: State
    _config: TrackerConfig
    _area: float
    _largest: float
    _center: tuple[float, float]
    _absent: int
    _doubtful: int
    _good: int

    def __init__(self, config: TrackerConfig, given: Observation) -> None:
        self._config = config
        self.state = State.TRACKING
        self._area = self._largest = float(given.area)
        self._center = given.center
        self._absent = self._doubtful = self._good = 0

    def step(self, observation: Observation) -> State:
        """Go on by a frame and return the state after it."""
        config = self._config
        self._largest *= FADE
        share = observation.area / self._largest
        absent = observation.score < config.absent_score or share < config.absent_share
        absent = absent or observation.area == 0
        doubtful = absent or self._doubts(observation)
        self._absent = self._absent + 1 if absent else 0
        self._doubtful = self._doubtful + 1 if doubtful else 0
        self._good = 0 if doubtful else self._good + 1
        self.state = self._next()
        if not doubtful:
            fresh = self.state is State.REACQUIRED
            self._area += (1.0 if fresh else ADAPTION) * (observation.area - self._area)
            self._center = observation.center
            self._largest = max(self._largest, float(observation.area))
        return self.state

    def subtract(self, before: Observation, after: Observation) -> None:
        """Subtract pixels that another object was given, which is no sign of anything."""
        if self._doubtful:  # what is known is of an earlier mask, a good one
            return
        share = after.area / before.area
        self._area *= share
        self._largest *= share
        self._center = after.center

    def _doubts(self, observation: Observation) -> bool:
        config = self._config
        if observation.score < config.doubtful_score:
            return True
        if observation.similarity < config.doubtful_similarity:
            return True
        if self.state is State.LOST:  # it may be anywhere, and of any size
            return False
        growth = observation.area / self._area
        moved = float(np.hypot(*np.subtract(observation.center, self._center)))
        reach = (
            config.largest_step * (self._doubtful + 1) * max(self._area, observation.area) ** 0.5
        )
        return not 1 / config.largest_growth < growth < config.largest_growth or moved > reach

    def _next(self) -> State:
        config, state = self._config, self.state
        if state in (State.LOST, State.REACQUIRED):
            if self._doubtful:
                return State.LOST
            confirmed = self._good > config.confirm_after  # the first one only found it
            return State.TRACKING if confirmed else State.REACQUIRED
        if self._absent >= config.lost_after or self._doubtful >= config.patience:
            return State.LOST
        return State.UNCERTAIN if self._doubtful else State.TRACKING
