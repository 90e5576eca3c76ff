"""Tracking a whole source and writing the results to a folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from samtracker.config import FORMATS
from samtracker.errors import ConfigError, OutputError, VideoError
from samtracker.jobs.command_line import CommandLine
from samtracker.jobs.execution import Watcher, execute
from samtracker.jobs.first_prompts import FirstPrompts
from samtracker.jobs.later_prompts import LaterPrompts
from samtracker.jobs.log import check_log, keeping_log
from samtracker.jobs.outcome import Outcome
from samtracker.jobs.progress import OnFrame, OnObject, OnStart
from samtracker.jobs.prompt_schedule import PromptSchedule
from samtracker.jobs.record import JobRecord, lasting
from samtracker.results.output_folder import OutputFolder
from samtracker.tracker import Tracker
from samtracker.video.read import VideoFrame, VideoReader, read_frames


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
        stream: Number of the video stream, see `read_frames`.
        overwrite: Whether an earlier `output` and `log` are replaced.
        log: File to take down what is done, for `Replay`; None for none.
        device: Where the network runs once the job is resumed, see `Tracker`.
        command: What runs this job on the command line, to begin anew if it is killed before its
            first frame; None for nothing.

    Raises:
        ConfigError: A format does not exist.
    """

    source: str | Path | int
    prompts: FirstPrompts
    output: Path
    save: tuple[str, ...] = ("overlay", "masks")
    start: float = 0.0
    end: float | None = None
    stride: int = 1
    stream: int | None = None
    overwrite: bool = False
    log: Path | None = None
    device: str = "auto"
    command: CommandLine | None = None

    def __post_init__(self) -> None:
        for name in self.save:
            if name not in FORMATS:
                raise ConfigError(f"save={name!r} does not exist: use {', '.join(FORMATS)}")

    def run(
        self,
        tracker: Tracker | Callable[[], Tracker],
        *,
        on_object: OnObject | None = None,
        on_start: OnStart | None = None,
        on_frame: OnFrame | None = None,
    ) -> Outcome:
        """Track to the end of the source, or until somebody or something stops it.

        Args:
            tracker: Tracker to use, in which any stream ends; or what builds one, called once
                source, masks and output folder are found to be right.
            on_object: Called when one more object of the first mask is ready.
            on_start: Called once the first masks are known, before anything is written.
            on_frame: Called after every frame; the job stops where it returns False, and at Ctrl-C.

        Returns:
            How it ended. An error after the first frame is not raised but in `Outcome.failure`.

        Raises:
            SamTrackerError: Nothing was tracked, and nothing is left behind.
        """
        check_log(self.log, overwrite=self.overwrite, output=self.output)
        log_failures: list[OutputError] = []
        read = (self.source, *self.prompts.files)
        with OutputFolder(self.output, overwrite=self.overwrite, inputs=read) as folder:
            if self.command is not None and lasting(self.source) is not None:
                self.command.note(folder.partial)
            with read_frames(
                self.source, start=self.start, end=self.end, stride=self.stride, stream=self.stream
            ) as reader:
                later = self.prompts.read_later()
                frame = self._first_frame(reader, later)
                objects = self.prompts.read_objects(
                    reader.info.size, frame.source or str(self.source)
                )
                tracker = tracker() if callable(tracker) else tracker
                with keeping_log(self.log, tracker, self.source, log_failures.append):
                    first, origins = self.prompts.start(tracker, frame, objects, on_object, later)
                    execution = execute(
                        self._record(origins, frame),
                        tracker,
                        reader,
                        [(frame, first)],
                        folder,
                        Watcher(on_start=on_start, on_frame=on_frame),
                        later=later,
                    )
        return Outcome.of(folder, execution, next(iter(log_failures), None))

    def _first_frame(self, reader: VideoReader, later: LaterPrompts | None) -> VideoFrame:
        """Return the first frame in which anything is pointed at."""
        frame = first = next(reader, None)
        if first is not None and isinstance(later, PromptSchedule):
            later.check(first)
        while frame is not None and not self.prompts.begin_in(frame, later):
            frame = next(reader, None)
        if frame is None:
            end = "its end" if self.end is None else f"{self.end:g} s"
            what = "frame" if first is None else "frame that is pointed at"
            raise VideoError(
                f"'{self.source}' has no {what} from {self.start:g} s to {end}: "
                "give another start=... or end=..."
            )
        return frame

    def _record(self, origins: dict[int, str], first: VideoFrame) -> JobRecord:
        prompts = self.prompts
        waits = prompts.at is not None or not prompts.in_first_frame
        return JobRecord(
            source=str(self.source),
            path=lasting(self.source),
            start=first.time if waits else self.start,
            end=self.end,
            stride=self.stride,
            stream=self.stream,
            save=self.save,
            device=self.device,
            origins=origins,
            overwrite=self.overwrite,
            detections=_absolute(prompts.detections),
            prompts=_absolute(prompts.prompts_file),
        )


def _absolute(path: Path | None) -> str | None:
    return None if path is None else str(Path(path).absolute())
