"""What a training says while it runs: a CSV and TensorBoard files."""

from __future__ import annotations

import csv
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from tqdm import tqdm

from samtracker.errors import OutputError

METRICS: Final = "metrics.csv"

COLUMNS: Final = (
    *("step", "loss", "cross_entropy", "dice", "iou_error", "iou"),
    *("learning_rate", "gradient_norm", "seconds", "waiting"),
)
"""`seconds` is the time of the whole step, `waiting` the part of it spent on data."""


class Log:
    """Writes a row per step to `metrics.csv` and to `tensorboard/`.

    Args:
        folder: of the training.
        step: done so far; rows after it, of a run that was killed after its last checkpoint, are
            dropped.

    Raises:
        OutputError: the folder cannot be written to.
    """

    def __init__(self, folder: Path, step: int) -> None:
        from torch.utils.tensorboard import SummaryWriter

        rows = [row for row in read_metrics(folder) if row["step"] <= step]
        try:
            self._file = (folder / METRICS).open("w", encoding="ascii", newline="")
            self._table = csv.DictWriter(self._file, COLUMNS, lineterminator="\n")
            self._table.writeheader()
            for row in rows:
                self._table.writerow({**row, "step": int(row["step"])})
            self._board = SummaryWriter(str(folder / "tensorboard"), purge_step=step + 1)
        except OSError as error:
            raise OutputError(f"'{folder}' cannot be written ({error.strerror})") from error

    def write(self, step: int, values: dict[str, float]) -> None:
        """One step; `values` are the other columns.

        Raises:
            OutputError: the disk is full.
        """
        try:
            self._table.writerow({"step": step, **values})
            self._file.flush()
        except OSError as error:
            raise OutputError(
                f"'{self._file.name}' cannot be written ({error.strerror}): free disk space, then "
                "go on with resume=..."
            ) from error
        for name, value in values.items():
            self._board.add_scalar(name, value, step)

    def write_scores(self, step: int, scores: dict[str, float]) -> None:
        """Of an evaluation; on standard error and in TensorBoard."""
        tqdm.write(f"step {step}: J&F {scores['j_and_f']:.1f}", sys.stderr)
        for name, value in scores.items():
            self._board.add_scalar(f"validation/{name}", value, step)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # of a full disk, which has been said
            self._file.close()
        self._board.close()


def read_metrics(folder: Path) -> list[dict[str, float]]:
    """The rows of `metrics.csv`, none without it; a half-written last one is dropped."""
    path = folder / METRICS
    if not path.is_file():
        return []
    with path.open(encoding="ascii", newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        {name: float(row[name]) for name in COLUMNS}
        for row in rows
        if all(row.get(name) for name in COLUMNS)
    ]
