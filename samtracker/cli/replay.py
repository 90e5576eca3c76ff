"""`samtrack replay`."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

from samtracker.cli.options import stream_option

DIFFERENT = 1
"""Exit code where something differs."""


@click.command()
@click.argument("log", type=click.Path(path_type=Path))
@click.option("--source", help="Where the frames are now; by default where they came from.")
@stream_option
@click.option(
    "--weights", metavar="NAME|FILE", help="Where the weights are now; by default where they were."
)
@click.option("--device", metavar="NAME", help="Where the network runs; by default where it ran.")
def replay(
    log: Path, source: str | None, stream: int | None, weights: str | None, device: str | None
) -> None:
    """Do again what LOG says was done, and report the first frame that differs.

    LOG comes from the option --log of `samtrack live` and `samtrack track`. The exit code is 0
    where all masks are the same, and 1 where one differs.
    """
    import sys

    from tqdm import tqdm

    from samtracker.jobs.replay import Replay

    read = Replay.read(log)
    if read.cut_off:
        click.echo(f"the last line of '{log}' was cut off and is left out", err=True)
    frames = 0
    with (
        closing(read.run(source=source, stream=stream, weights=weights, device=device)) as calls,
        tqdm(total=len(read.calls), unit="call", file=sys.stderr) as bar,
    ):
        for done in calls:
            bar.update()
            frames += done.name in ("init", "step")
            if done.difference is not None:
                where = "" if done.index is None else f" in frame {done.index} of the stream"
                bar.close()
                click.echo(f"differs{where}, at {done.name}: {done.difference}")
                raise SystemExit(DIFFERENT)
    click.echo(f"the same: {len(read.calls)} calls, {frames} frames")
