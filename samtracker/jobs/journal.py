"""The journal of a job: a line of JSON for every frame, with all that was found in it."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from samtracker.errors import OutputError, VideoError
from samtracker.files import DAMAGE
from samtracker.jobs.scene_cuts import SceneCut
from samtracker.results.names import JOURNAL, RESUME
from samtracker.types import Frame, FrameResult, Mask, Size, State, TrackedObject, mask_box
from samtracker.video.read import VideoFrame, VideoReader


def to_line(
    frame: VideoFrame,
    result: FrameResult,
    prompted: Collection[int] = (),
    absent: Collection[int] = (),
    cut: SceneCut | None = None,
) -> str:
    """Return a frame's result as a line of JSON, and by what the frame is known again.

    Args:
        frame: The frame.
        result: What was found in it.
        prompted: Ids of the objects whose masks the user gave there, where that matters.
        absent: Ids, in the tracker, of the objects that the user said are not there, likewise.
        cut: The cut to another scene before it, likewise.
    """
    objects = [
        {
            "id": item.id,
            "score": item.score,
            "state": item.state.value,
            "name": item.name,
            "mask": _pack(item.mask),
        }
        for item in result.objects
    ]
    line = {
        "index": result.index,
        "timestamp": result.timestamp,
        "frame": frame.index,
        "crc": _crc(frame.image),
        "objects": objects,
        **({"prompted": sorted(prompted)} if prompted else {}),
        **({"absent": sorted(absent)} if absent else {}),
        **({"cut": asdict(cut)} if cut else {}),
    }
    return json.dumps(line)


def restored_frames(
    folder: Path, last: FrameResult, reader: VideoReader, source: str
) -> Iterator[tuple[VideoFrame, FrameResult]]:
    """Yield the frames up to the one the tracker was saved at, and the results they had.

    Args:
        folder: Folder of the interrupted job.
        last: Result of the frame the tracker was saved at.
        reader: Reader at the start of the job's source.
        source: The source as the user named it.

    Raises:
        OutputError: The journal is damaged.
        VideoError: The source is not what it was.
    """
    path = folder / RESUME / JOURNAL
    least = 1  # in the first frame; later ones may have more
    with _reading(path):
        for plain in noted_lines(path, last.index + 1):
            frame = next(reader, None)
            check_same(frame, plain, last.size, source)
            assert frame is not None, "that is checked"
            result = _result(plain, last, least)
            least = len(result.objects)
            yield frame, result


def noted_lines(path: Path, count: int) -> Iterator[dict[str, Any]]:
    """Yield the first lines of a journal.

    Args:
        path: The journal.
        count: How many there are to be.

    Raises:
        OutputError: It has fewer, or is damaged.
    """
    with _reading(path), path.open("rb") as lines:
        for number in range(count):
            plain = json.loads(lines.readline())
            if plain["index"] != number:
                raise ValueError(f"frame {plain['index']} in the place of {number}")
            yield plain


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turn what reading a damaged journal raises into an `OutputError`."""
    try:
        yield
    except (OSError, *DAMAGE) as error:
        raise OutputError(
            f"'{path}' is damaged: the job cannot be resumed, track again with overwrite=True"
        ) from error


def check_same(frame: VideoFrame | None, plain: dict[str, Any], size: Size, source: str) -> None:
    """Check that a frame is the one that was tracked.

    Args:
        frame: The frame; None where the source has ended.
        plain: What its line says.
        size: (H, W) of the frames.
        source: The source as the user named it.

    Raises:
        VideoError: It is not.
    """
    if frame is None or not _shows(frame, plain, size):
        raise VideoError(
            f"'{source}' has changed since the job was interrupted (frame {plain['index']} of the "
            "job): put the old one back, or track the new one from its start"
        )


def from_line(plain: dict[str, Any], size: Size) -> FrameResult:
    """Return the result that a line tells of.

    Args:
        plain: What the line says.
        size: (H, W) of the frames.

    Raises:
        ValueError: It is damaged, as with the others of `samtracker.files.DAMAGE`.
    """
    objects = []
    for item in plain["objects"]:
        mask = _unpack(item["mask"], size)
        objects.append(
            TrackedObject(
                id=int(item["id"]),
                mask=mask,
                box=mask_box(mask),
                score=float(item["score"]),
                state=State(item["state"]),
                name=str(item["name"]),
            )
        )
    time = plain["timestamp"]
    return FrameResult(
        index=int(plain["index"]),
        timestamp=None if time is None else float(time),
        size=size,
        objects=tuple(objects),
    )


def _result(plain: dict[str, Any], like: FrameResult, least: int) -> FrameResult:
    """Read a result with the first of the objects that another one has; a job removes none.

    Args:
        plain: The line.
        like: The other one, of a later frame.
        least: How many objects there are at least.
    """
    result = from_line(plain, like.size)
    count = len(result.objects)
    if not least <= count <= len(like.objects):
        raise ValueError(f"{count} objects")
    for item, other in zip(result.objects, like.objects, strict=False):
        if item.id != other.id:
            raise ValueError(f"no object {item.id}")
    return result


def _shows(frame: VideoFrame, plain: dict[str, Any], size: Size) -> bool:
    """Return whether a frame is the one that was tracked."""
    same = frame.image.shape[:2] == size and frame.index == plain["frame"]
    return same and _crc(frame.image) == plain["crc"]


def _crc(image: Frame) -> int:
    return zlib.crc32(np.ascontiguousarray(image).data)


def _pack(mask: Mask) -> str:
    """Return a mask as text; not in COCO's run lengths, whose decoder trusts what it is given."""
    return base64.b64encode(zlib.compress(np.packbits(mask).tobytes(), 1)).decode("ascii")


def _unpack(text: str, size: Size) -> Mask:
    pixels = size[0] * size[1]
    count = (pixels + 7) // 8
    data = zlib.decompressobj().decompress(base64.b64decode(text, validate=True), count)
    if len(data) != count:
        raise ValueError("a mask of another size")
    bits = np.unpackbits(np.frombuffer(data, np.uint8), count=pixels)
    return bits.astype(np.bool_).reshape(size)
