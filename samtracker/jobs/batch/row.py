"""What came of a video of a batch: a row of its table and of batch.json."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self


class Status(StrEnum):
    """How far a video is.

    Attributes:
        WAITING: Nobody has begun with it, or what was begun was killed.
        STOPPED: The user stopped it; it goes on from there.
        FAILED: It could not be tracked to its end.
        CUT_OFF: All that can be read was tracked; the file ends too early.
        DONE: It was tracked to its end.
    """

    WAITING = "waiting"
    STOPPED = "stopped"
    FAILED = "failed"
    CUT_OFF = "cut off"
    DONE = "done"

    @property
    def is_final(self) -> bool:
        """Whether there is nothing more to do."""
        return self in (Status.DONE, Status.CUT_OFF)


@dataclass(frozen=True, kw_only=True)
class BatchRow:
    """What came of a video.

    Attributes:
        name: See `BatchVideo`.
        source: Absolute path or URL of the video.
        inputs: Text that changes when the video or its prompts do.
        status: How far it is.
        attempts: How often it was begun with.
        frames: Number of frames that have results.
        seconds: How long the last attempt took.
        fps: Frames per second of the tracker alone, see `Summary`.
        objects: Object id to the number of frames in each state.
        anew: Whether the results that there are must not be gone on with: they are of a video or
            prompts that are others now, or are to be replaced.
        error: What went wrong, in one line; None if nothing did.
        warnings: What is doubtful of the last attempt, a line each.
        host: Machine on which it was tracked.
    """

    name: str
    source: str
    inputs: str
    status: Status = Status.WAITING
    attempts: int = 0
    frames: int = 0
    seconds: float | None = None
    fps: dict[str, float | None] = field(default_factory=dict)
    objects: dict[str, dict[str, int]] = field(default_factory=dict)
    anew: bool = False
    error: str | None = None
    warnings: list[str] = field(default_factory=list)
    host: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Read what `to_dict` returned.

        Raises:
            Exception: It is none; of `samtracker.files.DAMAGE`.
        """
        return cls(**{**data, "status": Status(data["status"])})
