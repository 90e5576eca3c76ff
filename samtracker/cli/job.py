"""One job on the command line: run it, show how far it is, say how it ended."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from contextlib import nullcontext

import click

from samtracker.cli.interruption import EXIT_CODE, Interruption
from samtracker.cli.messages import with_options
from samtracker.cli.progress import ProgressDisplay
from samtracker.jobs import Outcome
from samtracker.live.window import Window


def run_job(run: Callable[[ProgressDisplay], Outcome], *, show: bool) -> None:
    """Run a job; the summary goes to standard output, everything else to standard error.

    Args:
        run: Runs the job, and tells a display how far it is.
        show: Whether to open a window.

    Raises:
        SamTrackerError: Nothing was tracked, or the job ended early. In the second case what was
            tracked is in the output folder, and the message says so.
        SystemExit: With 130 after Ctrl-C; what was tracked is in the output folder.
    """
    with (
        Interruption() as interruption,
        Window("samtrack") if show else nullcontext() as window,
        ProgressDisplay(window, interruption) as display,
    ):
        outcome = run(display)
    _conclude(outcome, interruption)


def _conclude(outcome: Outcome, interruption: Interruption) -> None:
    """Print the summary, say where the results are and how the job ended."""
    summary, failure = outcome.summary, outcome.failure
    click.echo(summary.to_json())
    for note in summary.notes:
        click.echo(f"note: {with_options(note)}", err=True)
    kept = _kept(outcome)
    if failure is not None:
        if outcome.log_failure is not None:
            click.echo(outcome.log_failure, err=True)
        if summary.failed is None:  # the source is cut off
            raise type(failure)(f"{failure}: kept all that can be read, {kept}")
        raise type(failure)(f"stopped early: {failure}; kept {kept}")
    how = "stopped: kept" if summary.interrupted else "tracked"
    left_out = f", {summary.unreadable} damaged left out" if summary.unreadable else ""
    click.echo(f"{how} {kept}{left_out}", err=True)
    if outcome.log_failure is not None:
        raise outcome.log_failure
    if summary.interrupted and interruption.requested:
        raise SystemExit(EXIT_CODE)


def _kept(outcome: Outcome) -> str:
    """Return what there is of a job, and how to go on with it where it ended early."""
    frames = outcome.summary.frames
    if frames == 0 and outcome.resumable:  # of a job that writes once all is tracked
        kept = f"what is tracked until now in {outcome.folder}"
    else:
        kept = f"{frames} frame{'' if frames == 1 else 's'} in {outcome.folder}"
    if outcome.resumable:
        return f"{kept}; go on with: samtrack track --resume {shlex.quote(str(outcome.output))}"
    if outcome.unsaved is not None and (outcome.summary.failed or outcome.summary.interrupted):
        return f"{kept}; the job cannot be resumed, for it could not be saved: {outcome.unsaved}"
    return kept
