"""What an interrupted job needs to go on.

The folder `resume` beside its results holds the job itself, the tracker as it was a moment ago, and
the result of every frame. All files of the job are written again from these and the source, so that
none that was left half written has to be continued. Only JSON and safetensors are read from there.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from glob import escape
from pathlib import Path
from typing import Final, Self

from samtracker.config import FORMATS
from samtracker.errors import OutputError, WeightsError
from samtracker.files import DAMAGE, writing
from samtracker.results.output_folder import (
    JOB,
    RESUME,
    SUMMARY,
    TRACKER,
    alone,
    is_resumable,
    partial_of,
    recover,
)
from samtracker.tracker import Tracker

FORMAT: Final = "samtracker-job-1"


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a job was told to do, as far as its tracker does not know it.

    Attributes:
        source: as the user named it.
        path: the source's absolute path or pattern; None for a camera or URL.
        start: see `read_frames`; likewise `end` and `stride`.
        save: of `FORMATS`.
        device: see `Tracker`.
        origins: what the first masks came from, by object id.
        overwrite: whether older results are replaced.
    """

    source: str
    path: str | None
    start: float
    end: float | None
    stride: int
    save: tuple[str, ...]
    device: str
    origins: dict[int, str]
    overwrite: bool

    def to_json(self) -> str:
        """As indented JSON."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=2)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The job whose results lie in a folder.

        Raises:
            OutputError: its file is missing or damaged.
        """
        path = folder / RESUME / JOB
        try:
            given = json.loads(path.read_text("utf-8"))
            job = cls(
                source=given["source"],
                path=given["path"],
                start=float(given["start"]),
                end=None if given["end"] is None else float(given["end"]),
                stride=int(given["stride"]),
                save=tuple(given["save"]),
                device=given["device"],
                origins={int(number): str(name) for number, name in given["origins"].items()},
                overwrite=given["overwrite"] is True,
            )
            texts = isinstance(job.source, str) and isinstance(job.device, str)
            known = set(job.save) <= set(FORMATS) and Path(job.path or "").is_absolute()
            if given["format"] != FORMAT or not (texts and known):
                raise ValueError("of another version")
        except (OSError, *DAMAGE) as error:
            raise OutputError(
                f"'{path}' is damaged or of another version: "
                "the job cannot be resumed, track again with --overwrite"
            ) from error
        return job


def lasting(source: str) -> str | None:
    """The absolute path of a source that can be read again; None for a camera, URL or pipe."""
    if source.isdecimal() or "://" in source:
        return None
    path = Path(source)
    if path.exists():
        return str(path.absolute()) if path.is_file() or path.is_dir() else None
    return source if path.is_absolute() else str(Path(escape(str(Path.cwd())), source))


def find(folder: Path) -> tuple[Path, Path]:
    """The job that is to go on.

    Args:
        folder: its output folder, with `.partial` at its end or without.

    Returns:
        The output folder, absolute, and the folder with what there is until now: the same one, or
        the one with `.partial`.

    Raises:
        OutputError: there is nothing to go on with, or the job is still running.
    """
    given = Path(os.path.realpath(folder))
    for path in (given.parent / (given.name.removesuffix(".partial")), given):
        with writing(path), alone(path):
            recover(path)
        for place in (partial_of(path), path):  # the newer one first
            if is_resumable(place):
                return path, place
    if not given.exists():
        raise OutputError(f"no such folder: '{folder}'; check the path")
    raise OutputError(_why_not(given))


def _why_not(folder: Path) -> str:
    """Why there is nothing to resume in a folder."""
    try:
        summary = json.loads((folder / SUMMARY).read_text("utf-8"))
        source, early = summary["source"], summary["interrupted"] or summary["failed"]
        if not early:
            return f"'{folder}' is complete: there is nothing to resume"
        if lasting(source) is None:
            return f"'{folder}' is of {source}, a live source: it cannot be resumed"
    except (OSError, *DAMAGE):
        pass
    return f"'{folder}' holds no interrupted job of samtrack track: there is nothing to resume"


def load(folder: Path, device: str, weights: str | None) -> Tracker:
    """The tracker of the job in a folder, as it was when it was saved last; see `Tracker.load`.

    Raises:
        ConfigError: the device does not exist or is not on this machine.
        WeightsError: its file is damaged, or the weights are missing or are others.
    """
    path = folder / RESUME / TRACKER
    tracker = Tracker.load(path, weights=weights, device=device)
    if tracker.result is None:
        raise WeightsError(f"'{path}' has no stream in it: track again with --overwrite")
    return tracker
