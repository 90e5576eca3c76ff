"""`samtrack bench`."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import click

from samtracker.cli.interruption import EXIT_CODE
from samtracker.cli.options import threads_option
from samtracker.config import BACKENDS, DEVICES, ENCODERS, PRECISIONS


@click.command()
@click.option(
    "--encoder",
    "encoders",
    type=click.Choice(ENCODERS),
    multiple=True,
    default=("lite",),
    show_default=True,
    help="Encoder to time; repeatable. SAM's run with random weights at their own size.",
)
@click.option(
    "--size",
    "sizes",
    type=int,
    multiple=True,
    default=(240, 480),
    show_default=True,
    help="Short side of lite's working image in pixels; repeatable.",
)
@click.option(
    "--objects",
    "counts",
    type=click.IntRange(1, 32),
    multiple=True,
    default=(1, 4),
    show_default=True,
    help="Number of objects to track; repeatable.",
)
@click.option(
    "--steps",
    type=click.IntRange(min=2),
    default=30,
    show_default=True,
    help="Number of steps to time in each case.",
)
@click.option(
    "--device",
    type=click.Choice(DEVICES),
    default="auto",
    show_default=True,
    help="Device to run on.",
)
@click.option(
    "--precision",
    type=click.Choice(PRECISIONS),
    default="auto",
    show_default=True,
    help="Number format of the network.",
)
@click.option(
    "--backend",
    "backends",
    type=click.Choice(BACKENDS),
    multiple=True,
    default=("auto",),
    show_default=True,
    help="What computes most of lite; repeatable.",
)
@threads_option
@click.option(
    "--end-to-end",
    is_flag=True,
    help="Time whole jobs as well, file in and files out, and compare their frame rate with the "
    "steps'.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("bench"),
    show_default=True,
    help="Folder for bench.json and bench.png.",
)
@click.option("--overwrite", is_flag=True, help="Replace an earlier run's output folder.")
def bench(  # noqa: PLR0917
    encoders: tuple[str, ...],
    sizes: tuple[int, ...],
    counts: tuple[int, ...],
    steps: int,
    device: str,
    precision: str,
    backends: tuple[str, ...],
    end_to_end: bool,
    output: Path,
    overwrite: bool,
) -> None:
    """Time the parts of a step on this machine, on a painted clip of 854x480.

    Prints medians in ms, for the whole step the 95th percentile as well, and the step as a multiple
    of the first row's. Of whole jobs it prints the frames a second, and their share of what the
    steps alone give.
    """
    from tqdm import tqdm

    from samtracker.config import TrackerConfig
    from samtracker.diagnostics.bench import STAGES, Case, Timing, draw
    from samtracker.diagnostics.bench import bench as run
    from samtracker.diagnostics.machine import describe
    from samtracker.evaluate.results import table
    from samtracker.files import write_text, writing
    from samtracker.jobs.timing import time_job
    from samtracker.results.names import BENCH_JSON, BENCH_PNG
    from samtracker.results.output_folder import OutputFolder

    for size in sizes:
        TrackerConfig(size=size)  # a wrong one is refused before any time is spent
    cases = [
        Case(encoder=encoder, size=size, objects=count, backend=backend)
        for encoder in dict.fromkeys(encoders)
        for size in (dict.fromkeys(sizes) if encoder == "lite" else (None,))
        for count in dict.fromkeys(counts)
        for backend in (dict.fromkeys(backends) if encoder == "lite" else ("auto",))
    ]
    with OutputFolder(output, overwrite=overwrite) as folder:
        timings: list[Timing] = []
        with suppress(KeyboardInterrupt):  # what has been timed is kept
            for case in tqdm(cases, unit="case"):
                timing = run(
                    case,
                    steps=steps,
                    device=device,
                    precision=precision,
                    job=time_job if end_to_end else None,
                )
                timings.append(timing)
        if not timings:
            raise KeyboardInterrupt
        rows = [timing.to_dict() for timing in timings]
        for row in rows:
            row["ratio"] = round(row["step_p50"] / rows[0]["step_p50"], 2)
        result = {"machine": describe(), "steps": steps, "cases": rows}
        write_text(folder.partial / BENCH_JSON, json.dumps(result, indent=2))
        with writing(folder.partial / BENCH_PNG):
            draw(timings, folder.partial / BENCH_PNG)
    shown = {
        **{"encoder": "encoder", "size": "size", "objects": "objects", "backend": "backend"},
        **{f"{stage}_p50": stage for stage in STAGES},
        **{"step_p50": "step", "ratio": "ratio", "step_p95": "p95", "fps": "fps", "memory": "MB"},
    }
    if end_to_end:
        shown |= {"job_fps": "job fps", "job_share": "of step"}
    lines = [{**row, "memory": max(row["peak_memory_mb"].values())} for row in rows]
    click.echo(table(lines, shown))
    click.echo(f"{len(timings)} of {len(cases)} cases in {folder.kept}", err=True)
    if len(timings) < len(cases):
        raise SystemExit(EXIT_CODE)
