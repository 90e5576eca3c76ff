"""DIS optical flow of OpenCV: the last mask is warped along it, object by object."""

from __future__ import annotations

import cv2
import numpy as np
from job import Clip, Job, answer


class Flow:
    """Soft masks of the objects in the last frame."""

    def __init__(self, clip: Clip) -> None:
        self.clip = clip
        masks = clip.masks()
        self.ids = np.array([0, *masks])
        self.shares = [mask.astype(np.float32) for mask in masks.values()]
        self.last = cv2.cvtColor(clip.frame(0), cv2.COLOR_RGB2GRAY)
        self.flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        rows, columns = np.indices(self.last.shape, np.float32)
        self.grid = np.stack([columns, rows], axis=-1)

    def step(self, frame: np.ndarray) -> np.ndarray:
        """Return the ids (H, W) in the next frame."""
        gray = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
        place = self.grid + self.flow.calc(gray, self.last, None)
        self.last = gray
        self.shares = [cv2.remap(s, place, None, cv2.INTER_LINEAR) for s in self.shares]
        best = np.argmax(self.shares, axis=0)
        return np.where(np.max(self.shares, axis=0) > 0.5, self.ids[1:][best], 0)


def main() -> None:
    """Track all clips."""
    job = Job.given()
    cv2.setNumThreads(job.threads)
    answer(job.track(lambda clip: Flow(clip).step), "opencv-contrib-python-headless")


if __name__ == "__main__":
    main()
