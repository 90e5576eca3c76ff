"""`samtrack live`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from samtracker.cli.options import (
    first_prompt_options,
    log_option,
    model_options,
    stream_option,
    threads_option,
)


@click.command()
@click.argument("source", default="0")
@first_prompt_options
@click.option(
    "--deadline",
    type=float,
    metavar="MS",
    help="Time a step may take: images get smaller where it takes longer, and larger again.",
)
@click.option(
    "--give-up",
    type=float,
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="End when a camera or stream has given no frame for so long; inf waits for ever.",
)
@click.option(
    "--record",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the overlay to this video, with the times at which the frames came.",
)
@stream_option
@log_option
@click.option("--overwrite", is_flag=True, help="Replace an earlier recording and log.")
@click.option("--headless", is_flag=True, help="Open no window; print a JSON line for every frame.")
@model_options
@threads_option
def live(  # noqa: PLR0917
    source: str,
    init_mask: Path | None,
    mask_kind: str,
    init_box: tuple[Any, ...],
    init_point: tuple[Any, ...],
    candidate: int,
    deadline: float | None,
    give_up: float,
    record: Path | None,
    stream: int | None,
    log: Path | None,
    overwrite: bool,
    headless: bool,
    **model: Any,
) -> None:
    """Track what comes from SOURCE now: a camera's number, a URL, or a file at its own speed.

    Only the newest frame is tracked, so that the picture never lags behind. A camera or stream that
    fails is opened again. In the window objects are pointed at with the mouse, corrected and
    deleted; ? shows the keys.
    """
    from samtracker.cli.live_run import LiveRequest, run_live
    from samtracker.jobs import FirstPrompts

    prompts = None
    if init_mask or init_box or init_point or candidate != 1 or headless:
        prompts = FirstPrompts(
            mask=init_mask,
            boxes=init_box,
            points=init_point,
            mask_kind=mask_kind,
            candidate=candidate,
        )
    run_live(
        LiveRequest(
            source=source,
            stream=stream,
            prompts=prompts,
            deadline=deadline,
            give_up=give_up,
            record=record,
            log=log,
            overwrite=overwrite,
            headless=headless,
            model=model,
        )
    )
