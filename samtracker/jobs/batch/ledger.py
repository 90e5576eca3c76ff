"""The ledger of a batch: batch.json in its output, by which a batch that was killed goes on."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final, Self

from samtracker._version import __version__
from samtracker.errors import OutputError
from samtracker.files import DAMAGE
from samtracker.jobs.batch.row import BatchRow, Status
from samtracker.jobs.batch.storage import Store, absolute, fingerprint
from samtracker.jobs.batch.video import BatchVideo
from samtracker.results.names import BATCH_JSON, SUMMARY

FORMAT: Final = "samtracker-batch-1"


class Ledger:
    """What is known of all videos whose results are in one output.

    Args:
        store: The output.
        settings: What videos are tracked with, as JSON has it.
        rows: What is known, by the name of the video.

    Attributes:
        location: Folder or URL of the output, absolute.
        engine: What runs the jobs.
        rows: The same.
        failure: Why the ledger could not be written when it last should have been; None if it was.
    """

    failure: OutputError | None = None

    def __init__(
        self, store: Store, settings: dict[str, Any], rows: dict[str, BatchRow] | None = None
    ) -> None:
        self.location = store.location
        self._store = store
        self._settings = settings
        self.rows = rows or {}
        self.engine = ""

    @classmethod
    def open(cls, store: Store, settings: dict[str, Any], *, overwrite: bool) -> Self:
        """Read the ledger of an output, or begin one.

        Args:
            store: The output.
            settings: What videos are to be tracked with.
            overwrite: Whether settings and results may be others.

        Raises:
            OutputError: There are results of others, or those in the ledger were tracked with
                other settings, or it is damaged.
        """
        path = f"{store.location}/{BATCH_JSON}"
        code = store.read(BATCH_JSON)
        if code is None:
            if not overwrite and store.names():
                raise OutputError(
                    f"output '{store.location}' exists already and is of no batch: choose another "
                    "with output=..., or replace what is called as the videos are with "
                    "overwrite=True"
                )
            return cls(store, settings)
        try:
            data = json.loads(code)
            if data["format"] != FORMAT:
                raise ValueError("another format")
            rows = {item["name"]: BatchRow.from_dict(item) for item in data["videos"]}
            earlier = dict(data["settings"])
        except DAMAGE as error:
            raise OutputError(
                f"'{path}' is damaged or of another version: choose another output=..."
            ) from error
        changed = [name for name, value in settings.items() if earlier.get(name) != value]
        # Where there is nothing but failures, no results are mixed.
        if changed and all(row.status is Status.FAILED and not row.frames for row in rows.values()):
            return cls(store, settings, {name: replace(rows[name], anew=True) for name in rows})
        for name in () if overwrite else changed:
            raise OutputError(
                f"'{path}' is of a batch with {name}={earlier.get(name)}, not {settings[name]}: "
                "choose another output=..., or replace its results with overwrite=True"
            )
        return cls(store, settings, rows)

    def enter(self, videos: Iterable[BatchVideo], *, overwrite: bool) -> None:
        """Enter the videos of a batch, each with what is known of its results.

        Args:
            videos: The videos.
            overwrite: Whether all are tracked anew.

        Raises:
            OutputError: There are results of another video with the same name, or others.
        """
        taken = set() if overwrite else self._store.names() - self.rows.keys()
        for video in videos:
            if video.name in taken:
                raise OutputError(
                    f"'{self._store.location}/{video.name}' exists already and is not of this "
                    "batch: choose another output=..., or replace it with overwrite=True"
                )
            inputs = f"{fingerprint(video.source)} {fingerprint(video.prompts)}"
            inputs += f" {video.boxes}{video.points}" if video.boxes or video.points else ""
            source = absolute(video.source)
            new = BatchRow(name=video.name, source=source, inputs=inputs, anew=overwrite)
            known = self.rows.get(video.name)
            if known is None or overwrite:
                self.rows[video.name] = new
            elif known.inputs != inputs:
                if known.source != new.source and not known.anew:
                    raise OutputError(
                        f"'{self._store.location}' has results of '{known.source}' that are called "
                        f"'{video.name}', as those of '{new.source}' would be: choose another "
                        "output=..., or replace them with overwrite=True"
                    )
                self.rows[video.name] = replace(new, anew=True)
            elif not known.status.is_final and not known.anew:
                self.rows[video.name] = self._completed(known)

    def write(self) -> None:
        """Write it; where that fails it is in `failure`, and what was written before still holds.

        It is no reason to end the jobs.
        """
        videos = [row.to_dict() for row in self.rows.values()]
        data = {"format": FORMAT, "version": __version__, "engine": self.engine}
        code = json.dumps({**data, "settings": self._settings, "videos": videos}, indent=2)
        try:
            self._store.write(BATCH_JSON, code.encode() + b"\n")
            self.failure = None
        except OutputError as error:
            self.failure = error

    def _completed(self, row: BatchRow) -> BatchRow:
        """Return a row as it would be if nobody had been killed before it was entered."""
        code = self._store.read(f"{row.name}/{SUMMARY}")
        return row if code is None else with_summary(row, code)


def with_summary(row: BatchRow, code: bytes) -> BatchRow:
    """Return a row with what the summary of its job says; as it is where the job is to go on.

    Args:
        row: The row.
        code: What `summary.json` holds.
    """
    try:
        summary = json.loads(code)
        if summary["interrupted"] or summary["failed"]:
            return row
        return replace(
            row,
            attempts=max(row.attempts, 1),
            status=Status.CUT_OFF if summary["truncated"] else Status.DONE,
            frames=summary["frames"],
            fps=summary["fps"],
            objects=summary["objects"],
            error="the source ends before it should" if summary["truncated"] else None,
        )
    except DAMAGE:
        return row
