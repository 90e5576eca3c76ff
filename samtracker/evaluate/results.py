"""The results of a data set: means, tables and files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np

from samtracker.evaluate.clip import ClipResult
from samtracker.evaluate.scores import SCORES, ObjectScores, mean_scores
from samtracker.types import State

ALL: Final = "all"
"""Name of the row that is the mean over objects, or over clips."""

COLUMNS: Final = (
    *("clip", "object", "frames"),
    *SCORES,
    "first_iou",
    *("absent_frames", "false_masks", "returns", "found_again", "frames_to_find"),
    *("fps_p50", "fps_p95", "peak_memory_mb"),
    *(state.value for state in State),
)

Row = dict[str, Any]


@dataclass(frozen=True)
class Results:
    """The results of the clips of a data set.

    Attributes:
        clips: Results in the order of the data set.
    """

    clips: tuple[ClipResult, ...]

    @classmethod
    def of(cls, numbered: Iterable[tuple[int, ClipResult]]) -> Self:
        """Sort results, as `evaluate` yields them, by the positions of their clips."""
        return cls(tuple(clip for _, clip in sorted(numbered, key=lambda item: item[0])))

    @property
    def objects(self) -> tuple[ObjectScores, ...]:
        """Scores of the objects of all clips."""
        return tuple(item for clip in self.clips for item in clip.objects)

    @property
    def overall(self) -> Row:
        """Row with the mean over all objects of all clips, as in the official code."""
        row = {"clip": ALL, "object": ALL, **_summary(self.objects)}
        runs = [clip.run for clip in self.clips if clip.run is not None]
        if runs:
            for percentile in ("p50", "p95"):
                speeds = [speed for run in runs if (speed := run.fps[percentile]) is not None]
                row[f"fps_{percentile}"] = float(np.median(speeds)) if speeds else None
            first = [iou for run in runs for iou in run.first_iou.values()]
            row["first_iou"] = 100 * float(np.mean(first)) if first else None
            row["peak_memory_mb"] = max(run.peak_memory_mb["cpu"] for run in runs)
            for state in State:
                row[state.value] = float(np.mean([run.states.get(state.value, 0) for run in runs]))
        row["frames"] = sum(clip_row["frames"] for clip_row in self.clip_rows)
        return row

    @property
    def clip_rows(self) -> list[Row]:
        """Rows with the mean of each clip."""
        return [_clip_row(clip) for clip in self.clips]

    @property
    def round_rows(self) -> list[Row]:
        """Rows with the mean over all objects before and after each round of corrections.

        A clip whose rounds ended early counts with the scores of its last one.
        """
        clips = [clip.rounds for clip in self.clips if clip.rounds]
        rows = []
        for number in range(max(map(len, clips), default=0)):
            reached = [rounds[min(number, len(rounds) - 1)] for rounds in clips]
            clicks = sum(item.clicks for rounds in clips for item in rounds[: number + 1])
            objects = [item for reach in reached for item in reach.objects]
            rows.append({"round": number, "clicks": clicks, **mean_scores(objects)})
        return rows

    @property
    def rows(self) -> list[Row]:
        """Rows with each object, then each clip, then the mean of all."""
        rows = [
            {"clip": clip.name, "object": item.id, **_summary([item])}
            for clip in self.clips
            for item in clip.objects
        ]
        return [*rows, *self.clip_rows, self.overall]

    def to_csv(self) -> str:
        """Return all rows as CSV, numbers with four decimals."""
        text = io.StringIO()
        table = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
        table.writeheader()
        for row in self.rows:
            table.writerow({name: _short(value) for name, value in row.items()})
        return text.getvalue()

    def to_dict(self) -> dict[str, Any]:
        """Return the means and everything of every frame, as `results.json` holds them."""
        return {
            "overall": self.overall,
            "rounds": self.round_rows,
            "clips": [clip.to_dict() for clip in self.clips],
        }


def _clip_row(clip: ClipResult) -> Row:
    row = {"clip": clip.name, "object": ALL, **_summary(clip.objects)}
    if clip.run is not None:
        row |= {f"fps_{name}": value for name, value in clip.run.fps.items()}
        first = list(clip.run.first_iou.values())
        row["first_iou"] = 100 * float(np.mean(first)) if first else None
        row["peak_memory_mb"] = clip.run.peak_memory_mb["cpu"]
        row |= {state.value: clip.run.states.get(state.value, 0.0) for state in State}
    return row


def _summary(objects: Sequence[ObjectScores]) -> Row:
    """Return means of scores and sums of counts."""
    delays = [delay for item in objects for delay in item.absence.recovery_delays]
    found = [delay for delay in delays if delay is not None]
    return {
        "frames": max((len(item.j) for item in objects), default=0),
        **mean_scores(objects),
        "absent_frames": sum(item.absence.frames for item in objects),
        "false_masks": sum(item.absence.false_masks for item in objects),
        "returns": len(delays),
        "found_again": len(found),
        "frames_to_find": float(np.mean(found)) if found else None,
    }


def table(rows: Iterable[Row], columns: dict[str, str]) -> str:
    """Format rows as a table of text.

    Args:
        rows: Rows of `Results`, or like them.
        columns: Names of columns and their headings; the first column is aligned left.
    """
    cells = [[_cell(row.get(name)) for name in columns] for row in rows]
    lines = [list(columns.values()), *cells]
    widths = [max(len(line[k]) for line in lines) for k in range(len(columns))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if k else cell.ljust(width)
            for k, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def _short(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value
