"""How a job ended."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from samtracker.errors import OutputError, SamTrackerError
from samtracker.jobs.execution import Execution
from samtracker.jobs.summary import Summary
from samtracker.results.contents import is_resumable
from samtracker.results.output_folder import OutputFolder


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a job ended.

    Attributes:
        summary: What it did, as numbers; the same as in the folder's `summary.json`.
        folder: Where the results are: `output`, or the folder with `.partial` at its end where the
            job ended early and there were older results.
        output: The output folder that was asked for, absolute.
        failure: The error that ended the job early, or that tells of a source which is cut off;
            None if the source was tracked to its end.
        resumable: Whether `resume(output)` goes on with the job.
        unsaved: Why something that `resume` needs could not be written; None if it could.
        log_failure: Why the log is not complete; None if it is, or none was asked for.
    """

    summary: Summary
    folder: Path
    output: Path
    failure: SamTrackerError | None
    resumable: bool
    unsaved: SamTrackerError | None = None
    log_failure: OutputError | None = None

    @classmethod
    def of(
        cls,
        folder: OutputFolder,
        execution: Execution,
        log_failure: OutputError | None = None,
    ) -> Self:
        """Build the outcome of a job whose output folder has got its name."""
        return cls(
            summary=execution.summary,
            folder=folder.kept,
            output=folder.path,
            failure=execution.failure,
            resumable=is_resumable(folder.kept),
            unsaved=execution.unsaved,
            log_failure=log_failure,
        )
