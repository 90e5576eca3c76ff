"""Write the pictures of README.md and live.md: the demo's clip, tracked from one click.

python docs/make_images.py
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from samtracker import Tracker
from samtracker.demo import CLICK, clip
from samtracker.live.controls import Controls
from samtracker.live.events import Key, Mouse
from samtracker.live.hud import draw_hud
from samtracker.results.overlay import overlay
from samtracker.types import Frame
from samtracker.video.live_source import LiveFrame
from samtracker.video.read import read_frames

FOLDER = Path(__file__).parent / "images"
SIZE = (480, 270)
STRIDE = 3
COLORS = 96
MOMENTS = (0, 39, 81, 120)
"""Frames of the strip; multiples of `STRIDE`."""

ERASED_IN = 82
"""Frame in which the live window is shown."""

STROKE = [(255.0, 430.0), (275.0, 465.0), (310.0, 500.0)]
"""Path of the eraser between the rabbit's arm and its belly, in pixels of the clip."""


def main() -> None:
    """Write a GIF of the scaled clip, a strip of some of its frames, and the live window."""
    FOLDER.mkdir(exist_ok=True)
    tracker = Tracker.from_pretrained("lite")
    pictures = {}
    with read_frames(clip()) as reader:
        milliseconds = round(1000 * STRIDE / (reader.info.fps or 25))
        for frame in reader:
            if frame.index == 0:
                result = tracker.init(frame.image, points=[CLICK])
            else:
                result = tracker.step(frame.image)
            if frame.index % STRIDE == 0:
                pictures[frame.index] = _scaled(overlay(frame.image, result), SIZE)
            if frame.index == ERASED_IN:
                now = LiveFrame(index=frame.index, time=frame.time, captured=0.0, image=frame.image)
                live = window(tracker, now)
    _animate(list(pictures.values()), milliseconds, FOLDER / "demo.gif")
    strip = Image.new("RGB", (2 * SIZE[0], 2 * SIZE[1]))
    for place, number in enumerate(MOMENTS):
        row, column = divmod(place, 2)
        strip.paste(pictures[number], (column * SIZE[0], row * SIZE[1]))
    strip.save(FOLDER / "demo.jpg", quality=85)
    live.save(FOLDER / "live.jpg", quality=85)
    for path in (FOLDER / "demo.gif", FOLDER / "demo.jpg", FOLDER / "live.jpg"):
        print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")


def window(tracker: Tracker, frame: LiveFrame) -> Image.Image:
    """Return the live window while a bit of the current frame's mask is being erased."""
    controls = Controls(tracker)
    controls.show(frame, tracker.result)
    controls.handle(Key("c"))
    (x1, y1), *path = STROKE
    controls.handle(Mouse("press", "right", x1, y1))
    for x, y in path:
        controls.handle(Mouse("move", "left", x, y))
    numbers = "12.4 fps  latency 85/110 ms  dropped 3"
    return _scaled(draw_hud(frame.image, controls, numbers), (2 * SIZE[0], 2 * SIZE[1]))


def _animate(pictures: list[Image.Image], milliseconds: int, path: Path) -> None:
    middle = pictures[len(pictures) // 2].quantize(COLORS, dither=Image.Dither.NONE)
    first, *others = (p.quantize(palette=middle, dither=Image.Dither.NONE) for p in pictures)
    first.save(
        path, save_all=True, append_images=others, duration=milliseconds, loop=0, optimize=True
    )


def _scaled(image: Frame, size: tuple[int, int]) -> Image.Image:
    return Image.fromarray(image).resize(size, Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main()
