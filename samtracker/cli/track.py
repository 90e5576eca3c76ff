"""`samtrack track` and `samtrack demo`."""

from __future__ import annotations

import math
import re
import signal
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from samtracker.cli.options import first_frame_options, model_options, output_options
from samtracker.config import ModelConfig
from samtracker.errors import ConfigError, VideoError

if TYPE_CHECKING:
    from samtracker.job import FirstFrame
    from samtracker.outcome import Outcome, Tally
    from samtracker.tracker import Tracker
    from samtracker.types import FrameResult
    from samtracker.video import VideoFrame, VideoReader

DEFAULT_WEIGHTS = "lite"

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the user wants of `track`."""

    source: str
    prompts: FirstFrame
    model: dict[str, Any]
    output: Path
    save: tuple[str, ...]
    show: bool = False
    overwrite: bool = False
    start: float = 0.0
    end: float | None = None
    stride: int = 1


@click.command()
@click.argument("video")
@first_frame_options
@output_options(default=None)
@click.option("--start", type=float, default=0.0, help="Seconds to skip; the mask is for then.")
@click.option("--end", type=float, help="Seconds at which to stop.")
@click.option("--stride", type=int, default=1, help="Track every n-th frame only.")
@click.option("--overwrite", is_flag=True, help="Replace an earlier run's output folder.")
@model_options
def track(  # noqa: PLR0917
    video: str,
    init_mask: Path | None,
    init_box: tuple[Any, ...],
    init_point: tuple[Any, ...],
    output: Path | None,
    save: tuple[str, ...],
    show: bool,
    start: float,
    end: float | None,
    stride: int,
    overwrite: bool,
    **model: Any,
) -> None:
    """Track objects through VIDEO: a file, image folder, glob, camera number or URL.

    Point at them in the first frame with a mask, boxes or clicks. The results go to a folder: an
    overlay video, a mask PNG for every frame, and summary.json.
    """
    from samtracker.job import FirstFrame

    prompts = FirstFrame(mask=init_mask, boxes=init_box, points=init_point)
    _run(
        Request(
            source=video,
            prompts=prompts,
            model=model,
            output=output or Path(f"{_stem(video)}-tracked"),
            save=save,
            show=show,
            overwrite=overwrite,
            start=start,
            end=end,
            stride=stride,
        )
    )


@click.command()
@output_options(default="demo-output")
@model_options
def demo(output: Path, save: tuple[str, ...], show: bool, **model: Any) -> None:
    """Track the rabbit of Big Buck Bunny through a clip that pip installs; no download.

    An earlier run's output folder is replaced.
    """
    from samtracker.demo import MASK, clip
    from samtracker.job import FirstFrame

    _run(
        Request(
            source=str(clip()),
            prompts=FirstFrame(mask=MASK),
            model=model,
            output=output,
            save=save,
            show=show,
            overwrite=True,
        )
    )


def _run(request: Request) -> None:
    """Track, save, report; exit with 130 after Ctrl-C and with 2 after an error in the middle."""
    from samtracker.export import OutputFolder, write_summary
    from samtracker.job import Sinks
    from samtracker.job import track as run
    from samtracker.summary import summarise
    from samtracker.video import read_frames

    # A service manager's stop keeps the results just as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (
        OutputFolder(request.output, overwrite=request.overwrite) as folder,
        read_frames(
            request.source, start=request.start, end=request.end, stride=request.stride
        ) as reader,
        ExitStack() as stack,
    ):
        masks = request.prompts.read_masks(reader.info.size)
        tracker = _tracker(request.model)
        display = _Display(request, reader, stack)
        frame = next(reader)
        first, origins = request.prompts.start(tracker, frame, masks)
        for item in first.objects:
            pixels = int(item.mask.sum())
            display.say(f"object {item.id}: {pixels} pixels from the {origins[item.id]}")
        sinks = Sinks(request.save, folder.partial, reader, request.stride)
        outcome = run(tracker, reader, (frame, first), sinks, display)
        summary = summarise(tracker, reader, outcome, origins, request.source).to_json()
        write_summary(folder.partial, summary)
    click.echo(summary)
    _conclude(reader, outcome, folder.path)


class _Display:
    """The progress bar, and the window if there is one."""

    def __init__(self, request: Request, reader: VideoReader, stack: ExitStack) -> None:
        from tqdm import tqdm

        from samtracker.window import Window

        self._window = stack.enter_context(Window("samtrack")) if request.show else None
        self._bar = stack.enter_context(
            tqdm(total=_expected(request, reader), unit="frame", file=sys.stderr)
        )

    def say(self, text: str) -> None:
        """Print a line above the bar."""
        self._bar.write(text, file=sys.stderr)

    def __call__(self, frame: VideoFrame, result: FrameResult, tally: Tally) -> bool:
        """Show a frame; False once the user closes the window."""
        from samtracker.render import overlay

        states = " ".join(f"{item.id}:{item.state}" for item in result.objects[:4])
        more = len(result.objects) - 4
        self._bar.set_postfix_str(states + (f" +{more}" if more > 0 else ""), refresh=False)
        self._bar.update()
        return self._window is None or self._window.show(overlay(frame.image, result))


def _expected(request: Request, reader: VideoReader) -> int | None:
    """How many frames there will be, for the time left; None for a live source."""
    frames, fps = reader.info.frames, reader.info.fps
    if frames is None or fps is None:
        return None
    last = frames if request.end is None else min(frames, math.ceil(request.end * fps))
    return max(1, math.ceil((last - math.ceil(request.start * fps)) / request.stride))


def _tracker(model: dict[str, Any]) -> Tracker:
    from samtracker.tracker import Tracker

    encoder, weights = model.pop("encoder"), model.pop("weights")
    if encoder is not None:
        ModelConfig(encoder=encoder)  # an unknown name is refused with the names there are
    tracker = Tracker.from_pretrained(weights or encoder or DEFAULT_WEIGHTS, **model)
    built = tracker.runtime.network.config.encoder
    if encoder not in (None, built):
        raise ConfigError(
            f"--encoder {encoder} does not fit --weights {weights}, made for {built}: "
            "leave --encoder out"
        )
    return tracker


def _conclude(reader: VideoReader, outcome: Outcome, folder: Path) -> None:
    """Say where the results are and how the job ended."""
    kept = f"{outcome.tally.frames} frames are in {folder}"
    if outcome.failure is not None:
        raise type(outcome.failure)(f"stopped early: {outcome.failure}; {kept}")
    if outcome.interrupted:
        click.echo(f"stopped; {kept}", err=True)
        raise SystemExit(INTERRUPTED)
    if reader.truncated:
        raise VideoError(
            f"the video is cut off or damaged at its end; all that can be read, {kept}"
        )
    if reader.unreadable:
        kept += f"; {reader.unreadable} damaged frames were left out"
    click.echo(kept, err=True)


def _stem(video: str) -> str:
    """A name for the results of a source."""
    if video.isdigit():
        return f"camera{video}"
    stem = re.sub(r"[^\w.-]+", "_", Path(video.rstrip("/")).stem).strip("_.")
    return stem or "video"
