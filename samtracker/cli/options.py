"""Options that commands share, and the types of their values."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from samtracker.config import (
    BACKENDS,
    DEVICES,
    DIRECTIONS,
    ENCODERS,
    FEEDBACKS,
    FORMATS,
    MASK_KINDS,
    MOST_THREADS,
    PRECISIONS,
)
from samtracker.types import Box

Clicks = tuple[tuple[float, float, int], ...]
Command = TypeVar("Command", bound=Callable[..., Any])


class BoxType(click.ParamType[Box]):
    """x1,y1,x2,y2."""

    name = "x1,y1,x2,y2"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Box:
        """Read a box."""
        try:
            x1, y1, x2, y2 = (float(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is no box: give x1,y1,x2,y2 in pixels", param, ctx)
        return x1, y1, x2, y2


class ClicksType(click.ParamType[Clicks]):
    """Clicks on one object, separated by semicolons."""

    name = "x,y[,0|1][;...]"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Clicks:
        """Read the clicks on one object."""
        clicks = []
        for part in str(value).split(";"):
            try:
                x, y, *label = part.split(",")
                (kind,) = label or ["1"]
                clicks.append((float(x), float(y), int(kind)))
            except ValueError:
                self.fail(f"{part!r} is no click: give x,y or x,y,1 or x,y,0", param, ctx)
        return tuple(clicks)


class PlaceType(click.ParamType[float]):
    """The number of a frame as an int, or seconds as a float."""

    name = "FRAME|TIMEs"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Read a place in a source."""
        text = str(value)
        try:
            place = float(text[:-1]) if text.endswith("s") else int(text)
        except ValueError:
            place = -1
        if not 0 <= place < math.inf:
            self.fail(f"{value!r} is no frame: give its number, or seconds as 1.5s", param, ctx)
        return place


class SaveType(click.ParamType[tuple[str, ...]]):
    """Comma-separated formats."""

    name = "formats"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Read a list of formats."""
        names = tuple(dict.fromkeys(part.strip() for part in str(value).split(",")))
        unknown = [name for name in names if name not in FORMATS]
        if unknown:
            self.fail(f"{unknown[0]!r} does not exist: use {', '.join(FORMATS)}", param, ctx)
        return names


def mask_kind_option(command: Command) -> Command:
    """Add the option for how mask pictures are read."""
    return click.option(
        "--mask-kind",
        default="auto",
        metavar="|".join(MASK_KINDS),
        show_default=True,
        help="How a mask picture is read: its values are ids, it is one object, or every color "
        "is one; auto decides by the picture.",
    )(command)


def first_prompt_options(command: Command) -> Command:
    """Add the options that say what to track."""
    return _options(
        click.option(
            "--init-mask",
            type=click.Path(path_type=Path),
            help="The first frame's objects: a picture, any color on black or an alpha channel; or "
            "a file of labelme, COCO or YOLO segmentation.",
        ),
        mask_kind_option,
        click.option(
            "--init-box", type=BoxType(), multiple=True, help="Box around an object; repeatable."
        ),
        click.option(
            "--init-point",
            type=ClicksType(),
            multiple=True,
            help="Clicks on an object, label 0 for background; repeat the option for more objects.",
        ),
        click.option(
            "--candidate",
            type=int,
            default=1,
            metavar="N",
            show_default=True,
            help="Of the up to three masks that a box or clicks may mean, take the N-th likeliest.",
        ),
    )(command)


def model_options(command: Command) -> Command:
    """Add the options that say what to track with."""
    return _options(
        click.option(
            "--encoder",
            metavar="NAME",
            help=f"Image encoder: {', '.join(ENCODERS)}; lite unless --weights says otherwise.",
        ),
        click.option(
            "--weights",
            metavar="NAME|FILE",
            help="Weights to use: a name of `samtrack weights list`, or a file; by default the "
            "encoder's own.",
        ),
        click.option(
            "--device",
            default="auto",
            metavar="|".join(DEVICES),
            show_default=True,
            help="Where the network runs; auto is the first of the others that is there.",
        ),
        click.option(
            "--precision",
            default="auto",
            metavar="|".join(PRECISIONS),
            show_default=True,
            help="Number format of the network; auto is half precision where it is faster.",
        ),
        click.option(
            "--backend",
            default="auto",
            metavar="|".join(BACKENDS),
            show_default=True,
            help="What computes most of it; auto is openvino where it is installed, for lite on a "
            "CPU, and torch elsewhere.",
        ),
        click.option(
            "--size", type=int, help="Short side of the working image in pixels; 480 with lite."
        ),
        click.option(
            "--memory",
            default="bank:1",
            metavar="rolling|anchored|bank:N",
            show_default=True,
            help="Frames to remember: the last; the first and the last; or N confident ones in "
            "between as well.",
        ),
        click.option(
            "--feedback",
            default="hard",
            metavar="|".join(FEEDBACKS),
            show_default=True,
            help="What the next frame sees of a mask: thresholded, or with its probabilities.",
        ),
        click.option(
            "--target-model/--no-target-model",
            default=True,
            show_default=True,
            help="Tell the object from its surroundings by the first frame.",
        ),
        click.option(
            "--anchors",
            type=int,
            default=8,
            metavar="N",
            show_default=True,
            help="Frames that are remembered of those in which you showed an object: the first, "
            "the latest, and those between that differ most.",
        ),
        click.option(
            "--max-objects",
            type=int,
            default=256,
            show_default=True,
            help="Most objects to track at once; each takes time and memory.",
        ),
    )(command)


def save_option(command: Command) -> Command:
    """Add the option for what is written."""
    return click.option(
        "--save",
        type=SaveType(),
        default="overlay,masks",
        show_default=True,
        help=f"Formats to write, separated by commas: any of {','.join(FORMATS)}.",
    )(command)


def direction_option(command: Command) -> Command:
    """Add the option for the frames before the prompts."""
    return click.option(
        "--direction",
        default="forward",
        metavar="|".join(DIRECTIONS),
        show_default=True,
        help="Track to the frames behind the prompts, to those before them, or both; between two "
        "prompts of an object both are joined. Back needs a file or pictures.",
    )(command)


def range_options(command: Command) -> Command:
    """Add the options that say which frames are tracked."""
    return _options(
        click.option(
            "--start",
            type=float,
            default=0.0,
            help="Seconds to skip; mask, boxes and clicks are for then.",
        ),
        click.option("--end", type=float, help="Seconds at which to stop."),
        click.option("--stride", type=int, default=1, help="Track every n-th frame only."),
    )(command)


def output_options(default: str | None) -> Callable[[Command], Command]:
    """Add the options that say where results go, and which there are."""
    return _options(
        click.option(
            "-o",
            "--output",
            type=click.Path(path_type=Path),
            default=default,
            show_default=True,
            help="Folder for the results" + ("." if default else "; NAME-tracked by default."),
        ),
        save_option,
        click.option("--show", is_flag=True, help="Show the overlay in a window; q stops."),
    )


def stream_option(command: Command) -> Command:
    """Add the option for one of several video streams."""
    return click.option(
        "--stream",
        type=int,
        metavar="N",
        help="Number of the video in a file that has several, from 0; by default the one that "
        "players show.",
    )(command)


def log_option(command: Command) -> Command:
    """Add the option for a log."""
    return click.option(
        "--log",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Write down what is done to this file, as JSON lines, for `samtrack replay`.",
    )(command)


def threads_option(command: Command) -> Command:
    """Add the option for the threads that torch computes with until the command ends."""
    return click.option(
        "--threads",
        type=click.IntRange(1, MOST_THREADS),
        metavar="N",
        expose_value=False,
        callback=_compute_with,
        help="Number of threads that the network computes with on a CPU; by default torch's own "
        "choice, the number of cores.",
    )(command)


def _compute_with(context: click.Context, option: click.Parameter, count: int | None) -> None:
    if count is not None and not context.resilient_parsing:
        from samtracker.jobs.threads import torch_threads

        context.with_resource(torch_threads(count))


def _options(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate
