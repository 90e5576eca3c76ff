"""One batch on the command line: run it, show how far it is, say how it ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import click

from samtracker.cli.batch_progress import BatchProgress
from samtracker.cli.interruption import EXIT_CODE, Interruption
from samtracker.errors import VideoError
from samtracker.evaluate.results import table
from samtracker.jobs.batch import Batch, BatchRow, Engine, Status
from samtracker.jobs.batch.report import share_of_states
from samtracker.results.names import BATCH_HTML, BATCH_JSON

_COLUMNS = {
    **{"name": "video", "status": "status", "frames": "frames", "fps": "fps"},
    **{"attempts": "attempts", "states": "states"},
}


def run_batch(batch: Batch, engine: Engine) -> None:
    """Run a batch; the table goes to standard output, everything else to standard error.

    Args:
        batch: The batch.
        engine: What runs it; it is ended.

    Raises:
        SamTrackerError: Nothing was begun; or a video has failed or is cut off, and the message
            says which.
        SystemExit: With 130 after Ctrl-C; what was tracked is in the output.
    """
    with (
        engine,
        Interruption() as interruption,
        BatchProgress([video.name for video in batch.videos], engine.name) as display,
    ):
        interruption.deferred = True

        def on_wait(steps: dict[int, tuple[int, int | None]]) -> bool:
            display.show(steps)
            return not interruption.requested

        rows = batch.run(engine, on_row=display.end, on_wait=on_wait)
    click.echo(table(map(_cells, rows), _COLUMNS))
    _conclude(rows, batch.output)
    if interruption.requested:
        change = ", but without --overwrite" if batch.overwrite else ""
        click.echo(f"stopped: go on with the same command{change}", err=True)
        raise SystemExit(EXIT_CODE)
    _check(rows)


def _cells(row: BatchRow) -> dict[str, object]:
    return {
        **{"name": row.name, "status": row.status.value, "frames": row.frames or None},
        **{"fps": row.fps.get("p50"), "attempts": row.attempts, "states": share_of_states(row)},
    }


def _conclude(rows: Sequence[BatchRow], output: str) -> None:
    """Say where the results are and how the batch ended."""
    counts = Counter(row.status for row in rows)
    what = ", ".join(f"{counts[status]} {status.value}" for status in Status if counts[status])
    where = f"{output}/{BATCH_JSON} and {BATCH_HTML}"
    click.echo(f"{len(rows)} video{'s' * (len(rows) != 1)}: {what}; see {where}", err=True)


def _check(rows: Sequence[BatchRow]) -> None:
    """Check that all videos were tracked to their end."""
    bad = [row.name for row in rows if row.status is not Status.DONE]
    if bad:
        more = f" and {len(bad) - 5} more" if len(bad) > 5 else ""
        raise VideoError(
            f"not tracked to the end: {', '.join(bad[:5])}{more}; the others are, run the same "
            "command to try again"
        )
