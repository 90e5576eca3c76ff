"""Recordings and snapshots of what the window shows, under names that are free."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

from samtracker.errors import SamTrackerError
from samtracker.files import writing
from samtracker.results.writers import save_ids
from samtracker.types import Frame, FrameResult
from samtracker.video.recording import RecordingWriter, recording_partial
from samtracker.video.stills import write_still
from samtracker.video.write import SQUARE


class OverlayRecorder:
    """Writes overlay videos with the times at which the frames came, one for each recording.

    Args:
        path: File of the first video; later ones get a number. None makes names of date and time.
        fps: Frames per second of the source.
        sample_aspect_ratio: Of the source, see `VideoWriter`.

    Attributes:
        kept: Files of the videos that are finished.
        failure: Why the last video that failed did; None if none has.
    """

    failure: SamTrackerError | None = None

    def __init__(
        self, path: Path | None, fps: float, sample_aspect_ratio: Fraction = SQUARE
    ) -> None:
        self.kept: list[Path] = []
        self._path = path
        self._fps = fps
        self._aspect = sample_aspect_ratio
        self._writer: RecordingWriter | None = None

    @property
    def recording(self) -> bool:
        """Whether frames are written."""
        return self._writer is not None

    def start(self) -> None:
        """Begin a video.

        Raises:
            OutputError: The video cannot be written.
        """
        path = self._path or Path(f"samtrack-{_now()}.mp4")
        if self.kept or self._path is None:
            path = _free(path)
        self._writer = RecordingWriter(path, fps=self._fps, sample_aspect_ratio=self._aspect)

    def write(self, picture: Frame, time: float) -> bool:
        """Write a frame, if a video is being recorded.

        Args:
            picture: RGB uint8 (H, W, 3).
            time: Time of the frame in seconds.

        Returns:
            False if the video has failed and ended, for the reason in `failure`.
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
        """Finish the video, if one is being recorded.

        Returns:
            File of the video; None if it has no frame. Why it does not have all of them is in
            `failure`.
        """
        writer, self._writer = self._writer, None
        if writer is None:
            return None
        try:
            writer.close()
        except SamTrackerError as error:
            self.failure = error
        if not writer.kept:
            return None
        self.kept.append(writer.path)
        return writer.path


def snapshot(picture: Frame, result: FrameResult | None, folder: Path) -> Path:
    """Write what the window shows as a PNG, and the masks beside it as `NAME-masks.png`.

    Both files get their names when both are complete.

    Args:
        picture: RGB uint8 (H, W, 3).
        result: Result with the masks; None writes no masks.
        folder: Existing folder for the files.

    Returns:
        File of the picture.

    Raises:
        OutputError: The folder cannot be written to.
    """
    path = _free(folder / f"samtrack-{_now()}.png")
    with writing(path), TemporaryDirectory(prefix=".samtrack-", dir=folder) as partial:
        names = [path.name]
        write_still(Path(partial, path.name), picture)
        if result is not None:
            names.append(f"{path.stem}-masks.png")
            save_ids(Path(partial, names[-1]), result.id_map)
        for name in names:
            Path(partial, name).replace(folder / name)
    return path


def _free(path: Path) -> Path:
    """Return the path, or the first of `NAME-2`, `NAME-3`, ... that is neither there nor begun."""
    number, found = 2, path
    while found.exists() or recording_partial(found).exists():
        found = path.with_name(f"{path.stem}-{number}{path.suffix}")
        number += 1
    return found


def _now() -> str:
    return f"{datetime.now():%Y%m%d-%H%M%S}"
