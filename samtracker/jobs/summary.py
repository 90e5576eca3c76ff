"""What a job did, as numbers."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from samtracker._version import __version__
from samtracker.jobs.outcome import Outcome
from samtracker.peak_memory import peak_memory
from samtracker.tracker import Tracker
from samtracker.video.read import VideoReader


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The end of a job, written to `summary.json`.

    Attributes:
        source: what was tracked.
        size: (H, W) of its frames.
        frames: how many frames have results.
        objects: object id to the number of frames in each state.
        interrupted: whether the user stopped it.
        failed: why it ended early; None if it did not.
        unreadable: damaged frames that were left out.
        truncated: whether the source ended before it should have.
        fps: frames per second of the tracker alone at the median step ("p50") and at the 95th
            percentile of the step's time ("p95"); None before the second frame.
        peak_memory_mb: largest resident memory of the process, and of the GPU where there is one.
        device: cuda, mps or cpu.
        precision: of the network.
        encoder: of the network.
        weights: name of the file.
        weights_sha256: of the weight file.
        memory: see `TrackerConfig`.
        first_mask: what the first masks came from, by object id.
        version: of samtracker.
    """

    source: str
    size: tuple[int, int]
    frames: int
    objects: dict[int, dict[str, int]]
    interrupted: bool
    failed: str | None
    unreadable: int
    truncated: bool
    fps: dict[str, float | None]
    peak_memory_mb: dict[str, int]
    device: str
    precision: str
    encoder: str
    weights: str
    weights_sha256: str
    memory: str
    first_mask: dict[int, str]
    version: str

    def to_json(self) -> str:
        """As indented JSON."""
        return json.dumps(asdict(self), indent=2)


def summarise(
    tracker: Tracker, reader: VideoReader, outcome: Outcome, origins: dict[int, str], source: str
) -> Summary:
    """Sum up a job.

    Args:
        tracker: as it is at the end.
        reader: likewise.
        outcome: of the job.
        origins: what the first masks came from, by object id.
        source: as the user named it.
    """
    runtime, network, tally = tracker.runtime, tracker.runtime.network, outcome.tally
    return Summary(
        source=source,
        size=reader.info.size,
        frames=tally.frames,
        objects=tally.objects,
        interrupted=outcome.interrupted,
        failed=str(outcome.failure) if outcome.failure else None,
        unreadable=reader.unreadable,
        truncated=reader.truncated,
        fps=tally.fps,
        peak_memory_mb=peak_memory(),
        device=runtime.device.type,
        precision=str(runtime.precision).removeprefix("torch."),
        encoder=network.config.encoder,
        weights=network.file.name if network.file else "none",
        weights_sha256=network.digest or "none",
        memory=tracker.config.memory,
        first_mask=origins,
        version=__version__,
    )
