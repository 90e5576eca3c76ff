"""OpenCV's box trackers CSRT, KCF and MIL, one per object; GrabCut makes a mask of the box.

The box trackers know no masks: GrabCut runs around the box, seeded with it, and what
it cuts out is the object. Where the tracker or GrabCut gives up there is no mask.
"""

from __future__ import annotations

import sys

import cv2
import numpy as np
from job import Clip, Job, answer

TRACKERS = {
    "CSRT": cv2.TrackerCSRT_create,
    "KCF": cv2.TrackerKCF_create,
    "MIL": cv2.TrackerMIL_create,
}
ITERATIONS = 2
MARGIN = 0.5
SIDE = 256
"""GrabCut works on at most so many pixels a side, or it would take seconds for a large object."""


class Boxes:
    """A tracker per object."""

    def __init__(self, kind: str, clip: Clip) -> None:
        frame = np.ascontiguousarray(clip.frame(0)[..., ::-1])
        self.trackers = {}
        for object_id, mask in clip.masks().items():
            x, y, w, h = cv2.boundingRect(mask.astype(np.uint8))
            tracker = TRACKERS[kind]()
            tracker.init(frame, (x, y, w, h))
            self.trackers[object_id] = tracker

    def step(self, frame: np.ndarray) -> np.ndarray:
        """Return the ids (H, W) in the next frame."""
        frame = np.ascontiguousarray(frame[..., ::-1])
        ids = np.zeros(frame.shape[:2], np.uint8)
        for object_id, tracker in self.trackers.items():
            found, box = tracker.update(frame)
            if found:
                cut_out(frame, box, ids, object_id)
        return ids


def cut_out(frame: np.ndarray, box: tuple[float, ...], ids: np.ndarray, object_id: int) -> None:
    """GrabCut around a box."""
    height, width = frame.shape[:2]
    x, y, w, h = (round(side) for side in box)
    left, top = max(x - round(MARGIN * w), 0), max(y - round(MARGIN * h), 0)
    right, bottom = min(x + w + round(MARGIN * w), width), min(y + h + round(MARGIN * h), height)
    x1, y1, x2, y2 = max(x, left), max(y, top), min(x + w, right), min(y + h, bottom)
    if x2 - x1 < 3 or y2 - y1 < 3:
        return
    size = (right - left, bottom - top)
    scale = min(1.0, SIDE / max(size))
    part = cv2.resize(frame[top:bottom, left:right], None, fx=scale, fy=scale)
    marks = np.full(part.shape[:2], cv2.GC_BGD, np.uint8)
    inner = [round(scale * side) for side in (y1 - top, y2 - top, x1 - left, x2 - left)]
    marks[inner[0] : inner[1], inner[2] : inner[3]] = cv2.GC_PR_FGD
    if (marks == cv2.GC_BGD).any() and (marks == cv2.GC_PR_FGD).any():
        models = np.zeros((1, 65)), np.zeros((1, 65))
        cv2.grabCut(part, marks, None, *models, ITERATIONS, cv2.GC_INIT_WITH_MASK)
    found = cv2.resize((marks == cv2.GC_PR_FGD).astype(np.uint8), size) > 0
    ids[top:bottom, left:right][found] = object_id


def main() -> None:
    """Track all clips."""
    job = Job.given()
    kind = sys.argv[2]
    cv2.setNumThreads(job.threads)
    cv2.setRNGSeed(0)
    answer(job.track(lambda clip: Boxes(kind, clip).step), "opencv-contrib-python-headless")


if __name__ == "__main__":
    main()
