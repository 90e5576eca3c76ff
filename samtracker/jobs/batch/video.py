"""A video of a batch, and what is tracked in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from samtracker.errors import ConfigError
from samtracker.results.names import BATCH_HTML, BATCH_JSON, THUMBNAILS
from samtracker.types import Box

_NAME = re.compile(r"[\w][\w .,()\[\]+-]*")


@dataclass(frozen=True, kw_only=True)
class BatchVideo:
    """A video of a batch, and what is tracked in it.

    Attributes:
        name: What its results are called; no other video of the batch is called so.
        source: Path, pattern or URL, see `read_frames`; or a URL of fsspec, as `s3://bucket/a.mp4`.
        prompts: Path or URL of a file with the first masks, or with prompts; None for none.
        boxes: See `FirstPrompts`.
        points: See `FirstPrompts`.

    Raises:
        ConfigError: No folder can be called so.
    """

    name: str
    source: str
    prompts: str | None = None
    boxes: tuple[Box, ...] = ()
    points: tuple[tuple[tuple[float, float, int], ...], ...] = ()

    def __post_init__(self) -> None:
        reserved = self.name in (BATCH_JSON, BATCH_HTML, THUMBNAILS)
        if reserved or not _NAME.fullmatch(self.name) or self.name.endswith("."):
            raise ConfigError(
                f"video '{self.source}' cannot be called {self.name!r}: give it another name, of "
                "letters, digits, - and _, in a manifest"
            )


def name_of(source: str) -> str:
    """Return what the results of a video are called that has no name of its own.

    >>> name_of("clips/my cat.mp4"), name_of("s3://bucket/day1/"), name_of("frames/%04d.png")
    ('my_cat', 'day1', '04d')
    """
    stem = PurePosixPath(source.replace("\\", "/").rstrip("/")).stem
    return re.sub(r"[^\w.-]+", "_", stem).strip("_.") or "video"
