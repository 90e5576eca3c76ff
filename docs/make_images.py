"""Write the pictures of README.md from the demo's overlay video.

samtrack demo && python docs/make_images.py
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from samtracker.video import read_frames

SOURCE = Path("demo-output/overlay.mp4")
FOLDER = Path(__file__).parent / "images"
SIZE = (480, 270)
STRIDE = 3
COLOURS = 96
MOMENTS = (0, 39, 81, 120)
"""Frames of the strip; multiples of `STRIDE`."""


def main() -> None:
    """Scale and thin out; a GIF of all, with one palette, and a strip of some."""
    with read_frames(SOURCE, stride=STRIDE) as reader:
        pictures = {
            frame.index: Image.fromarray(frame.image).resize(SIZE, Image.Resampling.LANCZOS)
            for frame in reader
        }
        milliseconds = round(1000 * STRIDE / (reader.info.fps or 25))
    FOLDER.mkdir(exist_ok=True)
    every = list(pictures.values())
    middle = every[len(every) // 2].quantize(COLOURS, dither=Image.Dither.NONE)
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
    for path in (FOLDER / "demo.gif", FOLDER / "demo.jpg"):
        print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
