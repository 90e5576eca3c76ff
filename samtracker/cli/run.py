"""One job on the command line: track, show how far it is, save, say how it ended."""

from __future__ import annotations

import math
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import click
from tqdm import tqdm

from samtracker.cli.interruption import EXIT_CODE, Interruption
from samtracker.cli.model import build_tracker
from samtracker.errors import VideoError
from samtracker.job import FirstFrame, Sinks, track
from samtracker.live.events import QUIT, Key
from samtracker.live.window import Window
from samtracker.outcome import Outcome
from samtracker.output import SUMMARY, OutputFolder, write_text
from samtracker.render import overlay
from samtracker.summary import summarise
from samtracker.types import FrameResult
from samtracker.video import VideoFrame, VideoReader, read_frames

LOG_INTERVAL = 10.0
"""Seconds between two states of the progress bar where standard error is no terminal."""

CLOSING = (QUIT, Key("escape"))
"""What ends a job in its window."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the user wants.

    Attributes:
        source: see `read_frames`; likewise `start`, `end` and `stride`.
        prompts: what to track.
        model: encoder and weights, None where they are not given, and the other arguments of
            `Tracker.from_pretrained`.
        output: folder for the results.
        save: of `FORMATS`.
        show: whether to open a window.
        overwrite: whether an earlier `output` is replaced.
    """

    source: str
    prompts: FirstFrame
    model: dict[str, Any]
    output: Path
    save: tuple[str, ...]
    show: bool
    overwrite: bool
    start: float = 0.0
    end: float | None = None
    stride: int = 1


def run(request: Request) -> None:
    """Track and save; the summary goes to standard output, everything else to standard error.

    Raises:
        SamTrackerError: nothing was tracked, or the job ended early. In the second case what was
            tracked is in the output folder, and the message says so.
        SystemExit: with 130 after Ctrl-C; what was tracked is in the output folder.
    """
    with (
        Interruption() as interruption,
        OutputFolder(request.output, overwrite=request.overwrite) as folder,
        read_frames(
            request.source, start=request.start, end=request.end, stride=request.stride
        ) as reader,
        Window("samtrack") if request.show else nullcontext() as window,
    ):
        masks = request.prompts.read_masks(reader.info.size)
        tracker = build_tracker(**request.model)
        frame = _first_frame(request, reader)
        first, origins = request.prompts.start(tracker, frame, masks)
        for item in first.objects:
            pixels = int(item.mask.sum())
            click.echo(f"object {item.id}: {pixels} pixels from the {origins[item.id]}", err=True)
        interruption.deferred = True
        sinks = Sinks(request.save, folder.partial, reader, request.stride)
        with _Display(_expected(request, reader), window, interruption) as display:
            outcome = track(tracker, reader, (frame, first), sinks, display)
        summary = summarise(tracker, reader, outcome, origins, request.source).to_json()
        write_text(folder.partial / SUMMARY, summary)
        folder.ended_early = outcome.ended_early
    click.echo(summary)
    _conclude(request.source, reader, outcome, folder.kept)
    if outcome.interrupted and interruption.requested:
        raise SystemExit(EXIT_CODE)


class _Display:
    """The progress bar, and the window if there is one."""

    def __init__(
        self, total: int | None, window: Window | None, interruption: Interruption
    ) -> None:
        interval = 0.1 if sys.stderr.isatty() else LOG_INTERVAL
        self._bar = tqdm(total=total, unit="frame", file=sys.stderr, mininterval=interval)
        self._window = window
        self._interruption = interruption

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.close()

    def __call__(self, frame: VideoFrame, result: FrameResult) -> bool:
        """Show a frame; False once the user wants to stop."""
        states = " ".join(f"{item.id}:{item.state}" for item in result.objects[:4])
        more = len(result.objects) - 4
        self._bar.set_postfix_str(states + (f" +{more}" if more > 0 else ""), refresh=False)
        self._bar.update()
        if self._interruption.requested:
            return False
        if self._window is None:
            return True
        self._window.show(overlay(frame.image, result))
        return not any(event in CLOSING for event in self._window.events())


def _first_frame(request: Request, reader: VideoReader) -> VideoFrame:
    frame = next(reader, None)
    if frame is None:
        end = "its end" if request.end is None else f"{request.end:g} s"
        raise VideoError(
            f"'{request.source}' has no frame from {request.start:g} s to {end}: "
            "give another --start or --end"
        )
    return frame


def _expected(request: Request, reader: VideoReader) -> int | None:
    """How many frames there will be, for the time left; None for a live source."""
    frames, fps = reader.info.frames, reader.info.fps
    if frames is None or fps is None:
        return None
    last = frames if request.end is None else min(frames, math.ceil(request.end * fps))
    return max(1, math.ceil((last - math.ceil(request.start * fps)) / request.stride))


def _conclude(source: str, reader: VideoReader, outcome: Outcome, folder: Path) -> None:
    """Say where the results are and how the job ended."""
    count = outcome.tally.frames
    kept = f"{count} frame{'' if count == 1 else 's'} in {folder}"
    if outcome.failure is not None:
        raise type(outcome.failure)(f"stopped early: {outcome.failure}; kept {kept}")
    if reader.truncated:
        raise VideoError(
            f"'{source}' is cut off or damaged at its end: kept all that can be read, {kept}"
        )
    how = "stopped: kept" if outcome.interrupted else "tracked"
    left_out = f", {reader.unreadable} damaged ones left out" if reader.unreadable else ""
    click.echo(f"{how} {kept}{left_out}", err=True)
