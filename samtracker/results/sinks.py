"""The files that results are written to while a job runs."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Protocol, Self

from samtracker.results.formats.labelme import LabelmeWriter
from samtracker.results.formats.mot import MotWriter
from samtracker.results.formats.open_writer import open_writer
from samtracker.results.names import FILES
from samtracker.results.overlay import overlay
from samtracker.results.writers import CsvWriter, Writer
from samtracker.types import FrameResult
from samtracker.video.encoder import output_fps
from samtracker.video.read import VideoFrame, VideoReader
from samtracker.video.write import AlphaWriter, GifWriter, VideoWriter, WebmWriter


class Sink(Protocol):
    """Takes a frame and the objects found in it."""

    def __call__(self, frame: VideoFrame, result: FrameResult) -> None:
        """Write one frame."""


class Sinks:
    """Everything a frame is written to; the end of a `with` block finishes all files.

    They are opened with the first frame, so that there are none before it.

    Args:
        formats: Names from `samtracker.config.FORMATS`.
        folder: Folder to write into.
        reader: The source, for its frame rate and audio.
        stride: Every how many-th frame of the source is tracked.
        video: What the source is called; None for the name of its file.
    """

    def __init__(
        self,
        formats: tuple[str, ...],
        folder: Path,
        reader: VideoReader,
        stride: int,
        *,
        video: str | None = None,
    ) -> None:
        self._formats = formats
        self._folder = folder
        self._reader = reader
        self._video = video or ("video" if reader.path is None else reader.path.name)
        self._fps = output_fps(reader.info.fps, stride)
        self._stack = ExitStack()
        self._sinks: list[Sink] = []

    def write(self, frame: VideoFrame, result: FrameResult) -> None:
        """Write a frame and its result to every file.

        Raises:
            OutputError: A file cannot be written, or the disk is full.
        """
        if not self._sinks:
            for name in self._formats:
                if name == "prompts":  # that is of no frame
                    continue
                self._sinks.append(self._open(name))
        for sink in self._sinks:
            sink(frame, result)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Finish all files, whatever happened; the others too where one fails."""
        self._stack.close()

    def _open(self, name: str) -> Sink:
        path, fps, stack = self._folder / FILES[name], self._fps, self._stack
        reader = self._reader
        aspect = reader.info.sample_aspect_ratio
        match name:
            case "overlay":
                video = VideoWriter(
                    path, fps=fps, sample_aspect_ratio=aspect, audio_from=reader.path
                )
                stack.enter_context(video)
                return lambda frame, result: video.write(overlay(frame.image, result), frame.time)
            case "gif":
                gif = GifWriter(path, fps=fps, sample_aspect_ratio=aspect)
                stack.enter_context(gif)
                return lambda frame, result: gif.write(overlay(frame.image, result), frame.time)
            case "alpha" | "webm":
                kind = AlphaWriter if name == "alpha" else WebmWriter
                alpha = kind(path, fps=fps, sample_aspect_ratio=aspect)
                stack.enter_context(alpha)
                return lambda frame, result: alpha.write(frame.image, result.id_map > 0, frame.time)
        writer = self._writer(name, path)
        stack.callback(writer.close)
        return writer.write

    def _writer(self, name: str, path: Path) -> Writer:
        match name:
            case "csv":
                return CsvWriter(path)
            case "mot":
                return MotWriter(path)
            case "labelme":
                return LabelmeWriter(path)
        return open_writer(name, path, video=self._video)
