"""Write the figures of training.md: what the base recipe sees, that it can learn, and a training.

python docs/make_training_figures.py [FOLDER]

The commands are those of training.md, on painted pictures, which anybody has. FOLDER keeps the
trainings, so that those that were interrupted go on.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

FOLDER = Path(__file__).parent / "images" / "training"
COMMAND = (sys.executable, "-m", "samtracker")
PAINTED = ("--data", "synthetic", "--size", "256", "--seed", "4")
WIDTH = 900
"""Largest width of a figure in pixels."""

OVERFIT = ("--instances", "1", "--epochs", "100", "--batch", "1")
LONG = ("--instances", "1000", "--epochs", "2", "--batch", "4")


def main() -> None:
    """Draw the samples, train twice, and keep the figures that `train` draws."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as temporary:
        folder = Path(sys.argv[1] if len(sys.argv) > 1 else temporary)
        preview = folder / "samples.png"
        _run("data", "preview", *PAINTED, "--rows", "3", "-o", str(preview), "--overwrite")
        _keep(preview, "samples.png")
        for name, amount in (("overfit", OVERFIT), ("long", LONG)):
            train = ("train", "--preset", "base", *PAINTED, *amount)
            _run(*train, "-o", str(folder / name), "--resume", "auto")
        _keep(folder / "overfit" / "samples.png", "overfit.png")
        _keep(folder / "long" / "curves.png", "curves.png")
        _keep(folder / "long" / "samples.png", "predictions.png")


def _run(*arguments: str) -> None:
    subprocess.run([*COMMAND, *arguments], check=True)


def _keep(path: Path, name: str) -> None:
    """Scale a figure down to what a page shows, and put it beside the page."""
    with Image.open(path) as picture:
        figure = picture.convert("RGB")
        figure.thumbnail((WIDTH, 10 * WIDTH))
        figure.quantize(128).save(FOLDER / name, optimize=True)
    print(f"{FOLDER / name}: {(FOLDER / name).stat().st_size >> 10} KB")


if __name__ == "__main__":
    main()
