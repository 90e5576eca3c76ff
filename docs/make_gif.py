"""Write docs/images/demo.gif from the demo's overlay video.

samtrack demo && python docs/make_gif.py
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from samtracker.video import read_frames

SOURCE = Path("demo-output/overlay.mp4")
TARGET = Path(__file__).parent / "images" / "demo.gif"
SIZE = (480, 270)
STRIDE = 3
COLOURS = 96


def main() -> None:
    """Scale, thin out and reduce to a palette shared by all frames."""
    with read_frames(SOURCE, stride=STRIDE) as reader:
        pictures = [
            Image.fromarray(frame.image).resize(SIZE, Image.Resampling.LANCZOS) for frame in reader
        ]
        milliseconds = round(1000 * STRIDE / (reader.info.fps or 25))
    middle = pictures[len(pictures) // 2].quantize(COLOURS, dither=Image.Dither.NONE)
    frames = [p.quantize(palette=middle, dither=Image.Dither.NONE) for p in pictures]
    TARGET.parent.mkdir(exist_ok=True)
    frames[0].save(
        TARGET,
        save_all=True,
        append_images=frames[1:],
        duration=milliseconds,
        loop=0,
        optimize=True,
    )
    print(f"{TARGET}: {TARGET.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
