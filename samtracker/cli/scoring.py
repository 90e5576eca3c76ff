"""One evaluation on the command line: score, show how far it is, save, say how it ended."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence as Rows
from contextlib import closing
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from samtracker import __version__
from samtracker.cli.interruption import EXIT_CODE, Interruption
from samtracker.cli.model import DEFAULT_WEIGHTS, build_tracker
from samtracker.cli.run import LOG_INTERVAL
from samtracker.config import CORRUPTIONS
from samtracker.data.mixture import open_dataset
from samtracker.data.sequence import Sequence
from samtracker.errors import ConfigError, DatasetError, SamTrackerError
from samtracker.evaluate.clip import Source
from samtracker.evaluate.corruption import STRENGTHS, Corrupted
from samtracker.evaluate.evaluation import evaluate
from samtracker.evaluate.report import report
from samtracker.evaluate.results import Results, Row, table
from samtracker.evaluate.stored import Stored
from samtracker.evaluate.tracked import Tracked
from samtracker.output import (
    PREDICTIONS,
    REPORT,
    RESULTS_CSV,
    RESULTS_JSON,
    OutputFolder,
    write_text,
)
from samtracker.tracker import Tracker

_CLIP_COLUMNS = {
    **{"clip": "clip", "j_and_f": "J&F", "j_mean": "J", "j_recall": "recall", "j_decay": "decay"},
    **{"f_mean": "F", "f_recall": "recall", "f_decay": "decay", "fps_p50": "fps"},
}
_ROBUSTNESS_COLUMNS = {
    **{"kind": "what is wrong", "strength": "strength", "j_and_f": "J&F"},
    **{"change": "against clean", "j_mean": "J", "f_mean": "F"},
}


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the user wants; see the options of `samtrack eval`."""

    dataset: str
    root: Path
    split: str | None
    predictions: Path | None
    corruptions: tuple[str, ...]
    jobs: int | None
    output: Path
    overwrite: bool
    model: dict[str, Any]

    def __post_init__(self) -> None:
        unknown = [kind for kind in self.corruptions if kind not in CORRUPTIONS]
        if unknown:
            valid = ", ".join((*CORRUPTIONS, "all"))
            raise ConfigError(f"--corrupt {unknown[0]!r} does not exist: use {valid}")
        if self.predictions is not None and self.corruptions:
            raise ConfigError("--corrupt tracks anew: leave it out with --predictions")
        if self.predictions is not None and not self.predictions.is_dir():
            raise DatasetError(f"--predictions '{self.predictions}' is no folder")
        if self.split is not None and self.dataset == "folder":
            raise ConfigError(f"--split {self.split} does not fit: --dataset folder has no splits")

    @property
    def title(self) -> str:
        """What is scored on what."""
        what = str(self.predictions) if self.predictions else self.weights
        split = "" if self.dataset == "folder" else f" {self.split or 'val'}"
        return f"{what} on {self.dataset}{split}"

    @property
    def weights(self) -> str:
        """Of the tracker."""
        return self.model["weights"] or self.model["encoder"] or DEFAULT_WEIGHTS

    @property
    def settings(self) -> dict[str, Any]:
        """To be kept beside the results."""
        shown: dict[str, Any] = {"version": __version__, "root": str(self.root)}
        if self.predictions is None:
            network = _tracker(**self.model).runtime
            shown |= {name: value for name, value in self.model.items() if value is not None}
            shown["device"] = network.device.type
            shown["precision"] = str(network.precision).removeprefix("torch.")
        return shown


@cache
def _tracker(**model: Any) -> Tracker:
    """One for all clips of a process."""
    return build_tracker(**model)


class StoppedError(Exception):
    """The user wants no more."""


def run(request: Request) -> None:
    """Score and save; the tables go to standard output, everything else to standard error.

    Raises:
        SamTrackerError: nothing was scored, or the job ended early. In the second case the clips
            until then are in the output folder, and the message says so.
        SystemExit: with 130 after Ctrl-C; the clips until then are in the output folder.
    """
    clips = open_dataset(request.dataset, request.root, request.split or "val")
    if request.predictions is None:
        _tracker(**request.model)  # bad options are refused before anything is written
        _check_first_masks(clips)
    with (
        Interruption() as interruption,
        OutputFolder(request.output, overwrite=request.overwrite) as folder,
    ):
        interruption.deferred = True
        masks = Stored(request.predictions or folder.partial / PREDICTIONS)
        output = None if request.predictions else masks.folder
        results, failure = _score(request, clips, output, interruption)
        robustness: list[Row] = []
        if failure is None:
            robustness, failure = _robustness(request, clips, results, interruption)
        folder.ended_early = failure is not None
        if results.clips:
            click.echo(table([*results.clip_rows, results.overall], _CLIP_COLUMNS))
            if robustness:
                click.echo(f"\n{table(robustness, _ROBUSTNESS_COLUMNS)}")
            head: dict[str, Any] = {"title": request.title, "settings": request.settings}
            whole = {**head, **results.to_dict(), "robustness": robustness}
            write_text(folder.partial / RESULTS_CSV, results.to_csv())
            write_text(folder.partial / RESULTS_JSON, json.dumps(whole))
            done = clips[: len(results.clips)]
            page = report(done, results, masks, robustness=robustness, **head)
            write_text(folder.partial / REPORT, page)
    _conclude(clips, results, failure, folder.kept)


def _check_first_masks(clips: Rows[Sequence]) -> None:
    for clip in clips:
        if not clip.labelled or not clip.mask(clip.labelled[0]).any():
            raise DatasetError(
                f"'{clip.name}' cannot be tracked: it has no first mask, or an empty one"
            )


def _score(
    request: Request, clips: Rows[Sequence], output: Path | None, interruption: Interruption
) -> tuple[Results, Exception | None]:
    """The clips that could be scored, and what ended it early."""
    tracking = request.predictions is None
    jobs = request.jobs or (1 if tracking else os.cpu_count() or 1)
    jobs = min(jobs, len(clips))
    frames = [len(clip) - (clip.labelled[0] if tracking else 0) for clip in clips]
    done = []
    interval = 0.1 if sys.stderr.isatty() else LOG_INTERVAL
    with tqdm(total=sum(frames), unit="frame", file=sys.stderr, mininterval=interval) as bar:

        def on_frame() -> None:
            bar.update()
            if interruption.requested:
                raise StoppedError

        source: Source
        if request.predictions is not None:
            source = Stored(request.predictions)
        else:
            make = partial(_tracker, **request.model)
            source = Tracked(make, output, on_frame if jobs == 1 else None)
        try:
            with closing(evaluate(clips, source, jobs=jobs)) as found:
                for result, count in zip(found, frames, strict=True):
                    done.append(result)
                    if not tracking or jobs > 1:
                        bar.update(count)
                    if interruption.requested:
                        raise StoppedError
        except (StoppedError, SamTrackerError) as error:
            return Results(tuple(done)), error
    return Results(tuple(done)), None


def _robustness(
    request: Request, clips: Rows[Sequence], clean: Results, interruption: Interruption
) -> tuple[list[Row], Exception | None]:
    """A row for each kind and strength, and what ended it early."""
    rows: list[Row] = []
    for kind in request.corruptions:
        for strength in STRENGTHS:
            click.echo(f"{kind}, strength {strength}", err=True)
            harder = [Corrupted(clip=clip, kind=kind, strength=strength) for clip in clips]
            results, failure = _score(request, harder, None, interruption)
            if failure is not None:
                return rows, failure
            scores = results.overall
            change = scores["j_and_f"] - clean.overall["j_and_f"]
            rows.append({"kind": kind, "strength": strength, "change": change, **scores})
    return rows, None


def _conclude(
    clips: Rows[Sequence], results: Results, failure: Exception | None, kept: Path
) -> None:
    """Say where the results are and how the job ended."""
    unscored = sum(not clip.objects for clip in results.clips)
    if unscored:
        click.echo(f"{unscored} clips have no truth to be scored against", err=True)
    count = f"{len(results.clips)} of {len(clips)} clips" if failure else f"{len(clips)} clips"
    where = f"kept {count} in {kept}" if results.clips else "nothing was scored"
    if isinstance(failure, SamTrackerError):
        raise type(failure)(f"{failure} ({where})") from failure
    if failure is not None:
        click.echo(f"stopped: {where}", err=True)
        raise SystemExit(EXIT_CODE)
    click.echo(f"{count} in {kept}", err=True)
