"""The results of many clips: means, tables and files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np

from samtracker.evaluate.clip import ClipResult
from samtracker.evaluate.scores import ObjectScores
from samtracker.types import State

SCORES: Final = (
    *("j_and_f", "j_mean", "j_recall", "j_decay"),
    *("f_mean", "f_recall", "f_decay"),
)
"""In percent."""

ALL: Final = "all"
"""Stands for the mean over objects, or over clips."""

COLUMNS: Final = (
    *("clip", "object", "frames"),
    *SCORES,
    *("absent_frames", "false_masks", "returns", "found_again", "frames_to_find"),
    *("fps_p50", "fps_p95", "peak_memory_mb"),
    *(state.value for state in State),
)

Row = dict[str, Any]


@dataclass(frozen=True)
class Results:
    """What came of a data set.

    Attributes:
        clips: in its order.
    """

    clips: tuple[ClipResult, ...]

    @classmethod
    def of(cls, numbered: Iterable[tuple[int, ClipResult]]) -> Self:
        """The clips by their positions."""
        return cls(tuple(clip for _, clip in sorted(numbered, key=lambda item: item[0])))

    @property
    def objects(self) -> tuple[ObjectScores, ...]:
        """Of all clips."""
        return tuple(item for clip in self.clips for item in clip.objects)

    @property
    def overall(self) -> Row:
        """The mean over all objects of all clips, as the official code has it."""
        row = {"clip": ALL, "object": ALL, **_summary(self.objects)}
        runs = [clip.run for clip in self.clips if clip.run is not None]
        if runs:
            for percentile in ("p50", "p95"):
                speeds = [speed for run in runs if (speed := run.fps[percentile]) is not None]
                row[f"fps_{percentile}"] = float(np.median(speeds)) if speeds else None
            row["peak_memory_mb"] = max(run.peak_memory_mb["cpu"] for run in runs)
            for state in State:
                row[state.value] = float(np.mean([run.states.get(state.value, 0) for run in runs]))
        row["frames"] = sum(clip_row["frames"] for clip_row in self.clip_rows)
        return row

    @property
    def clip_rows(self) -> list[Row]:
        """A row per clip."""
        return [_clip_row(clip) for clip in self.clips]

    @property
    def rows(self) -> list[Row]:
        """A row per object, then one per clip, then the mean of all."""
        rows = [
            {"clip": clip.name, "object": item.id, **_summary([item])}
            for clip in self.clips
            for item in clip.objects
        ]
        return [*rows, *self.clip_rows, self.overall]

    def to_csv(self) -> str:
        """All rows, numbers with four decimals."""
        text = io.StringIO()
        table = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
        table.writeheader()
        for row in self.rows:
            table.writerow({name: _short(value) for name, value in row.items()})
        return text.getvalue()

    def to_dict(self) -> dict[str, Any]:
        """For JSON: the means, and everything of every frame."""
        return {"overall": self.overall, "clips": [clip.to_dict() for clip in self.clips]}


def _clip_row(clip: ClipResult) -> Row:
    row = {"clip": clip.name, "object": ALL, **_summary(clip.objects)}
    if clip.run is not None:
        row |= {f"fps_{name}": value for name, value in clip.run.fps.items()}
        row["peak_memory_mb"] = clip.run.peak_memory_mb["cpu"]
        row |= {state.value: clip.run.states.get(state.value, 0.0) for state in State}
    return row


def _summary(objects: Sequence[ObjectScores]) -> Row:
    """Means of scores, sums of counts."""
    scores = {
        name: float(np.mean([item.numbers[name] for item in objects])) if objects else None
        for name in SCORES
    }
    waits = [wait for item in objects for wait in item.absence.waits]
    found = [wait for wait in waits if wait is not None]
    return {
        "frames": max((len(item.j) for item in objects), default=0),
        **scores,
        "absent_frames": sum(item.absence.frames for item in objects),
        "false_masks": sum(item.absence.false_masks for item in objects),
        "returns": len(waits),
        "found_again": len(found),
        "frames_to_find": float(np.mean(found)) if found else None,
    }


def table(rows: Iterable[Row], columns: dict[str, str]) -> str:
    """Rows as text.

    Args:
        rows: of `Results`, or like them.
        columns: names of columns and their headings, the first one to the left.
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
