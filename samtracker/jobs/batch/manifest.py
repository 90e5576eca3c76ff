"""A manifest: the videos of a batch as JSON lines, see docs/batch.md."""

from __future__ import annotations

import json
import math
import reprlib
from collections.abc import Callable, Iterator
from typing import Any, Final

from samtracker.errors import ConfigError
from samtracker.files import DAMAGE
from samtracker.jobs.batch.storage import join, read_text
from samtracker.jobs.batch.video import BatchVideo, name_of
from samtracker.types import Box

SUFFIXES: Final = (".jsonl", ".ndjson")
"""Endings by which a manifest is told from a video."""

_KEYS: Final = {"video", "name", "prompts", "boxes", "points"}


def read_manifest(location: str) -> Iterator[BatchVideo]:
    """Read the videos of a manifest; paths in it are meant from its folder.

    Args:
        location: Path or URL.

    Raises:
        ConfigError: A line is not what docs/batch.md says.
        VideoError: The file cannot be read.
    """
    folder = location.rstrip("/").rpartition("/")[0] if "/" in location else "."
    try:
        lines = read_text(location).splitlines()
    except UnicodeError as error:
        raise ConfigError(f"manifest '{location}' is no text: give JSON lines") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield _video(json.loads(line), folder)
        except (ConfigError, *DAMAGE) as error:
            reason = f"no {error}" if isinstance(error, KeyError) else error
            raise ConfigError(
                f"manifest '{location}', line {number}: {reason}; docs/batch.md has the format"
            ) from error


def _video(data: Any, folder: str) -> BatchVideo:
    if not isinstance(data, dict):
        raise ValueError(f'{reprlib.repr(data)} is no video: give {{"video": "a.mp4"}} a line')
    for key in data:
        if key not in _KEYS:
            raise ValueError(f"'{key}' is unknown: there are {', '.join(sorted(_KEYS))}")
    source = join(folder, str(data["video"]))
    prompts = data.get("prompts")
    boxes, points = data.get("boxes", []), data.get("points", [])
    if not _is_list(boxes, lambda box: _are_numbers(box, 4, 4)):
        raise ValueError(
            f"boxes={reprlib.repr(boxes)} does not fit: "
            "give a box for each object, as [[10, 20, 110, 220]]"
        )
    if not _is_list(points, lambda item: _is_list(item, lambda click: _are_numbers(click, 2, 3))):
        raise ValueError(
            f"points={reprlib.repr(points)} does not fit: "
            "give a list of clicks for each object, as [[[100, 80], [20, 20, 0]]]"
        )
    return BatchVideo(
        name=str(data.get("name", name_of(source))),
        source=source,
        prompts=None if prompts is None else join(folder, str(prompts)),
        boxes=tuple(_box(*box) for box in boxes),
        points=tuple(tuple(_click(*click) for click in item) for item in points),
    )


def _is_list(value: object, fits: Callable[[Any], bool]) -> bool:
    return isinstance(value, list) and all(map(fits, value))


def _are_numbers(value: object, least: int, most: int) -> bool:
    """Whether JSON is a list of so many numbers."""
    return (
        isinstance(value, list)
        and least <= len(value) <= most
        and all(isinstance(item, int | float) and not math.isnan(item) for item in value)
    )


def _box(x1: float, y1: float, x2: float, y2: float) -> Box:
    return float(x1), float(y1), float(x2), float(y2)


def _click(x: float, y: float, label: int = 1) -> tuple[float, float, int]:
    return float(x), float(y), int(label)
