"""What a job did, as numbers."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

import torch

from samtracker._version import __version__
from samtracker.jobs.record import JobRecord
from samtracker.jobs.scene_cuts import SceneCut
from samtracker.jobs.track_frames import Ending
from samtracker.peak_memory import peak_memory
from samtracker.tracker import Tracker
from samtracker.video.read import ReadState, VideoInfo
from samtracker.video.selection import to_text


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The end of a job, written to `summary.json`.

    Attributes:
        source: What was tracked, as the user named it.
        size: (H, W) of its frames.
        frames: Number of frames that have results.
        objects: Object id to the number of frames in each state.
        names: Object id to the name, of those that have one.
        interrupted: Whether the user stopped it.
        failed: Why it ended early; None if it did not.
        unreadable: Number of damaged frames that were left out.
        truncated: Whether the source ended before it should have.
        notes: What had to be chosen to read it, in words.
        stream: Number of the video stream that was read; None where there is no choice.
        sample_aspect_ratio: Width of a pixel, as players show it, over its height, as "64/45".
        fps: Frames per second of the tracker alone, see `Tally.fps`.
        peak_memory_mb: Largest resident memory of the process in MB, and of the GPU where there is
            one.
        device: Where the network ran: cuda, mps or cpu.
        precision: Number format of the network.
        backend: What computed most of it, of `samtracker.config.BACKENDS`.
        threads: Number of threads that torch computed with on the CPU.
        encoder: Encoder of the network.
        weights: Name of the weight file.
        weights_sha256: Its sha256, in hexadecimal.
        memory: See `TrackerConfig`.
        first_mask: What the first masks were made from, by object id.
        scene_cuts: Cuts to another scene that were found: "frame" and "time" of the first frame
            behind each, and whether the job "stopped" there.
        skip: Ranges that were left out, "100-200" in frames and "4s-6.5s" in seconds.
        version: Version of samtracker.
    """

    source: str
    size: tuple[int, int]
    frames: int
    objects: dict[int, dict[str, int]]
    names: dict[int, str]
    interrupted: bool
    failed: str | None
    unreadable: int
    truncated: bool
    notes: tuple[str, ...]
    stream: int | None
    sample_aspect_ratio: str
    fps: dict[str, float | None]
    peak_memory_mb: dict[str, int]
    device: str
    precision: str
    backend: str
    threads: int
    encoder: str
    weights: str
    weights_sha256: str
    memory: str
    first_mask: dict[int, str]
    scene_cuts: tuple[SceneCut, ...]
    skip: tuple[str, ...]
    version: str

    def to_json(self) -> str:
        """Return it as indented JSON."""
        return json.dumps(asdict(self), indent=2)


def summarize(
    tracker: Tracker,
    info: VideoInfo,
    read: ReadState,
    ending: Ending,
    record: JobRecord,
) -> Summary:
    """Sum up a job.

    Args:
        tracker: The tracker, as it is at the end.
        info: What was known of the source before.
        read: What was found while it was read.
        ending: How the job ended.
        record: What was done, with the origins of all objects.
    """
    runtime, network, tally = tracker.runtime, tracker.runtime.network, ending.tally
    return Summary(
        source=record.source,
        size=info.size,
        frames=tally.frames,
        objects=tally.objects,
        names=dict(sorted(tally.names.items())),
        interrupted=ending.interrupted,
        failed=str(ending.failure) if ending.failure else None,
        unreadable=read.unreadable,
        truncated=read.truncated,
        notes=read.notes,
        stream=info.stream,
        sample_aspect_ratio=str(info.sample_aspect_ratio),
        fps=tally.fps,
        peak_memory_mb=peak_memory(),
        device=runtime.device.type,
        precision=runtime.precision_name,
        backend=runtime.backend.name,
        threads=torch.get_num_threads(),
        encoder=network.config.encoder,
        weights=network.file.name if network.file else "none",
        weights_sha256=network.digest or "none",
        memory=tracker.config.memory,
        first_mask=record.origins,
        scene_cuts=tuple(ending.cuts),
        skip=tuple(map(to_text, record.skip)),
        version=__version__,
    )
