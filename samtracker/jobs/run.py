"""Track a whole source and write the results: what `samtrack track` does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, Protocol, Self

from samtracker.config import FORMATS
from samtracker.errors import ConfigError, PromptError, SamTrackerError
from samtracker.jobs.outcome import Outcome, Tally
from samtracker.prompts.mask_formats import read_mask
from samtracker.prompts.prompts import Points, prompt_method
from samtracker.results import output_folder as output
from samtracker.results import writers as export
from samtracker.results.overlay import overlay
from samtracker.tracker import Tracker
from samtracker.types import Box, FrameResult, Mask, Size
from samtracker.video.encoder import FPS_RANGE
from samtracker.video.read import VideoFrame, VideoReader
from samtracker.video.write import AlphaWriter, VideoWriter

FALLBACK_FPS = 25.0
"""For sources that do not know their own, such as some cameras."""


@dataclass(frozen=True, kw_only=True)
class FirstPrompts:
    """What the user points at in the first frame.

    Attributes:
        mask: picture with any number of objects; see `samtracker.prompts.mask_formats`.
        boxes: x1, y1, x2, y2, an object each.
        points: clicks on an object each.

    Raises:
        PromptError: nothing at all.
    """

    mask: Path | None = None
    boxes: tuple[Box, ...] = ()
    points: tuple[Points, ...] = ()

    def __post_init__(self) -> None:
        if self.mask is None and not self.boxes and not self.points:
            raise PromptError(
                "nothing to track: give --init-mask FILE, --init-box x1,y1,x2,y2 or "
                "--init-point x,y"
            )

    def read_masks(self, size: Size) -> dict[int, Mask]:
        """The objects of the mask picture at frame size, by id; empty without a picture."""
        return {} if self.mask is None else read_mask(self.mask, size)

    def start(
        self, tracker: Tracker, frame: VideoFrame, masks: dict[int, Mask]
    ) -> tuple[FrameResult, dict[int, str]]:
        """Start a stream in a frame.

        Args:
            tracker: any stream in it ends.
            frame: the first one.
            masks: from `read_masks`.

        Returns:
            The first result, and by object id what its mask was made from.
        """
        method = prompt_method(tracker.runtime)
        prompts: list[tuple[str, dict[str, Any]]] = [("mask", {"mask": masks})] if masks else []
        prompts += [(f"box ({method})", {"box": box}) for box in self.boxes]
        prompts += [(f"points ({method})", {"points": points}) for points in self.points]
        (name, first), *others = prompts
        result = tracker.init(frame.image, timestamp=frame.time, **first)
        origins = dict.fromkeys(tracker.object_ids, name)
        for name, prompt in others:
            result = tracker.add_object(frame.image, **prompt)
            origins[tracker.object_ids[-1]] = name
        return result, origins


class Sink(Protocol):
    """Takes a frame and the objects found in it."""

    def __call__(self, frame: VideoFrame, result: FrameResult) -> None:
        """Write or show one frame."""


class Sinks:
    """Where every frame goes; the end of a `with` block finishes all files.

    Args:
        formats: of `FORMATS`.
        folder: to write into.
        reader: the source, for its frame rate and audio.
        stride: of the source's frames that are tracked.
    """

    def __init__(
        self, formats: tuple[str, ...], folder: Path, reader: VideoReader, stride: int
    ) -> None:
        lowest, highest = FPS_RANGE
        fps = min(max((reader.info.fps or FALLBACK_FPS) / stride, lowest), highest)
        self._stack = ExitStack()
        self._sinks: list[Sink] = []
        try:
            for name in formats:
                self._sinks.append(_open_sink(name, folder, reader, fps, self._stack))
        except BaseException:
            self._stack.close()
            raise

    def write(self, frame: VideoFrame, result: FrameResult) -> None:
        """Give a frame to every sink."""
        for sink in self._sinks:
            sink(frame, result)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Finish all files, whatever happened; the others too where one fails."""
        self._stack.close()


def _open_sink(name: str, folder: Path, reader: VideoReader, fps: float, stack: ExitStack) -> Sink:
    match name:
        case "overlay":
            video = VideoWriter(folder / output.OVERLAY, fps=fps, audio_from=reader.path)
            stack.enter_context(video)
            return lambda frame, result: video.write(overlay(frame.image, result), frame.time)
        case "alpha":
            alpha = stack.enter_context(AlphaWriter(folder / output.ALPHA, fps=fps))
            return lambda frame, result: alpha.write(frame.image, result.id_map > 0, frame.time)
        case "masks" | "rle" | "csv":
            writer: export.Writer
            if name == "masks":
                writer = export.MaskWriter(folder / output.MASKS)
            elif name == "rle":
                writer = export.RleWriter(folder / output.RLE)
            else:
                writer = export.CsvWriter(folder / output.CSV)
            stack.callback(writer.close)
            return lambda frame, result: writer.write(result, index=frame.index, time=frame.time)
    raise ConfigError(f"--save {name!r} does not exist: use {', '.join(FORMATS)}")


def track(
    tracker: Tracker,
    reader: VideoReader,
    done: Iterable[tuple[VideoFrame, FrameResult]],
    sinks: Sinks,
    on_frame: Callable[[VideoFrame, FrameResult], bool],
) -> Outcome:
    """Track from a first frame to the end and close the files; what was tracked is kept.

    Args:
        tracker: with a stream in which some frames have results already.
        reader: gives the frames after them.
        done: those frames and their results; of a new stream, the first one.
        sinks: get every frame, these included.
        on_frame: called after every frame; False stops the job as Ctrl-C does.
    """
    try:
        with sinks:
            outcome = _track(tracker, reader, done, sinks, on_frame)
    except SamTrackerError as error:  # `_track` raises none: a file could not be finished
        return replace(outcome, failure=outcome.failure or error)
    return outcome


def _track(
    tracker: Tracker,
    reader: VideoReader,
    done: Iterable[tuple[VideoFrame, FrameResult]],
    sinks: Sinks,
    on_frame: Callable[[VideoFrame, FrameResult], bool],
) -> Outcome:
    tally = Tally()
    known = ((frame, result, None) for frame, result in done)
    try:
        for frame, result, seconds in chain(known, _steps(tracker, reader)):
            sinks.write(frame, result)
            tally.add(result, seconds)
            if not on_frame(frame, result):
                return Outcome(tally=tally, interrupted=True)
        return Outcome(tally=tally)
    except KeyboardInterrupt:
        return Outcome(tally=tally, interrupted=True)
    except SamTrackerError as error:
        return Outcome(tally=tally, failure=error)


def _steps(
    tracker: Tracker, reader: VideoReader
) -> Iterator[tuple[VideoFrame, FrameResult, float]]:
    """The frames to come, their results and the seconds that each step took."""
    for frame in reader:
        begin = time.perf_counter()
        result = tracker.step(frame.image, frame.time)
        yield frame, result, time.perf_counter() - begin
