"""A film, a job that tracks it, and how that job is interrupted at a known frame."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from samtracker.jobs import Progress
from tests.helpers.cli_tools import FAST, FRAMES, samtrack

WALL = np.full_like(FRAMES[0], 120)
FILM = [*FRAMES[:5], *[WALL] * 4, *FRAMES[5:], *FRAMES[::-1]]
"""The balls are out of sight in the middle."""

SAVE = "overlay,masks,rle,csv,alpha,coco,cvat,yolo"
JOB = ("--init-mask", "first.png", *FAST, "--save", SAVE)
RESUME = ("track", "--resume", "out")
BROKEN = 12
"""The first picture of the film that cannot be tracked at first."""


def pictures(folder: Path, *, upto: int = len(FILM)) -> None:
    """The film as pictures; those from `upto` on are of another size."""
    (folder / "pictures").mkdir(exist_ok=True)
    for number, frame in enumerate(FILM):
        picture = frame if number < upto else frame[:48]
        Image.fromarray(picture).save(folder / "pictures" / f"{number}.png")


def interrupt(folder: Path, *options: str) -> Path:
    """What is left of a job whose source broke off; the source is whole again."""
    pictures(folder, upto=BROKEN)
    done = samtrack("track", "pictures", *JOB, *options, "-o", "out")
    assert done.code == 2
    assert done.errors[0].endswith(
        f"kept {BROKEN} frames in {folder / 'out'}; "
        f"go on with: samtrack track --resume {folder / 'out'}"
    )
    pictures(folder)
    return folder / "out"


def until(stop: tuple[str, int] | None) -> Callable[[Progress], bool]:
    """Stops a job at a frame of a stage, see `Progress`; None for nowhere."""
    return lambda progress: (progress.stage, progress.done) != stop
