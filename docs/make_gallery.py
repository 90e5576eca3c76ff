"""Write the pictures of gallery.md: painted clips and the demo's, tracked, good and bad.

python docs/make_gallery.py

Each picture has four frames, two by two, with the masks that were found. The mean IoU with the
truth, where the object is seen, is printed for each painted clip: it stands in gallery.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from samtracker import Tracker, overlay, read_frames
from samtracker.data.photos import paint
from samtracker.demo import clip
from samtracker.evaluate.metrics import region_similarity
from samtracker.types import Frame, Mask

FOLDER = Path(__file__).parent / "images" / "gallery"
SIZE = (320, 480)
WIDTH = 300
"""Of a frame in a picture, in pixels."""

Shot = tuple[Frame, Mask | None]
"""A frame and the truth, where it is known."""

Place = tuple[float, float]
"""x and y of the middle of a thing."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A picture.

    Attributes:
        shots: The clip.
        moments: Numbers of the frames that are shown.
        prompt: Argument of `Tracker.init`; None for the true mask.
    """

    shots: Callable[[], Iterator[Shot]]
    moments: tuple[int, int, int, int]
    prompt: dict[str, Any] | None = None


@dataclass(frozen=True)
class Thing:
    """Something painted: RGB (h, w, 3), and where it is opaque, bool (h, w)."""

    picture: Frame
    shape: Mask

    @classmethod
    def of(cls, shape: NDArray[np.uint8], seed: int) -> Thing:
        """Paint what a shape shows."""
        return cls(paint(_size(shape), np.random.default_rng(seed)), shape > 0)

    def put(self, frame: Frame, place: Place) -> Mask:
        """Draw it with its middle at a place, and return where it is now seen."""
        (height, width), (x, y) = self.shape.shape, place
        move = np.array([[1, 0, x - width / 2], [0, 1, y - height / 2]])
        size = frame.shape[1], frame.shape[0]
        covered = cv2.warpAffine(self.shape.astype(np.uint8), move, size) > 0
        frame[covered] = cv2.warpAffine(self.picture, move, size)[covered]
        return covered


def blob(seed: int, radius: int = 45) -> Thing:
    """Paint a round thing."""
    side = 2 * radius + 1
    return Thing.of(
        cv2.circle(np.zeros((side, side), np.uint8), (radius, radius), radius, 1, -1), seed
    )


def kite(seed: int) -> Thing:
    """Paint a small thing on a long thin line."""
    shape = cv2.circle(np.zeros((160, 60), np.uint8), (30, 26), 24, 1, -1)
    return Thing.of(cv2.line(shape, (30, 50), (30, 158), 1, 3), seed)


def clip_of(
    things: Sequence[tuple[Thing, Callable[[int], Place]]], wanted: int, count: int = 40
) -> Iterator[Shot]:
    """Move things over a wall, later ones in front; the truth is of one of them."""
    wall = paint(SIZE, np.random.default_rng(7))
    for number in range(count):
        frame, truth = wall.copy(), np.zeros(SIZE, np.bool_)
        for index, (thing, way) in enumerate(things):
            covered = thing.put(frame, way(number))
            truth = covered if index == wanted else truth & ~covered
        yield frame, truth


def hidden() -> Iterator[Shot]:
    """Move a thing behind a post that hides all of it."""
    post = Thing.of(np.ones((320, 110), np.uint8), 3)
    ball = blob(1)
    return clip_of([(ball, lambda t: (60 + 9.0 * t, 160)), (post, lambda _: (240, 160))], 0)


def alike() -> Iterator[Shot]:
    """Let a thing pass behind another one that looks like it."""
    ways = (lambda t: (90 + 8.0 * t, 170), lambda t: (390 - 8.0 * t, 150))
    return clip_of([(blob(1), ways[0]), (blob(1), ways[1])], 0)


def unlike() -> Iterator[Shot]:
    """Let a thing pass behind another one that does not look like it."""
    ways = (lambda t: (90 + 8.0 * t, 170), lambda t: (390 - 8.0 * t, 150))
    return clip_of([(blob(1), ways[0]), (blob(12), ways[1])], 0)


def thin() -> Iterator[Shot]:
    """Move a thing with a line."""
    return clip_of([(kite(4), lambda t: (80 + 6.0 * t, 150 + 20 * np.sin(t / 5)))], 0)


def leap() -> Iterator[Shot]:
    """Move a thing that is far away from one frame to the next, as behind a cut."""
    return clip_of([(blob(1), lambda t: (80, 90 + t) if t < 15 else (400, 200 + t))], 0)


def rabbit() -> Iterator[Shot]:
    """Read the demo's clip."""
    with read_frames(clip()) as frames:
        for frame in islice(frames, 121):
            size = SIZE[0] * frame.image.shape[1] // frame.image.shape[0], SIZE[0]
            yield cv2.resize(frame.image, size, interpolation=cv2.INTER_AREA).astype(np.uint8), None


CLICK = (350 * 320 / 720, 420 * 320 / 720)
CASES = {
    "rabbit": Case(shots=rabbit, moments=(0, 40, 80, 120), prompt={"points": [CLICK]}),
    "rabbit-part": Case(shots=rabbit, moments=(0, 40, 80, 120), prompt={"points": [(170, 120)]}),
    "hidden": Case(shots=hidden, moments=(0, 12, 20, 34)),
    "alike": Case(shots=alike, moments=(0, 14, 22, 36)),
    "unlike": Case(shots=unlike, moments=(0, 14, 22, 36)),
    "thin": Case(shots=thin, moments=(0, 12, 24, 38)),
    "leap": Case(shots=leap, moments=(0, 14, 15, 24)),
}


def main() -> None:
    """Track all clips and write their pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    tracker = Tracker.from_pretrained("lite", backend="torch", precision="float32")
    for name, case in CASES.items():
        views, ious, states = [], [], []
        for number, (frame, truth) in enumerate(case.shots()):
            if number:
                result = tracker.step(frame)
            else:
                result = tracker.init(frame, **(case.prompt or {"mask": truth}))
            states.append(result[1].state.value[0])
            if truth is not None and truth.any():
                ious.append(region_similarity(result[1].mask, truth))
            if number in case.moments:
                height = round(WIDTH * frame.shape[0] / frame.shape[1])
                picture = cv2.resize(
                    overlay(frame, result), (WIDTH, height), interpolation=cv2.INTER_AREA
                )
                views.append(picture)
        square = np.vstack([np.hstack(views[:2]), np.hstack(views[2:])])
        Image.fromarray(square).save(FOLDER / f"{name}.jpg", quality=85)
        mean = f"mean IoU {np.mean(ious):.2f}" if ious else ""
        print(f"{name:12} {mean}  {''.join(states)}")


def _size(shape: NDArray[np.uint8]) -> tuple[int, int]:
    return shape.shape[0], shape.shape[1]


if __name__ == "__main__":
    main()
