"""`samtrack batch`."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from samtracker.cli.options import (
    direction_option,
    mask_kind_option,
    model_options,
    range_options,
    save_option,
)
from samtracker.config import MOST_THREADS
from samtracker.errors import ConfigError

if TYPE_CHECKING:
    from samtracker.jobs.batch import Engine


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="MANIFEST|FOLDER|GLOB...")
@click.option(
    "-o", "--output", required=True, help="Folder, or URL of fsspec as s3://, for the results."
)
@click.option(
    "--prompts-from",
    metavar="FOLDER",
    help="Where the prompts of the video NAME are: NAME.json, NAME.txt, NAME.png or another "
    "picture, or the first picture in the folder NAME; by default beside the video.",
)
@mask_kind_option
@save_option
@range_options
@direction_option
@click.option("--overwrite", is_flag=True, help="Track all videos anew.")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Number of videos at once on this machine.  [default: the cores over --threads, or the "
    "GPUs times --jobs-per-gpu]",
)
@click.option(
    "--threads",
    type=click.IntRange(1, MOST_THREADS),
    metavar="N",
    help="Cores that each video takes.  [default: the cores over --jobs; 1 without it]",
)
@click.option(
    "--jobs-per-gpu",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Number of videos that share a GPU.",
)
@click.option(
    "--retries",
    type=click.IntRange(min=0),
    default=2,
    show_default=True,
    metavar="N",
    help="How often a video that fails is tried again.",
)
@click.option(
    "--engine",
    type=click.Choice(("auto", "ray", "processes")),
    default="auto",
    show_default=True,
    help="What runs the jobs: Ray, or a process pool; auto is ray where it is installed.",
)
@click.option(
    "--address",
    metavar="auto|ray://HOST:PORT",
    help="Cluster of Ray to run on, instead of this machine.",
)
@model_options
def batch(  # noqa: PLR0917
    sources: tuple[str, ...],
    output: str,
    prompts_from: str | None,
    mask_kind: str,
    save: tuple[str, ...],
    start: float,
    end: float | None,
    stride: int,
    direction: str,
    overwrite: bool,
    jobs: int | None,
    threads: int | None,
    jobs_per_gpu: int,
    retries: int,
    engine: str,
    address: str | None,
    **model: Any,
) -> None:
    """Track objects through many videos, each as `samtrack track` does.

    Give folders of videos (or of folders of pictures), glob patterns, videos, or manifests: JSON
    lines with what docs/batch.md says. Paths or URLs of fsspec, as s3://bucket/clips.

    Run the same command again to go on after it was stopped, and to try again what has failed.
    What is done stays done. The exit code is 2 where a video has failed or is cut off.
    """
    from samtracker.cli.batch_run import run_batch
    from samtracker.cli.model import kept_tracker
    from samtracker.jobs.batch import Batch, TrackOptions, find_videos

    if address is not None and (jobs is not None or engine == "processes"):
        raise ConfigError("--address is of a cluster: leave --jobs and --engine processes out")
    cores = os.cpu_count() or 1
    threads = threads or max(cores // (jobs or cores), 1)
    made = Batch(
        videos=find_videos(sources, prompts_from=prompts_from),
        output=output,
        options=TrackOptions(
            save=save,
            start=start,
            end=end,
            stride=stride,
            direction=direction,
            mask_kind=mask_kind,
            device=model["device"],
        ),
        make_tracker=partial(kept_tracker, **model),
        settings={name: value for name, value in model.items() if name != "device"},
        threads=threads,
        retries=retries,
        overwrite=overwrite,
    )
    kept_tracker(**model)  # bad options are refused before anything is written
    run_batch(
        made,
        _engine(
            engine,
            jobs=jobs,
            threads=threads,
            jobs_per_gpu=jobs_per_gpu,
            device=model["device"],
            address=address,
        ),
    )


def _engine(
    name: str,
    *,
    jobs: int | None,
    threads: int,
    jobs_per_gpu: int,
    device: str,
    address: str | None,
) -> Engine:
    """Start what runs the jobs."""
    from samtracker.backends.choice import missing
    from samtracker.jobs.batch import ProcessEngine, RayEngine
    from samtracker.jobs.batch.process_engine import gpu_names

    gpus = gpu_names() if device in ("auto", "cuda") else ()
    most = len(gpus) * jobs_per_gpu or max((os.cpu_count() or 1) // threads, 1)
    if name == "ray" or address is not None or (name == "auto" and not missing(("ray",))):
        share = 1 / jobs_per_gpu if gpus or (address is not None and device == "cuda") else 0.0
        return RayEngine(threads=threads, jobs=jobs or most, gpu_share=share, address=address)
    return ProcessEngine(jobs=jobs or most, gpus=gpus)
