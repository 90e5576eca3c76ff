"""Recordings and snapshots of what the window shows, under names that are free."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from samtracker.errors import SamTrackerError
from samtracker.results.writers import save_ids
from samtracker.types import Frame, FrameResult
from samtracker.video.stills import write_still
from samtracker.video.write import VideoWriter


class Recorder:
    """Writes videos with the times at which the frames came, one for each stretch.

    Args:
        path: of the first video; later ones get a number. None for names made of date and time.
        fps: of the source.

    Attributes:
        kept: the videos that are complete.
        failure: why the last one that failed did; None if none has.
    """

    failure: SamTrackerError | None = None

    def __init__(self, path: Path | None, fps: float) -> None:
        self.kept: list[Path] = []
        self._path = path
        self._fps = fps
        self._writer: VideoWriter | None = None

    @property
    def recording(self) -> bool:
        """Whether frames are written."""
        return self._writer is not None

    def start(self) -> None:
        """Begin a video.

        Raises:
            OutputError: it cannot be written.
        """
        path = self._path or Path(f"samtrack-{_now()}.mp4")
        if self.kept or self._path is None:
            path = free(path)
        self._writer = VideoWriter(path, fps=self._fps)

    def write(self, picture: Frame, time: float) -> bool:
        """Take a frame, if there is a video to put it in.

        Returns:
            False where the video has failed and ended, and not what is recorded: see `failure`.
        """
        try:
            if self._writer is not None:
                self._writer.write(picture, time)
        except SamTrackerError as error:
            self.stop()
            self.failure = error
            return False
        return True

    def stop(self) -> Path | None:
        """Finish the video, if there is one.

        Returns:
            Its path; None where it has no frame, and where it could not be finished: see `failure`.
        """
        writer, self._writer = self._writer, None
        if writer is None:
            return None
        try:
            writer.close()
        except SamTrackerError as error:
            self.failure = error
            return None
        if not writer.path.exists():
            return None
        self.kept.append(writer.path)
        return writer.path


def snapshot(picture: Frame, result: FrameResult | None, folder: Path) -> Path:
    """Write what the window shows as a PNG, and the masks beside it as `NAME-masks.png`.

    Returns:
        The path of the picture.

    Raises:
        OutputError: the folder cannot be written to.
    """
    path = free(folder / f"samtrack-{_now()}.png")
    write_still(path, picture)
    if result is not None:
        save_ids(path.with_name(f"{path.stem}-masks.png"), result.id_map)
    return path


def free(path: Path) -> Path:
    """The path, or the first of `NAME-2`, `NAME-3`, ... that does not exist."""
    number, found = 2, path
    while found.exists():
        found = path.with_name(f"{path.stem}-{number}{path.suffix}")
        number += 1
    return found


def _now() -> str:
    return f"{datetime.now():%Y%m%d-%H%M%S}"
