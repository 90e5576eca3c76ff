"""What is written down of a job, so that it can go on if it is interrupted.

The folder `resume` beside its results holds the job itself, the tracker as it was a moment ago, and
the result of every frame. All files of the job are written again from these and the source, so that
none that was left half written has to be continued. Only JSON and safetensors are read from there.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from glob import escape
from pathlib import Path
from typing import Final, Self

from samtracker.config import DIRECTIONS, FORMATS, SCENE_CUTS
from samtracker.errors import OutputError
from samtracker.files import DAMAGE
from samtracker.results.names import JOB, RESUME
from samtracker.video.image_pattern import is_numbered
from samtracker.video.location import is_camera, locate_source
from samtracker.video.read import VideoReader, read_frames
from samtracker.video.selection import Range, Selection

_KIND: Final = "samtracker-job-"
FORMAT: Final = f"{_KIND}3"
"""Format of the whole folder `resume`; the number rises when any file in it changes its meaning."""


@dataclass(frozen=True, kw_only=True)
class JobRecord:
    """What a job was told to do, as far as its tracker does not know it.

    Attributes:
        source: The source as the user named it.
        path: Its absolute path or pattern; None for a camera, URL or pipe.
        start: See `TrackJob`.
        end: See `TrackJob`.
        stride: See `TrackJob`.
        stream: See `TrackJob`.
        save: See `TrackJob`.
        device: See `TrackJob`.
        origins: What the first masks were made from, by object id.
        overwrite: Whether older results are replaced.
        detections: Absolute path of `FirstPrompts.detections`; None without.
        prompts: Absolute path of `FirstPrompts.prompts_file`; None without.
        digest: Of what these files hold, see `FirstPrompts.digest`; None without.
        direction: See `TrackJob`.
        skip: See `TrackJob`.
        scene_cuts: See `TrackJob`.
    """

    source: str
    path: str | None
    start: float
    end: float | None
    stride: int
    stream: int | None
    save: tuple[str, ...]
    device: str
    origins: dict[int, str]
    overwrite: bool
    detections: str | None = None
    prompts: str | None = None
    digest: str | None = None
    direction: str = "forward"
    skip: tuple[Range, ...] = ()
    scene_cuts: str = "ignore"

    def to_json(self) -> str:
        """Return it as indented JSON."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=2)

    def selection(self, *, start: float | None = None, end: float | None = None) -> Selection:
        """Return which frames of the source are tracked.

        Args:
            start: Another start than the job's; None for that.
            end: Another end; None for the job's.
        """
        return Selection(
            start=self.start if start is None else start,
            end=self.end if end is None else end,
            stride=self.stride,
            skip=self.skip,
        )

    def open_source(
        self, *, start: float | None = None, end: float | None = None, backward: bool = False
    ) -> VideoReader:
        """Open the source.

        Args:
            start: See `selection`.
            end: See `selection`.
            backward: See `read_frames`.

        Raises:
            VideoError: It cannot be read, or not backward.
        """
        source = self.source if self.path is None else Path(self.path)
        selection = self.selection(start=start, end=end)
        return read_frames(source, **vars(selection), stream=self.stream, backward=backward)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the record of the job whose results lie in a folder.

        Raises:
            OutputError: Its file is missing, damaged, or of another version.
        """
        path = folder / RESUME / JOB
        try:
            given = json.loads(path.read_text("utf-8"))
            version = given["format"]
            if isinstance(version, str) and version.startswith(_KIND) and version != FORMAT:
                raise OutputError(
                    f"'{path}' is of another version of samtrack ({version}, not {FORMAT}): the "
                    "job cannot be resumed, track again with overwrite=True"
                )
            record = cls(
                source=given["source"],
                path=given["path"],
                start=float(given["start"]),
                end=None if given["end"] is None else float(given["end"]),
                stride=int(given["stride"]),
                stream=None if given["stream"] is None else int(given["stream"]),
                save=tuple(given["save"]),
                device=given["device"],
                origins={int(number): str(name) for number, name in given["origins"].items()},
                overwrite=given["overwrite"] is True,
                detections=given["detections"],
                prompts=given["prompts"],
                digest=given["digest"],
                direction=given["direction"],
                skip=tuple((first, last) for first, last in given["skip"]),
                scene_cuts=given["scene_cuts"],
            )
            texts = isinstance(record.source, str) and isinstance(record.device, str)
            known = set(record.save) <= set(FORMATS) and Path(record.path or "").is_absolute()
            files = (record.detections, record.prompts, record.digest)
            texts = texts and all(isinstance(file, str | None) for file in files)
            known = known and record.direction in DIRECTIONS and record.scene_cuts in SCENE_CUTS
            if version != FORMAT or not (texts and known):
                raise ValueError("no record of a job")
        except (OSError, *DAMAGE) as error:
            raise OutputError(
                f"'{path}' is damaged: the job cannot be resumed, track again with overwrite=True"
            ) from error
        return record


def lasting(source: str | Path | int) -> str | None:
    """Return the absolute path of a source; None for a camera, URL or pipe, which ends for good."""
    if isinstance(source, int) or is_camera(source):
        return None
    path = locate_source(source)
    if isinstance(path, str):
        return None
    if source == "-" or path.is_relative_to("/dev"):  # another file or none the next time
        return None
    if path.exists():
        return str(path.absolute()) if path.is_file() or path.is_dir() else None
    if path.is_absolute() or is_numbered(path):
        return str(path.absolute())
    return str(Path(escape(str(Path.cwd())), path))
