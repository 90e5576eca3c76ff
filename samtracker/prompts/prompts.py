"""From a prompt (a mask, a box or clicks) to the first masks of objects."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from numbers import Integral
from os import PathLike
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from samtracker.backends.runtime import EncodedFrame, Runtime
from samtracker.errors import PromptError
from samtracker.prompts.first_objects import check_count
from samtracker.prompts.grabcut import grabcut
from samtracker.prompts.mask_formats import parse_mask
from samtracker.prompts.pointing import find
from samtracker.prompts.variety import varied
from samtracker.types import Box, Candidate, Mask, Prompt, Size

Points = Sequence[tuple[float, float] | tuple[float, float, int]]
"""Clicks as (x, y) in pixels, or (x, y, label) with label 1 for the object, 0 for background."""

MIN_AREA = 16
"""Least area in pixels of a mask that can be tracked."""

CANDIDATES: Final = 3
"""Masks that a box or clicks may mean, at most, as with SAM."""


def first_masks(
    runtime: Runtime,
    frame: EncodedFrame,
    *,
    mask: ArrayLike | Mapping[int, Mask] | None = None,
    box: Box | None = None,
    points: Points | None = None,
    prior: Mask | None = None,
    limit: int | None = None,
) -> dict[int, Mask]:
    """Turn the one prompt that is given into masks.

    The network's prompt encoder reads a box or clicks; for one that only tracks, GrabCut does.

    Args:
        runtime: Network that encoded the frame.
        frame: Encoded frame that the prompt belongs to.
        mask: One object or more in any form that `parse_mask` reads, or masks by object id.
        box: (x1, y1, x2, y2) in pixels, x2 and y2 exclusive; what leaves the frame is cut off.
        points: Clicks inside the frame, at least one of them on the object.
        prior: Mask of the object so far, bool (H, W), which clicks correct near them but with
            SAM's encoders; all of these may then be background.
        limit: How many objects there may be; None for any number.

    Returns:
        Object id to bool (H, W); a box or clicks give object 1.

    Raises:
        PromptError: Not exactly one of mask, box and points is given, or it shows no object or too
            many.
    """
    given = [n for n, v in (("mask", mask), ("box", box), ("points", points)) if v is not None]
    if len(given) != 1:
        raise PromptError(
            f"give exactly one of mask, box and points (given: {', '.join(given) or 'none'})"
        )
    size = frame.transform.frame
    if isinstance(mask, str | PathLike):
        raise PromptError(
            f"mask={mask!r} is a path: give an array, as np.asarray(Image.open(path))"
        )
    if isinstance(mask, Mapping):
        if not mask:
            raise PromptError("mask={} has no object: give at least one mask by object id")
        check_count(len(mask), limit)
        return {
            i: single_mask(parse_mask(_array(m), size, name=f"mask[{reprlib.repr(i)}]"))
            for i, m in mask.items()
        }
    if mask is not None:
        return parse_mask(_array(mask), size, limit=limit)
    found = find_candidates(runtime, frame, box=box, points=points, prior=prior)
    return {1: next(found).mask}


def find_candidates(
    runtime: Runtime,
    frame: EncodedFrame,
    *,
    box: Box | None = None,
    points: Points | None = None,
    prior: ArrayLike | None = None,
    limit: int = CANDIDATES,
) -> Iterator[Candidate]:
    """Find what a box or clicks may mean, the likeliest mask first.

    Args:
        runtime: See `first_masks`, likewise the others.
        frame: Encoded frame.
        box: Box.
        points: Clicks.
        prior: Mask of the object so far.
        limit: Most masks to find, from 1 to `CANDIDATES`.

    Returns:
        At least one mask, each computed when it is asked for.

    Raises:
        PromptError: Not exactly one of box and points is given, it shows no object, or the limit
            is another number.
        OutOfMemoryError: The device has no memory left for it.
    """
    if (box is None) == (points is None):
        raise PromptError(
            f"give exactly one of box and points (given: {'none' if box is None else 'both'})"
        )
    wanted: object = limit
    if not isinstance(wanted, Integral) or not 1 <= int(wanted) <= CANDIDATES:
        raise PromptError(f"limit={limit!r} does not fit: give 1 to {CANDIDATES}")
    method = prompt_method(runtime)
    size = frame.transform.frame
    before = None if prior is None else single_mask(parse_mask(np.asarray(prior), size))
    if box is not None:
        prompt = Prompt(box=_checked_box(box, size))
    else:
        corrects = before is not None and method != "sam"
        given = () if points is None else points
        prompt = Prompt(points=_checked_points(given, size, corrects=corrects))
    found: Iterable[Candidate]
    match method:
        case "sam":
            found = runtime.prompt(frame, prompt)
        case "lite":
            found = find(runtime, frame.image, prompt, before)
        case "grabcut":
            found = [Candidate(mask=grabcut(frame.image, prompt, before), score=None)]
    seen = varied(item for item in found if np.count_nonzero(item.mask) >= MIN_AREA)
    first = next(seen, None)
    if first is None:
        raise PromptError(
            f"no object was found at {prompt.box or prompt.points}: "
            "give a tighter box, more clicks or a mask"
        )
    return chain([first], islice(seen, int(limit) - 1))


def single_mask(masks: Mapping[int, Mask]) -> Mask:
    """Return the mask of the only object.

    Raises:
        PromptError: There are several objects.
    """
    if len(masks) > 1:
        raise PromptError(f"the mask shows {len(masks)} objects: give a mask of one object")
    return next(iter(masks.values()))


def prompt_method(runtime: Runtime) -> Literal["sam", "lite", "grabcut"]:
    """Name what reads a box or clicks: SAM's prompter, that of lite, or GrabCut without one."""
    if runtime.network.prompter is None:
        return "grabcut"
    return "sam" if runtime.network.own_prompter is None else "lite"


def _array(mask: ArrayLike) -> NDArray[Any]:
    try:
        return np.asarray(mask)
    except (ArithmeticError, TypeError, ValueError) as error:
        raise PromptError(f"mask is no array: give (H, W) with object ids ({error})") from error


def _checked_box(box: Box, size: Size) -> Box:
    height, width = size
    try:
        if isinstance(box, str | bytes):
            raise TypeError
        x1, y1, x2, y2 = (float(side) for side in box)
    except (TypeError, ValueError, OverflowError):
        raise PromptError(
            f"box={reprlib.repr(box)} is no box: give (x1, y1, x2, y2) in pixels"
        ) from None
    # Written so that NaN fails too.
    if not (x2 - x1 >= 1 and y2 - y1 >= 1):
        raise PromptError(f"box={box} is empty: give x1,y1,x2,y2 with x1 < x2 and y1 < y2")
    if not (x1 < width and y1 < height and x2 > 0 and y2 > 0):
        raise PromptError(f"box={box} lies outside the {width}x{height} frame")
    return max(x1, 0), max(y1, 0), min(x2, width), min(y2, height)


def _checked_points(
    points: Points, size: Size, *, corrects: bool
) -> tuple[tuple[float, float, int], ...]:
    """Give every click a label; all may be background where they correct a mask."""
    height, width = size
    try:
        listed = list(points)  # a generator gives them once
        if any(isinstance(point, str | bytes) for point in listed):
            raise TypeError
        given = [(*point, 1)[:3] for point in listed]
        clicks = tuple((float(x), float(y), float(label)) for x, y, label in given)
    except (TypeError, ValueError, OverflowError):
        clicked = reprlib.repr(points)
        raise PromptError(
            f"points={clicked} are no clicks: give [(x, y), ...] or [(x, y, label), ...]"
        ) from None
    for x, y, label in clicks:
        if not (0 <= x < width and 0 <= y < height):
            raise PromptError(f"point {x:g},{y:g} lies outside the {width}x{height} frame")
        if label not in (0, 1):
            choice = "use 1 (object) or 0 (background)"
            raise PromptError(f"point {x:g},{y:g} has label {label:g}: {choice}")
    if not (clicks and corrects) and not any(label for *_, label in clicks):
        raise PromptError("points need at least one click on the object (label 1)")
    return tuple((x, y, int(label)) for x, y, label in clicks)
