"""Tracking a whole source and writing the results to a folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from samtracker.config import DIRECTIONS, FORMATS, SCENE_CUTS
from samtracker.errors import ConfigError, OutputError, VideoError
from samtracker.jobs.command_line import CommandLine
from samtracker.jobs.execution import Execution, Watcher, execute
from samtracker.jobs.execution_of_passes import execute_passes
from samtracker.jobs.first_frame import first_frame
from samtracker.jobs.first_prompts import FirstPrompts
from samtracker.jobs.given_prompts import save_given
from samtracker.jobs.log import check_log, keeping_log
from samtracker.jobs.outcome import Outcome
from samtracker.jobs.passes import Passes
from samtracker.jobs.progress import OnFrame, OnObject, OnStart
from samtracker.jobs.prompt_schedule import PromptSchedule
from samtracker.jobs.record import JobRecord, lasting
from samtracker.jobs.scene_cuts import OnCut, check_asked
from samtracker.results.output_folder import OutputFolder
from samtracker.tracker import Tracker
from samtracker.video.read import read_frames
from samtracker.video.selection import Range, Selection


@dataclass(frozen=True, kw_only=True)
class TrackJob:
    """A video to track, and the folder for what is found in it.

    ::

        prompts = FirstPrompts(mask=Path("first.png"))
        job = TrackJob(source="clip.mp4", prompts=prompts, output=Path("out"))
        outcome = job.run(Tracker.from_pretrained("lite"))
        print(outcome.summary.frames, "frames in", outcome.folder)

    A job that is stopped or fails keeps what it has; `samtracker.jobs.resume` goes on with it.

    Attributes:
        source: See `read_frames`.
        prompts: What to track.
        output: Folder for the results.
        save: What to write, of `samtracker.config.FORMATS`.
        start: Seconds to skip; the prompts are for the first frame after them.
        end: Seconds at which to stop; None for the end of the source.
        stride: Every how many-th frame is tracked.
        skip: Ranges of frames that are left out, see `read_frames`; a prompt in one holds in the
            next frame that is tracked.
        stream: Number of the video stream, see `read_frames`.
        overwrite: Whether an earlier `output` and `log` are replaced.
        log: File to take down what is done, for `Replay`; None for none.
        device: Where the network runs once the job is resumed, see `Tracker`.
        command: What runs this job on the command line, to begin anew if it is killed before its
            first frame; None for nothing.
        direction: Of `samtracker.config.DIRECTIONS`: "forward" from the prompts on, "backward" to
            the frames before them, or "both"; between two prompts of an object the masks are then
            those of the direction that is surer of them.
        scene_cuts: What becomes of cuts to another scene, of `samtracker.config.SCENE_CUTS`:
            "ignore" does not look for them, "keep" looks for all objects in the whole frame behind
            each, "stop" ends the job there, and "ask" asks at each which of these two.

    Raises:
        ConfigError: A format, direction or the like does not exist, or does not fit the rest.
        VideoError: The source comes once, and cannot be read backward.
    """

    source: str | Path | int
    prompts: FirstPrompts
    output: Path
    save: tuple[str, ...] = ("overlay", "masks")
    start: float = 0.0
    end: float | None = None
    stride: int = 1
    skip: tuple[Range, ...] = ()
    stream: int | None = None
    overwrite: bool = False
    log: Path | None = None
    device: str = "auto"
    command: CommandLine | None = None
    direction: str = "forward"
    scene_cuts: str = "ignore"

    def __post_init__(self) -> None:
        self._check_direction()
        for name in self.save:
            if name not in FORMATS:
                raise ConfigError(f"save={name!r} does not exist: use {', '.join(FORMATS)}")
        if self.scene_cuts not in SCENE_CUTS:
            known = ", ".join(SCENE_CUTS)
            raise ConfigError(f"scene_cuts={self.scene_cuts!r} does not exist: use {known}")
        if "prompts" in self.save and self.prompts.detections is not None:
            raise ConfigError(
                "save='prompts' does not fit detections, which start objects: leave it out"
            )

    def run(
        self,
        tracker: Tracker | Callable[[], Tracker],
        *,
        on_object: OnObject | None = None,
        on_start: OnStart | None = None,
        on_frame: OnFrame | None = None,
        on_cut: OnCut | None = None,
    ) -> Outcome:
        """Track to the end of the source, or until somebody or something stops it.

        Args:
            tracker: Tracker to use, in which any stream ends; or what builds one, called once
                source, masks and output folder are found to be right.
            on_object: Called when one more object of the first mask is ready.
            on_start: Called once the first masks are known, before anything is written.
            on_frame: Called after every frame; the job stops where it returns False, and at Ctrl-C.
            on_cut: Called at every cut to another scene with `scene_cuts="ask"`; tracking ends
                there where it returns False.

        Returns:
            How it ended. An error after the first frame is not raised but in `Outcome.failure`.

        Raises:
            SamTrackerError: Nothing was tracked, and nothing is left behind.
        """
        check_asked(self.scene_cuts, on_cut)
        check_log(self.log, overwrite=self.overwrite, output=self.output)
        log_failures: list[OutputError] = []
        read = (self.source, *self.prompts.files)
        with OutputFolder(self.output, overwrite=self.overwrite, inputs=read) as folder:
            if self.command is not None and lasting(self.source) is not None:
                self.command.note(folder.partial)
            watcher = Watcher(on_start=on_start, on_frame=on_frame, on_cut=on_cut)
            if self.direction == "forward":
                execution = self._at_once(tracker, folder, watcher, on_object, log_failures.append)
            else:
                passes = Passes(self.record({}, self.start), folder.partial, watcher)
                track = partial(passes.track, self.prompts, tracker, on_object)
                execution = execute_passes(passes, track, folder)
        return Outcome.of(folder, execution, next(iter(log_failures), None))

    def _at_once(
        self,
        tracker: Tracker | Callable[[], Tracker],
        folder: OutputFolder,
        watcher: Watcher,
        on_object: OnObject | None,
        on_log_failure: Callable[[OutputError], object],
    ) -> Execution:
        """Track forward, and write each frame at once."""
        selection = Selection(start=self.start, end=self.end, stride=self.stride, skip=self.skip)
        with read_frames(self.source, **vars(selection), stream=self.stream) as reader:
            later = self.prompts.read_later()
            frame = first_frame(
                reader,
                partial(self.prompts.begin_in, later=later),
                check=later.check if isinstance(later, PromptSchedule) else None,
                source=self.source,
                selection=selection,
            )
            objects = self.prompts.read_objects(reader.info.size, frame.source or str(self.source))
            tracker = tracker() if callable(tracker) else tracker
            waits = self.prompts.at is not None or not self.prompts.in_first_frame
            with keeping_log(self.log, tracker, self.source, on_log_failure):
                first, origins = self.prompts.start(tracker, frame, objects, on_object, later)
                save_given(self.save, folder.partial, self.prompts, tracker, frame, objects, later)
                record = self.record(origins, frame.time if waits else self.start)
                done = [(frame, first)]
                return execute(record, tracker, reader, done, folder, watcher, later=later)

    def _check_direction(self) -> None:
        if self.direction not in DIRECTIONS:
            known = ", ".join(DIRECTIONS)
            raise ConfigError(f"direction={self.direction!r} does not exist: use {known}")
        if self.direction == "forward":
            return
        given = f"direction={self.direction!r}"
        if self.prompts.detections is not None:
            raise ConfigError(f"{given} does not fit detections, which start objects: leave it out")
        if self.log is not None:
            raise ConfigError(f"{given} does not fit log=..., which is of one pass: leave it out")
        if lasting(self.source) is None:
            raise VideoError(
                f"{given} needs a source that can be read again: save '{self.source}' to a file"
            )
        if self.direction == "backward" and self.prompts.in_first_frame and self.prompts.at is None:
            raise ConfigError(
                f"{given} ends at the first frame: say with at=... where prompts hold"
            )

    def record(self, origins: dict[int, str], start: float) -> JobRecord:
        """Return what is written down of the job.

        Args:
            origins: What the first masks were made from, by object id.
            start: Seconds at which its first frame is, or before.
        """
        prompts = self.prompts
        return JobRecord(
            source=str(self.source),
            path=lasting(self.source),
            start=start,
            end=self.end,
            stride=self.stride,
            skip=self.skip,
            scene_cuts=self.scene_cuts,
            stream=self.stream,
            save=self.save,
            device=self.device,
            origins=origins,
            overwrite=self.overwrite,
            detections=_absolute(prompts.detections),
            prompts=_absolute(prompts.prompts_file),
            digest=prompts.digest(),
            direction=self.direction,
        )


def _absolute(path: Path | None) -> str | None:
    return None if path is None else str(Path(path).absolute())
