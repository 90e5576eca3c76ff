"""`samtrack track` and `samtrack demo`."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from samtracker.cli.command_line import present, run_anew
from samtracker.cli.options import (
    PlaceType,
    direction_option,
    first_prompt_options,
    log_option,
    model_options,
    output_options,
    range_options,
    stream_option,
    threads_option,
)
from samtracker.video.location import is_camera, locate_source

if TYPE_CHECKING:
    from samtracker.cli.progress import ProgressDisplay
    from samtracker.jobs import Outcome, TrackJob
    from samtracker.tracker import Tracker


@click.command()
@click.argument("video", required=False)
@first_prompt_options
@click.option(
    "--init-detections",
    type=click.Path(path_type=Path),
    help="Boxes that a detector found in any frames, as COCO (JSON) or MOT (lines) has them: what "
    "is none of the objects becomes one.",
)
@click.option(
    "--at",
    type=PlaceType(),
    help="Where --init-mask, --init-box and --init-point hold: the number of a frame, from 0, or a "
    "time like 1.5s; tracking begins there.",
)
@direction_option
@click.option(
    "--prompts",
    type=click.Path(path_type=Path),
    help="Prompts on any number of objects in any frames, as JSON (docs/formats.md), instead of "
    "all --init options.",
)
@click.option(
    "--project",
    type=click.Path(path_type=Path),
    help="Project saved in the page: its prompts and its settings, for its video and weights.",
)
@output_options(default=None)
@range_options
@stream_option
@log_option
@click.option("--overwrite", is_flag=True, help="Replace an earlier run's output folder and log.")
@click.option(
    "--resume",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Go on with the interrupted job in this output folder, instead of VIDEO.",
)
@model_options
@threads_option
@click.pass_context
def track(  # noqa: PLR0917
    context: click.Context,
    /,
    video: str | None,
    init_mask: Path | None,
    mask_kind: str,
    init_box: tuple[Any, ...],
    init_point: tuple[Any, ...],
    candidate: int,
    init_detections: Path | None,
    at: float | None,
    direction: str,
    prompts: Path | None,
    project: Path | None,
    output: Path | None,
    save: tuple[str, ...],
    show: bool,
    start: float,
    end: float | None,
    stride: int,
    stream: int | None,
    log: Path | None,
    overwrite: bool,
    resume: Path | None,
    **model: Any,
) -> None:
    """Track objects through VIDEO: a file, folder, glob pattern, camera number, URL or pipe (-).

    A file may be a video, a GIF, APNG or WebP, or a TIFF of many pages; a folder has images.

    Point at them in the first frame with a mask, boxes or clicks. The results go to a folder: an
    overlay video, a mask PNG for every frame, and summary.json.

    A job that was interrupted goes on with --resume FOLDER, to the same results; one that was
    killed before its first frame begins anew. Besides that only --weights, where they lie now,
    --device, where the network runs now, and --show are taken.
    """
    if resume is not None:
        _refuse_others(context)
        device = model["device"] if _is_given(context, "device") else None
        _go_on(context, resume, weights=model["weights"], device=device, show=show)
        return
    if video is None:
        raise click.MissingParameter(
            "Or go on with a job: --resume FOLDER.",
            ctx=context,
            param_type="argument",
            param_hint="'VIDEO'",
        )
    from samtracker.cli.job import run_job
    from samtracker.cli.model import build_tracker
    from samtracker.jobs import FirstPrompts, TrackJob

    build: Callable[..., Tracker] = build_tracker
    if project is not None:
        from samtracker.cli.project import open_project

        if prompts is not None:
            raise click.UsageError("--project has prompts of its own: leave --prompts out")
        options = {**model, "direction": direction}
        given = {name for name in options if _is_given(context, name)}
        build, model = open_project(project, Path(video), options, given)
        direction = model.pop("direction")
        prompts = project
    job = TrackJob(
        source=video,
        prompts=FirstPrompts(
            mask=init_mask,
            boxes=init_box,
            points=init_point,
            mask_kind=mask_kind,
            candidate=candidate,
            detections=init_detections,
            prompts_file=prompts,
            at=at,
        ),
        output=output or Path(f"{_stem(video)}-tracked"),
        save=save,
        start=start,
        end=end,
        stride=stride,
        stream=stream,
        overwrite=overwrite,
        log=log,
        device=model["device"],
        command=present(context),
        direction=direction,
    )
    run_job(partial(_run, job, partial(build, **model)), show=show)


@click.command()
@output_options(default="demo-output")
@model_options
@threads_option
def demo(output: Path, save: tuple[str, ...], show: bool, **model: Any) -> None:
    """Track the rabbit of Big Buck Bunny from one click. The clip comes with the extra `demo`.

    An earlier run's output folder is replaced.
    """
    from samtracker.cli.job import run_job
    from samtracker.cli.model import build_tracker
    from samtracker.demo import CLICK, clip
    from samtracker.jobs import FirstPrompts, TrackJob

    job = TrackJob(
        source=str(clip()),
        prompts=FirstPrompts(points=(((*CLICK, 1),),)),
        output=output,
        save=save,
        overwrite=True,
        device=model["device"],
    )
    run_job(partial(_run, job, partial(build_tracker, **model)), show=show)


def _run(job: TrackJob, build: Callable[[], Tracker], display: ProgressDisplay) -> Outcome:
    return job.run(build, on_object=display.prepare, on_start=display.start, on_frame=display.show)


def _go_on(
    context: click.Context,
    folder: Path,
    *,
    weights: str | None,
    device: str | None,
    show: bool,
) -> None:
    """Go on with the job in a folder, or begin it anew."""
    from samtracker.cli.job import run_job
    from samtracker.jobs import CommandLine, resume

    command = CommandLine.of_unbegun(folder)
    if command is None:
        run_job(
            lambda display: resume(
                folder,
                weights=weights,
                device=device,
                on_start=display.start,
                on_frame=display.show,
            ),
            show=show,
        )
        return
    click.echo(f"'{folder}' had no frame tracked yet: it begins anew", err=True)
    if weights is not None and Path(weights).exists():
        weights = str(Path(weights).absolute())
    options = {"--weights": weights, "--device": device}
    given = [part for name, value in options.items() if value for part in (name, value)]
    run_anew(command, context, [*given, *(["--show"] if show else [])])


def _refuse_others(context: click.Context) -> None:
    """Check that --resume was given alone, or with what need not be as it was."""
    for item in context.command.params:
        name = item.name or ""
        given = _is_given(context, name)
        if given and name == "video":
            raise click.UsageError("--resume goes on with a job and its video: leave VIDEO out")
        if given and name not in {"resume", "show", "weights", "device"}:
            raise click.UsageError(f"--resume keeps the job's settings: leave {item.opts[-1]} out")


def _is_given(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) is ParameterSource.COMMANDLINE


def _stem(video: str) -> str:
    """Return a name for the results of a source."""
    if is_camera(video):
        return f"camera{video}"
    if video == "-":
        return "stdin"
    stem = re.sub(r"[^\w.-]+", "_", Path(locate_source(video.rstrip("/"))).stem).strip("_.")
    return stem or "video"
