"""A file of prompts on any number of objects in any frames: JSON, see docs/formats.md."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral, Real
from os import PathLike
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import ArrayLike

from samtracker.errors import PromptError
from samtracker.files import DAMAGE, file_sha256, write_text
from samtracker.masks.run_lengths import decode, encode
from samtracker.prompts.mask_formats import parse_mask
from samtracker.types import Box, Mask, Size

FORMAT: Final = "samtracker-prompts-1"
PROJECT: Final = "samtracker-project-1"
"""A file of prompts that also says what they are for; see `samtracker.prompts.project_file`."""

LARGEST_ID: Final = 65535
"""Largest id of an object."""

_KINDS: Final = ("mask", "box", "points", "rle", "absent")


@dataclass(frozen=True, kw_only=True)
class Place:
    """A frame of a source, one of the two.

    Attributes:
        frame: Its number in the source, from 0.
        time: Seconds; the first frame from then on.

    Raises:
        PromptError: Not exactly one of them is given, or it is before the first frame.
    """

    frame: int | None = None
    time: float | None = None

    def __post_init__(self) -> None:
        frame: Any = self.frame
        time: Any = self.time
        if (frame is None) == (time is None):
            raise PromptError(f"Place(frame={frame!r}, time={time!r}): give one of the two")
        if frame is not None:
            if not (isinstance(frame, Integral) and int(frame) >= 0):
                raise PromptError(f"frame={frame!r} is no whole number from 0 on")
            object.__setattr__(self, "frame", int(frame))
        elif not (isinstance(time, Real) and 0 <= float(time) < math.inf):
            raise PromptError(f"time={time!r} is no number of seconds from 0 on")

    def is_reached(self, index: int, time: float) -> bool:
        """Return whether a frame is that one or a later one."""
        if self.frame is not None:
            return index >= self.frame
        return self.time is not None and time >= self.time

    def is_before(self, index: int, time: float) -> bool:
        """Return whether it lies before a frame that is not the first of its source."""
        if self.frame is not None:
            return index > self.frame
        return self.time is not None and index > 0 and time > self.time

    def __str__(self) -> str:
        return f"{self.time:g} s" if self.frame is None else f"frame {self.frame}"


@dataclass(frozen=True, kw_only=True)
class PlacedPrompt:
    """What is said of an object in a frame: exactly one of mask, rle, box, points and absent.

    Attributes:
        place: Where it holds.
        mask: Picture or annotation file that shows one object; or, not from a file, an array that
            does, of the size of the frames, in any form that `parse_mask` reads.
        rle: A mask that is in the file itself, as COCO's run lengths.
        box: X1, y1, x2, y2 in pixels.
        points: Clicks (x, y, label).
        absent: True if it is not there from this frame on, up to its next prompt; False if it may
            be there again, and is looked for.

    Raises:
        PromptError: Not exactly one of them is given.
    """

    place: Place
    mask: Path | ArrayLike | None = None
    rle: Mapping[str, Any] | None = None
    box: Box | None = None
    points: tuple[tuple[float, float, int], ...] | None = None
    absent: bool | None = None

    def __post_init__(self) -> None:
        given = [name for name in _KINDS if getattr(self, name) is not None]
        if len(given) != 1:
            raise PromptError(
                f"give exactly one of {', '.join(_KINDS)} at {self.place} "
                f"(given: {', '.join(given) or 'none'})"
            )

    @property
    def kind(self) -> str:
        """Whether it is a mask, a box or clicks, of an object that is shown."""
        if self.mask is not None or self.rle is not None:
            return "mask"
        return "points" if self.box is None else "box"

    def pixels(self, size: Size) -> Mask:
        """Return the mask that is in the file itself.

        Args:
            size: (H, W) that it must have.

        Raises:
            PromptError: It is damaged, or has another size.
        """
        assert self.rle is not None, "it has one"
        try:
            if tuple(self.rle["size"]) == size:
                return decode(dict(self.rle))
            reason = f"has another size than the video, {size[1]}x{size[0]}"
        except DAMAGE as error:
            reason = f"is damaged ({error})"
        raise PromptError(f"a mask at {self.place} {reason}: give that of this video")

    def to_plain(self) -> dict[str, Any]:
        """Return it as a file has it: masks that come from none as run lengths.

        Raises:
            PromptError: An array is no mask, or not of one object.
        """
        path, rle = None, self.rle
        if isinstance(self.mask, str | PathLike):
            path = str(Path(self.mask).absolute())
        elif self.mask is not None:
            rle = encode(_one_mask(self.mask, self.place))
        points = None if self.points is None else [_click(*point) for point in self.points]
        plain = {
            "frame": self.place.frame,
            "time": self.place.time,
            "mask": path,
            "rle": rle,
            "box": None if self.box is None else _box(self.box),
            "points": points,
            "absent": self.absent,
        }
        return {key: value for key, value in plain.items() if value is not None}


@dataclass(frozen=True, kw_only=True)
class PromptedObject:
    """An object and where it is shown.

    Attributes:
        id: Its id in the results; None for the next one. Objects that start later have larger ids.
        name: Empty without.
        prompts: At least one; the first in time starts it, the others correct it, or say where it
            is absent. If they are placed by frames and by times, they are in their order.

    Raises:
        PromptError: There is none, or the first one says that it is absent.
    """

    name: str
    prompts: tuple[PlacedPrompt, ...]
    id: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "prompts", tuple(self.prompts))
        if not self.prompts:
            raise PromptError(f"an object has no prompts{_called(self.name)}: give at least one")
        first = self.in_time[0]
        if first.absent is not None:
            raise PromptError(
                f"an object begins with its absence, at {first.place}{_called(self.name)}: "
                "show it before"
            )

    @property
    def shown(self) -> tuple[PlacedPrompt, ...]:
        """The prompts that show it, in their order."""
        return tuple(prompt for prompt in self.in_time if prompt.absent is None)

    @cached_property
    def in_time(self) -> tuple[PlacedPrompt, ...]:
        """The prompts in their order; asked for in every frame."""
        places = [prompt.place for prompt in self.prompts]
        if len({place.frame is None for place in places}) > 1:
            return self.prompts
        return tuple(sorted(self.prompts, key=_order))

    def is_absent(self, index: int, time: float) -> bool:
        """Return whether it is said not to be in a frame, by the frame's number and time."""
        reached = (p.absent for p in reversed(self.in_time) if p.place.is_reached(index, time))
        return next(reached, None) is True


@dataclass(frozen=True, kw_only=True)
class PromptsFile:
    """What a file of prompts says.

    Attributes:
        path: The file.
        objects: In its order.

    Raises:
        PromptError: The ids of objects do not rise as they start.
    """

    path: Path
    objects: tuple[PromptedObject, ...]

    def __post_init__(self) -> None:
        _check_ids(self.objects)

    @classmethod
    def is_at(cls, path: Path) -> bool:
        """Return whether a file says that it is one, of whatever version."""
        try:
            data = json.loads(path.read_text("utf-8-sig"))
            return str(data["format"]).startswith("samtracker-")
        except (OSError, *DAMAGE):
            return False

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file; paths of masks in it are meant from its folder.

        Raises:
            PromptError: It cannot be read, or is not what docs/formats.md says.
        """
        try:
            data = json.loads(path.read_text("utf-8-sig"))
            if data["format"] not in (FORMAT, PROJECT):
                raise ValueError(f"its format is not {FORMAT}")
            objects = tuple(_object(item, path.parent) for item in data["objects"])
            if not objects:
                raise ValueError("it has no objects")
            return cls(path=path, objects=objects)
        except (OSError, PromptError, *DAMAGE) as error:
            reason = f"no {error}" if isinstance(error, KeyError) else str(error)
            reason = error.strerror or reason if isinstance(error, OSError) else reason
            raise PromptError(
                f"prompts '{path}' cannot be read ({reason[:150]}): docs/formats.md has the format"
            ) from error

    def write(self) -> None:
        """Write the file; masks that are arrays will be in it, others are named.

        Raises:
            OutputError: It cannot be written.
        """
        objects = [
            {
                **({"id": item.id} if item.id else {}),
                **({"name": item.name} if item.name else {}),
                "prompts": [prompt.to_plain() for prompt in item.prompts],
            }
            for item in self.objects
        ]
        write_text(self.path, json.dumps({"format": FORMAT, "objects": objects}, indent=1))

    def digest(self) -> str:
        """Return a checksum of the file and of the masks that it names.

        Raises:
            PromptError: One of them cannot be read.
        """
        prompts = [prompt for item in self.objects for prompt in item.prompts]
        masks = [prompt.mask for prompt in prompts if isinstance(prompt.mask, Path)]
        try:
            sums = [file_sha256(path) for path in (self.path, *masks)]
        except OSError as error:
            raise PromptError(f"'{error.filename}' cannot be read ({error.strerror})") from error
        return hashlib.sha256("".join(sums).encode("ascii")).hexdigest()


def _object(data: dict[str, Any], folder: Path) -> PromptedObject:
    _check_keys(data, {"id", "name", "prompts", "states"})
    prompts = tuple(_prompt(item, folder) for item in data["prompts"])
    number = data.get("id")
    if number is not None and not (isinstance(number, int) and 1 <= number <= LARGEST_ID):
        raise ValueError(f"id {json.dumps(number)[:20]} is no whole number from 1 to {LARGEST_ID}")
    return PromptedObject(id=number, name=str(data.get("name", "")), prompts=prompts)


def _check_ids(objects: Sequence[PromptedObject]) -> None:
    """Check that ids rise as objects start; of places of both kinds only the tracker can tell."""
    firsts = [item.in_time[0].place for item in objects]
    if len({place.frame is None for place in firsts}) > 1:
        return
    last = 0
    for item in sorted(objects, key=lambda item: _order(item.in_time[0])):
        number = last + 1 if item.id is None else item.id
        if number <= last:
            raise PromptError(f"id {number} is not above {last}, of an object that starts before")
        last = number


def _called(name: str) -> str:
    return f" ('{name}')" if name else ""


def _one_mask(mask: ArrayLike, place: Place) -> Mask:
    name = f"the mask at {place}"
    try:
        array = np.asarray(mask)
    except (ArithmeticError, TypeError, ValueError) as error:
        raise PromptError(f"{name} is no array: give (H, W) ({error})") from error
    masks = parse_mask(array, (*array.shape, 1, 1)[:2], name=name)
    if len(masks) > 1:
        raise PromptError(
            f"{name} shows {len(masks)} objects: give each a PromptedObject of its own"
        )
    return next(iter(masks.values()))


def _order(prompt: PlacedPrompt) -> float:
    """Return what rises with the place, of prompts that are placed alike."""
    return prompt.place.frame or prompt.place.time or 0


def _prompt(data: dict[str, Any], folder: Path) -> PlacedPrompt:
    _check_keys(data, {"frame", "time", "shown", *_KINDS})
    if len(data.keys() & set(_KINDS)) != 1:
        raise ValueError(f"{json.dumps(data)[:60]} has not exactly one of {', '.join(_KINDS)}")
    mask, box, points, rle, absent = (data.get(key) for key in _KINDS)
    if not isinstance(absent, bool | None):
        raise ValueError(f"absent {json.dumps(absent)[:20]} is neither true nor false")
    return PlacedPrompt(
        place=_place(data),
        mask=None if mask is None else folder / str(mask),
        rle=rle,
        box=None if box is None else _box(box),
        points=None if points is None else tuple(_click(*point) for point in points),
        absent=absent,
    )


def _place(data: dict[str, Any]) -> Place:
    if ("frame" in data) == ("time" in data):
        raise ValueError(f"{json.dumps(data)[:60]} has not exactly one of frame and time")
    if "time" in data:
        time = float(data["time"])
        if not 0 <= time < math.inf:
            raise ValueError(f"time {time:g} is not from 0 on")
        return Place(time=time)
    frame = data["frame"]
    if not isinstance(frame, int) or frame < 0:
        raise ValueError(f"frame {frame} is no whole number from 0 on")
    return Place(frame=frame)


def _box(given: Any) -> Box:
    x1, y1, x2, y2 = (float(side) for side in given)
    return x1, y1, x2, y2


def _click(x: float, y: float, label: int = 1) -> tuple[float, float, int]:
    return float(x), float(y), int(label)


def _check_keys(data: dict[str, Any], known: set[str]) -> None:
    """Check that nothing is asked for that would silently not be done."""
    for key in data:
        if key not in known:
            raise ValueError(f"'{key}' is unknown: there are {', '.join(sorted(known))}")
