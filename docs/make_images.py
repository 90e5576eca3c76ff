"""Write the pictures of README.md and live.md from the demo's clip and overlay video.

samtrack demo && python docs/make_images.py
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from samtracker import Tracker
from samtracker.demo import MASK, clip
from samtracker.live.controls import Controls
from samtracker.live.events import Key, Mouse
from samtracker.live.hud import draw_hud
from samtracker.prompts.mask_file import read_mask
from samtracker.video.live_source import LiveFrame
from samtracker.video.read import read_frames

SOURCE = Path("demo-output/overlay.mp4")
FOLDER = Path(__file__).parent / "images"
SIZE = (480, 270)
STRIDE = 3
COLORS = 96
MOMENTS = (0, 39, 81, 120)
"""Frames of the strip; multiples of `STRIDE`."""

ERASED_IN = 82
"""Frame in which the live window is shown."""

STROKE = [(205.0, 290.0), (240.0, 380.0), (310.0, 500.0)]
"""Path of the eraser between the rabbit's arm and its belly, in pixels of the clip."""


def main() -> None:
    """Write a GIF of the scaled clip, a strip of some of its frames, and the live window."""
    with read_frames(SOURCE, stride=STRIDE) as reader:
        pictures = {
            frame.index: Image.fromarray(frame.image).resize(SIZE, Image.Resampling.LANCZOS)
            for frame in reader
        }
        milliseconds = round(1000 * STRIDE / (reader.info.fps or 25))
    FOLDER.mkdir(exist_ok=True)
    every = list(pictures.values())
    middle = every[len(every) // 2].quantize(COLORS, dither=Image.Dither.NONE)
    frames = [p.quantize(palette=middle, dither=Image.Dither.NONE) for p in every]
    frames[0].save(
        FOLDER / "demo.gif",
        save_all=True,
        append_images=frames[1:],
        duration=milliseconds,
        loop=0,
        optimize=True,
    )
    strip = Image.new("RGB", (2 * SIZE[0], 2 * SIZE[1]))
    for place, number in enumerate(MOMENTS):
        row, column = divmod(place, 2)
        strip.paste(pictures[number], (column * SIZE[0], row * SIZE[1]))
    strip.save(FOLDER / "demo.jpg", quality=85)
    window().save(FOLDER / "live.jpg", quality=85)
    for path in (FOLDER / "demo.gif", FOLDER / "demo.jpg", FOLDER / "live.jpg"):
        print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")


def window() -> Image.Image:
    """Return the live window while a bit of the mask is being erased."""
    tracker = Tracker.from_pretrained("lite")
    controls = Controls(tracker)
    with read_frames(clip()) as reader:
        for frame in reader:
            if frame.index == 0:
                mask = read_mask(MASK, reader.info.size).masks()
                result = tracker.init(frame.image, mask=mask)
            elif frame.index < ERASED_IN:
                result = tracker.step(frame.image)
            else:
                break
            now = LiveFrame(index=frame.index, time=frame.time, captured=0.0, image=frame.image)
            controls.show(now, result)
    controls.handle(Key("c"))
    (x1, y1), *path = STROKE
    controls.handle(Mouse("press", "right", x1, y1))
    for x, y in path:
        controls.handle(Mouse("move", "left", x, y))
    numbers = "12.4 fps  latency 85/110 ms  dropped 3"
    picture = Image.fromarray(draw_hud(now.image, controls, numbers))
    return picture.resize((2 * SIZE[0], 2 * SIZE[1]), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main()
