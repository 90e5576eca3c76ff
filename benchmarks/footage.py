"""Real clips to measure on: a DAVIS folder, or the clip that the demo tracks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from samtracker.demo import MASK, clip
from samtracker.prompts.mask_file import read_mask
from samtracker.types import Frame, Mask
from samtracker.video.read import read_frames


@dataclass(frozen=True)
class DavisClip:
    """A clip in the layout of DAVIS: JPEGImages/480p/NAME, Annotations/480p/NAME."""

    root: Path
    name: str

    def frames(self) -> list[Frame]:
        """Read the frames, RGB uint8 (H, W, 3)."""
        with read_frames(self.root / "JPEGImages" / "480p" / self.name) as reader:
            return [frame.image for frame in reader]

    def masks(self) -> list[Mask]:
        """Read the masks, bool (H, W), with all objects of a frame as one."""
        files = sorted((self.root / "Annotations" / "480p" / self.name).glob("*.png"))
        return [np.asarray(Image.open(file)) > 0 for file in files]


def davis_split(root: Path, split: str) -> list[DavisClip]:
    """Return the clips that ImageSets/480p/SPLIT.txt names."""
    names = (root / "ImageSets" / "480p" / f"{split}.txt").read_text("utf-8").split()
    return [DavisClip(root, name) for name in names]


def demo_frames(short_side: int = 480) -> tuple[list[Frame], dict[int, Mask]]:
    """Read the demo clip, scaled to a short side, and the rabbit in its first frame."""
    with read_frames(clip()) as reader:
        frames = [_scaled(frame.image, short_side) for frame in reader]
    height, width = frames[0].shape[:2]
    return frames, read_mask(MASK, (height, width)).masks()


def _scaled(image: Frame, short_side: int) -> Frame:
    scale = short_side / min(image.shape[:2])
    size = round(image.shape[1] * scale), round(image.shape[0] * scale)
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
