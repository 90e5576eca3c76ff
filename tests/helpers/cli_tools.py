"""Running `samtrack` as a user does, on a small film of two balls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import torch
from click.testing import CliRunner
from numpy.typing import NDArray
from PIL import Image

from samtracker.cli import main
from samtracker.types import Frame, mask_box
from tests.helpers.clips import write_clip
from tests.helpers.forked import Command
from tests.helpers.scenes import BLUE, RED, Shot, film

SHOTS = film([RED, BLUE], 10)
FRAMES = [shot.frame for shot in SHOTS]
FAST = ("--size", "64", "--precision", "float32")
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Finished:
    """A finished command: its exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def errors(self) -> list[str]:
        """The lines that users read as errors."""
        return [line for line in self.err.splitlines() if line.startswith("Error: ")]


def samtrack(*arguments: str | Path) -> Finished:
    """Runs a command in this process; an exception that no user should see is raised here."""
    result = CliRunner().invoke(main, [str(item) for item in arguments], prog_name="samtrack")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Finished(result.exit_code, result.stdout, result.stderr)


def start(*arguments: str | Path, folder: Path) -> Command:
    """Starts a command in a process of its own, in a folder."""
    return Command([str(item) for item in arguments], folder)


@contextmanager
def one_more_thread() -> Iterator[None]:
    """In which torch rounds differently; a command must not change that for good."""
    before = torch.get_num_threads()
    torch.set_num_threads(before + 1)
    try:
        yield
        assert torch.get_num_threads() == before + 1
    finally:
        torch.set_num_threads(before)


def two_balls(path: Path, frames: Sequence[Frame] = FRAMES, **settings: Any) -> Path:
    """The film as a file, with a keyframe every third frame; the settings of `write_clip`."""
    return write_clip(path, frames, **{"options": {"g": "3"}, **settings})


def first_mask(path: Path, ids: NDArray[np.uint8] = SHOTS[0].ids) -> Path:
    """Where the balls are in the first frame, as a picture of their ids."""
    Image.fromarray(ids).save(path)
    return path


def box_of(number: int, shot: Shot = SHOTS[0]) -> str:
    """The box around a ball, as an option takes it."""
    box = mask_box(shot.mask(number))
    assert box is not None
    return ",".join(f"{side:g}" for side in box)


def click_on(number: int) -> str:
    """The middle of a ball in the first frame, as an option takes it."""
    rows, columns = np.nonzero(SHOTS[0].mask(number))
    return f"{columns.mean():g},{rows.mean():g}"


def ids_in(path: Path) -> NDArray[np.uint8]:
    """The ids in a mask picture."""
    with Image.open(path) as image:
        return np.asarray(image)


def frames_in(path: Path) -> list[Frame]:
    """The pictures of a video, by FFmpeg itself."""
    with av.open(f"file:{path}") as video:
        return [
            frame.to_ndarray(format="rgb24").astype(np.uint8) for frame in video.decode(video=0)
        ]


def contents(folder: Path) -> dict[str, bytes | None]:
    """Everything in a folder by its relative path; None for folders."""
    return {
        str(path.relative_to(folder)): None if path.is_dir() else path.read_bytes()
        for path in sorted(folder.rglob("*"))
    }
