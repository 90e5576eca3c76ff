"""One evaluation on the command line: score, show how far it is, save, say how it ended."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click
import torch
from tqdm import tqdm

from samtracker._version import __version__
from samtracker.cli.interruption import EXIT_CODE, Interruption
from samtracker.cli.model import DEFAULT_WEIGHTS, kept_tracker
from samtracker.cli.progress import LOG_INTERVAL
from samtracker.config import CORRUPTIONS
from samtracker.data.clip import Clip
from samtracker.data.mixture import open_dataset
from samtracker.errors import ConfigError, DatasetError, SamTrackerError
from samtracker.evaluate.clip import ClipResult, MaskSource
from samtracker.evaluate.corruption import STRENGTHS, Corrupted
from samtracker.evaluate.evaluation import evaluate
from samtracker.evaluate.folder_source import FolderSource
from samtracker.evaluate.largest_object import LargestObject
from samtracker.evaluate.report import report
from samtracker.evaluate.results import Results, Row, table
from samtracker.evaluate.simulated_prompts import PromptRule
from samtracker.evaluate.tracker_source import TrackerSource
from samtracker.files import write_text
from samtracker.results.names import PREDICTIONS, REPORT, RESULTS_CSV, RESULTS_JSON
from samtracker.results.output_folder import OutputFolder

_FIRST_COLUMNS = {"clip": "clip", "first_iou": "first"}
_CLIP_COLUMNS = {
    **{"clip": "clip", "j_and_f": "J&F", "j_mean": "J", "j_recall": "recall", "j_decay": "decay"},
    **{"f_mean": "F", "f_recall": "recall", "f_decay": "decay", "fps_p50": "fps"},
}
_ROUND_COLUMNS = {
    "round": "round",
    "clicks": "clicks so far",
    "j_and_f": "J&F",
    "j_mean": "J",
    "f_mean": "F",
}
_ROBUSTNESS_COLUMNS = {
    **{"kind": "what is wrong", "strength": "strength", "j_and_f": "J&F"},
    **{"change": "against clean", "j_mean": "J", "f_mean": "F"},
}


@dataclass(frozen=True, kw_only=True)
class EvalRequest:
    """What the user wants; see the options of `samtrack eval`."""

    dataset: str
    root: Path
    split: str | None
    predictions: Path | None
    corruptions: tuple[str, ...]
    jobs: int | None
    output: Path
    overwrite: bool
    prompt: str
    rounds: int
    model: dict[str, Any]
    threads: int | None

    def __post_init__(self) -> None:
        rule = PromptRule.parse(self.prompt)
        if self.predictions is not None and rule.kind != "mask":
            raise ConfigError("--prompt is of the tracker: leave it out with --predictions")
        if self.predictions is not None and self.rounds:
            raise ConfigError("--rounds is of the tracker: leave it out with --predictions")
        if self.corruptions and self.rounds:
            raise ConfigError("--rounds corrects clean clips: leave it out with --corrupt")
        unknown = [kind for kind in self.corruptions if kind not in CORRUPTIONS]
        if unknown:
            valid = ", ".join((*CORRUPTIONS, "all"))
            raise ConfigError(f"--corrupt {unknown[0]!r} does not exist: use {valid}")
        if self.predictions is not None and self.corruptions:
            raise ConfigError("--corrupt tracks anew: leave it out with --predictions")
        # Path.is_dir would raise for a name that is too long.
        if self.predictions is not None and not os.path.isdir(self.predictions):  # noqa: PTH112
            raise DatasetError(f"--predictions '{self.predictions}' is no folder")
        if self.split is not None and self.dataset in ("folder", "instances"):
            dataset = f"--dataset {self.dataset}"
            raise ConfigError(f"--split {self.split} does not fit: {dataset} has no splits")

    @property
    def chosen_split(self) -> str:
        """The split that was asked for, or the one that is usually scored on."""
        return self.split or ("valid" if self.dataset == "youtube" else "val")

    @property
    def processes(self) -> int:
        """The number that was asked for; one for tracking, or its speed would mean nothing."""
        return self.jobs or (1 if self.predictions is None else os.cpu_count() or 1)

    def head(self, done: int, count: int, *, complete: bool) -> dict[str, Any]:
        """Return what is said of the results: how far they go, and all settings."""
        split = "" if self.dataset in ("folder", "instances") else f" {self.chosen_split}"
        what = self.predictions or self.model["weights"] or self.model["encoder"] or DEFAULT_WEIGHTS
        title = f"{what} on {self.dataset}{split}"
        settings: dict[str, Any] = {"version": __version__, "root": str(self.root)}
        settings["jobs"] = self.processes
        if self.predictions is None:
            runtime = kept_tracker(**self.model).runtime
            settings |= {name: value for name, value in self.model.items() if value is not None}
            settings["prompt"] = self.prompt
            settings["rounds"] = self.rounds
            settings["device"] = runtime.device.type
            settings["precision"] = runtime.precision_name
            settings["backend"] = runtime.backend.name
            settings["threads"] = torch.get_num_threads()
        return {
            "title": title if done == count else f"{title}, {done} of {count} clips",
            "complete": complete,
            "settings": settings,
        }


class StoppedError(Exception):
    """The user wants no more."""


@dataclass(frozen=True)
class Scored:
    """How far an evaluation came.

    Attributes:
        clips: Clips that are scored.
        results: Their results.
        failure: What ended it early; None if nothing did.
    """

    clips: tuple[Clip, ...]
    results: Results
    failure: Exception | None


def run_evaluation(request: EvalRequest) -> None:
    """Score and save; the tables go to standard output, everything else to standard error.

    Raises:
        SamTrackerError: Nothing was scored, or the job ended early. In the second case the clips
            until then are in the output folder, and the message says so.
        SystemExit: With 130 after Ctrl-C; the clips until then are in the output folder.
    """
    clips = open_dataset(request.dataset, request.root, request.chosen_split)
    if request.dataset == "instances":
        clips = [LargestObject(clip) for clip in clips]
    _check_names(clips)
    if request.predictions is None:
        kept_tracker(**request.model)  # bad options are refused before anything is written
    with (
        Interruption() as interruption,
        OutputFolder(
            request.output,
            overwrite=request.overwrite,
            inputs=(request.root, request.predictions),
        ) as folder,
    ):
        interruption.deferred = True
        predictions = folder.partial / PREDICTIONS
        output = predictions if request.predictions is None else None
        scored = _score(request, clips, output, interruption)
        robustness: list[Row] = []
        failure = scored.failure
        if failure is None:
            robustness, failure = _robustness(request, clips, scored.results, interruption)
        if scored.clips:
            head = request.head(len(scored.clips), len(clips), complete=failure is None)
            columns = _CLIP_COLUMNS if request.prompt == "mask" else _FIRST_COLUMNS | _CLIP_COLUMNS
            _print(scored.results, robustness, head["title"], columns)
            whole = {**head, **scored.results.to_dict(), "robustness": robustness}
            write_text(folder.partial / RESULTS_CSV, scored.results.to_csv())
            write_text(folder.partial / RESULTS_JSON, json.dumps(whole))
            masks = FolderSource(request.predictions or predictions)
            try:
                page = report(
                    scored.clips,
                    scored.results,
                    masks,
                    title=head["title"],
                    settings=head["settings"],
                    robustness=robustness,
                )
                write_text(folder.partial / REPORT, page)
            except SamTrackerError as error:  # a picture that only the report needs
                failure = failure or error
        else:
            shutil.rmtree(predictions, ignore_errors=True)  # half a clip
        folder.ended_early = failure is not None
    _conclude(len(clips), scored.results, failure, folder.kept)


def _check_names(clips: Sequence[Clip]) -> None:
    twice = [name for name, count in Counter(clip.name for clip in clips).items() if count > 1]
    if twice:
        raise DatasetError(f"two clips are called '{twice[0]}': rename one of them")


def _score(
    request: EvalRequest, clips: Sequence[Clip], output: Path | None, interruption: Interruption
) -> Scored:
    tracking = request.predictions is None
    jobs = min(request.processes, len(clips))
    tracked = 1 + request.rounds
    frames = [tracked * (len(clip) - clip.labeled[0]) if tracking else len(clip) for clip in clips]
    done: dict[int, ClipResult] = {}
    failure: Exception | None = None
    interval = 0.1 if sys.stderr.isatty() else LOG_INTERVAL
    with tqdm(total=sum(frames), unit="frame", file=sys.stderr, mininterval=interval) as bar:

        def check() -> None:
            if interruption.requested:
                raise StoppedError

        def on_frame() -> None:
            bar.update()
            check()

        source: MaskSource
        if request.predictions is not None:
            source = FolderSource(request.predictions)
        else:
            make = partial(kept_tracker, **request.model)
            rule = PromptRule.parse(request.prompt)
            source = TrackerSource(make, output, on_frame if jobs == 1 else None, rule)
        try:
            with closing(
                evaluate(
                    clips,
                    source,
                    jobs=jobs,
                    threads=request.threads,
                    rounds=request.rounds,
                    on_wait=check,
                )
            ) as found:
                for number, result in found:
                    done[number] = result
                    if not tracking or jobs > 1:
                        bar.update(frames[number])
                    check()
        except (StoppedError, SamTrackerError) as error:
            failure = error
    return Scored(
        tuple(clips[number] for number in sorted(done)), Results.of(done.items()), failure
    )


def _robustness(
    request: EvalRequest, clips: Sequence[Clip], clean: Results, interruption: Interruption
) -> tuple[list[Row], Exception | None]:
    """Return a row for each kind and strength, and what ended it early."""
    rows: list[Row] = []
    for kind in request.corruptions:
        for strength in STRENGTHS:
            click.echo(f"{kind}, strength {strength}", err=True)
            harder = [Corrupted(clip=clip, kind=kind, strength=strength) for clip in clips]
            scored = _score(request, harder, None, interruption)
            if scored.failure is not None:
                return rows, scored.failure
            scores, before = scored.results.overall, clean.overall["j_and_f"]
            # Of a short clip so few frames may be left that none can be scored.
            known = scores["j_and_f"] is not None and before is not None
            change = scores["j_and_f"] - before if known else None
            rows.append({"kind": kind, "strength": strength, "change": change, **scores})
    return rows, None


def _print(
    results: Results, robustness: Sequence[Row], title: str, columns: dict[str, str]
) -> None:
    click.echo(f"{title}\n")
    click.echo(table([*results.clip_rows, results.overall], columns))
    if results.round_rows:
        click.echo(f"\n{table(results.round_rows, _ROUND_COLUMNS)}")
    if robustness:
        click.echo(f"\n{table(robustness, _ROBUSTNESS_COLUMNS)}")


def _conclude(count: int, results: Results, failure: Exception | None, kept: Path) -> None:
    """Say where the results are and how the job ended."""
    unscored = sum(not clip.objects for clip in results.clips)
    if unscored:
        click.echo(
            f"not scored: {unscored} of the clips, with less than three masks or no object in them",
            err=True,
        )
    done = len(results.clips)
    where = f"kept {done} of {count} clips in {kept}" if done else "nothing was scored"
    if isinstance(failure, SamTrackerError):
        raise type(failure)(f"{failure} ({where})") from failure
    if failure is not None:
        click.echo(f"stopped: {where}", err=True)
        raise SystemExit(EXIT_CODE)
    click.echo(f"{count} {'clip' if count == 1 else 'clips'} in {kept}", err=True)
