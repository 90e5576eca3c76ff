"""The numbers that a training writes while it runs: a CSV file and TensorBoard events."""

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
    *("step", "loss", "cross_entropy", "dice", "iou_error", "iou", "picture_iou"),
    *("learning_rate", "gradient_norm", "seconds", "waiting"),
)
"""`seconds` is the time of the whole step, `waiting` the part of it spent on data."""

_BEGIN: Final = ",".join(COLUMNS[:2]).encode("ascii")


class MetricsLog:
    """Writes a row per step to `metrics.csv` and to `tensorboard/`.

    Args:
        folder: Folder of the training.
        step: Steps done so far. Rows after it, which a run left that was killed after its last
            checkpoint, are dropped.

    Raises:
        OutputError: The folder cannot be written to.
    """

    def __init__(self, folder: Path, step: int) -> None:
        from torch.utils.tensorboard import SummaryWriter

        rows = [row for row in read_metrics(folder) if row["step"] <= step]
        # Whole or not at all, or a kill meanwhile would take the rows of a run that goes on.
        partial = folder / f".{METRICS}.partial"
        try:
            with partial.open("w", encoding="ascii", newline="") as file:
                table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
                table.writeheader()
                for row in rows:
                    table.writerow({**row, "step": int(row["step"])})
            partial.replace(folder / METRICS)
            self._file = (folder / METRICS).open("a", encoding="ascii", newline="")
            self._table = csv.DictWriter(self._file, COLUMNS, lineterminator="\n")
            self._board = SummaryWriter(str(folder / "tensorboard"), purge_step=step + 1)
        except OSError as error:
            raise OutputError(f"'{folder}' cannot be written ({error.strerror})") from error

    def write(self, step: int, values: dict[str, float]) -> None:
        """Write the row of a step.

        Args:
            step: Number of the step, from 1.
            values: The other columns of `COLUMNS`.

        Raises:
            OutputError: The disk is full.
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
        """Write the scores of a validation to standard error and to TensorBoard.

        Args:
            step: Number of the step, from 1.
            scores: Percentages by name; "j_and_f" is among them.
        """
        tqdm.write(f"step {step}: J&F {scores['j_and_f']:.1f}", sys.stderr)
        for name, value in scores.items():
            self._board.add_scalar(f"validation/{name}", value, step)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # of a full disk, which has been said
            self._file.close()
        self._board.close()


def is_metrics(path: Path) -> bool:
    """Return whether a file is a `metrics.csv` of any version, or empty.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        return file.read(len(_BEGIN)) in (b"", _BEGIN)


def read_metrics(folder: Path) -> list[dict[str, float]]:
    """Read `metrics.csv`.

    Args:
        folder: Folder of the training.

    Returns:
        A row per step, without a last one that is half written; none if there is no such file.
    """
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
