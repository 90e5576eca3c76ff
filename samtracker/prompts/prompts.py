"""From what a user points at to a first mask."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Literal

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from samtracker.errors import PromptError
from samtracker.model.runtime import EncodedFrame, Runtime
from samtracker.prompts.mask_formats import parse_mask
from samtracker.types import Box, Frame, Mask, Prompt, Size

_INSIDE = (cv2.GC_FGD, cv2.GC_PR_FGD)

Points = Sequence[tuple[float, float] | tuple[float, float, int]]
"""Clicks x, y on an object, or x, y, label where label 0 is background."""

SEED = 0
"""GrabCut seeds its colour models at random; the same prompt shall give the same mask."""

ITERATIONS = 5

CUT_SIDE = 400
"""Pixels a side that GrabCut sees at most; on a whole large frame it takes seconds."""

SURROUNDINGS = 0.5
"""Context around a box that GrabCut sees, as a share of the box's longer side."""

CLICK_RADIUS = 0.015
"""Radius of what a click is sure of, as a share of the frame's short side."""

CLICK_REACH = 0.2
"""Radius around a click where its object probably is, likewise."""

ERASER = 0.4
"""Radius around a click on the background where a mask that it corrects is in doubt, as a share of
that mask's mean side; `CLICK_REACH` at most."""

MIN_AREA = 16
"""Pixels; a smaller mask cannot be tracked."""


def first_masks(
    runtime: Runtime,
    frame: EncodedFrame,
    *,
    mask: ArrayLike | Mapping[int, Mask] | None = None,
    box: Box | None = None,
    points: Points | None = None,
    prior: Mask | None = None,
) -> dict[int, Mask]:
    """What the user points at, as masks by object id; a box or clicks give object 1.

    With SAM's encoders the checkpoint's prompt encoder reads a box or clicks, with lite GrabCut.
    There clicks correct a `prior`, the mask that the tracker has of the object.

    Raises:
        PromptError: not exactly one of mask, box and points, or one that shows no object.
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
        return {i: single_mask(parse_mask(np.asarray(m), size)) for i, m in mask.items()}
    if mask is not None:
        return parse_mask(np.asarray(mask), size)
    sam = prompt_method(runtime) == "sam"
    if box is not None:
        prompt = Prompt(box=_checked_box(box, size))
    else:
        given_points = () if points is None else points
        corrects = prior is not None and not sam
        prompt = Prompt(points=_checked_points(given_points, size, corrects=corrects))
    found = runtime.prompt(frame, prompt) if sam else grabcut(frame.image, prompt, prior)
    if np.count_nonzero(found) < MIN_AREA:
        raise PromptError(
            f"no object was found at {prompt.box or prompt.points}: "
            "give a tighter box, more clicks or a mask"
        )
    return {1: found}


def single_mask(masks: Mapping[int, Mask]) -> Mask:
    """The mask of the only object.

    Raises:
        PromptError: there are several.
    """
    if len(masks) > 1:
        raise PromptError(f"the mask shows {len(masks)} objects: give a mask of one object")
    return next(iter(masks.values()))


def prompt_method(runtime: Runtime) -> Literal["sam", "grabcut"]:
    """What reads a box or clicks: SAM's prompt encoder, or GrabCut where there is none."""
    return "grabcut" if runtime.network.prompter is None else "sam"


def _checked_box(box: Box, size: Size) -> Box:
    height, width = size
    try:
        x1, y1, x2, y2 = (float(side) for side in box)
    except (TypeError, ValueError):
        raise PromptError(f"box={box!r} is no box: give (x1, y1, x2, y2) in pixels") from None
    # Written so that NaN fails too.
    if not (x2 - x1 >= 1 and y2 - y1 >= 1):
        raise PromptError(f"box={box} is empty: give x1,y1,x2,y2 with x1 < x2 and y1 < y2")
    if not (x1 < width and y1 < height and x2 > 0 and y2 > 0):
        raise PromptError(f"box={box} lies outside the {width}x{height} frame")
    return max(x1, 0), max(y1, 0), min(x2, width), min(y2, height)


def _checked_points(
    points: Points, size: Size, *, corrects: bool
) -> tuple[tuple[float, float, int], ...]:
    """Clicks with labels; all may be background where they correct a mask."""
    height, width = size
    try:
        given = [(*point, 1)[:3] for point in points]
        clicks = tuple((float(x), float(y), label) for x, y, label in given)
    except (TypeError, ValueError):
        raise PromptError(
            f"points={points!r} are no clicks: give [(x, y), ...] or [(x, y, label), ...]"
        ) from None
    for x, y, label in clicks:
        if not (0 <= x < width and 0 <= y < height):
            raise PromptError(f"point {x:g},{y:g} lies outside the {width}x{height} frame")
        if label not in (0, 1):
            choice = "use 1 (object) or 0 (background)"
            raise PromptError(f"point {x:g},{y:g} has label {label}: {choice}")
    if not (clicks and corrects) and not any(label for *_, label in clicks):
        raise PromptError("points need at least one click on the object (label 1)")
    return clicks


def grabcut(image: Frame, prompt: Prompt, prior: Mask | None = None) -> Mask:
    """The object inside a box or under clicks, by colour alone.

    Rother et al., GrabCut: Interactive Foreground Extraction using Iterated Graph Cuts
    (SIGGRAPH 2004), as OpenCV implements it.

    Args:
        image: RGB uint8 (H, W, 3).
        prompt: a box or clicks inside the frame.
        prior: bool (H, W), what clicks are to correct.

    Returns:
        bool (H, W).

    Raises:
        PromptError: the prompt leaves no background, or nothing of the object.
    """
    labels = _box_labels(image, prompt) if prompt.box else _click_labels(image, prompt, prior)
    sure = labels == cv2.GC_FGD
    if prior is not None and prompt.points:
        sure |= prior & (labels != cv2.GC_BGD)
    _check_both(labels, prompt)
    rows, columns = _view(labels)
    view = np.ascontiguousarray(labels[rows, columns])
    inside = _cut(image[rows, columns], view, prompt)
    mask = np.zeros(labels.shape, bool)
    mask[rows, columns] = (inside & (view != cv2.GC_BGD)) | (view == cv2.GC_FGD)
    return _connected(mask, sure)


def _check_both(labels: NDArray[np.uint8], prompt: Prompt) -> None:
    """GrabCut learns two colour models, and needs a pixel for each."""
    given = f"box={prompt.box}" if prompt.box else f"points={prompt.points}"
    inside = np.isin(labels, _INSIDE)
    if inside.all():
        raise PromptError(f"{given} covers the whole frame: leave some background around")
    if not inside.any():
        raise PromptError(f"{given} leaves nothing of the object: point at it, or give a mask")


def _cut(image: Frame, labels: NDArray[np.uint8], prompt: Prompt) -> Mask:
    """OpenCV's GrabCut on at most `CUT_SIDE` pixels a side: image (h, w, 3), labels (h, w)."""
    height, width = labels.shape
    scale = min(1.0, CUT_SIDE / max(height, width))
    small = (max(1, round(width * scale)), max(1, round(height * scale)))
    seeds = cv2.resize(labels, small, interpolation=cv2.INTER_NEAREST).astype(np.uint8)
    _check_both(seeds, prompt)  # a thin rim may be gone
    cv2.setRNGSeed(SEED)
    picture = cv2.resize(image, small, interpolation=cv2.INTER_AREA)
    picture = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(picture, seeds, (0, 0, 0, 0), *models, ITERATIONS, cv2.GC_INIT_WITH_MASK)
    found = np.isin(seeds, _INSIDE).astype(np.float32)
    inside: Mask = cv2.resize(found, (width, height), interpolation=cv2.INTER_LINEAR) > 0.5
    return inside


def _box_labels(image: Frame, prompt: Prompt) -> NDArray[np.uint8]:
    """Outside the box is background for sure; inside is probably the object."""
    assert prompt.box is not None
    labels = np.full(image.shape[:2], cv2.GC_BGD, np.uint8)
    (x1, y1), (x2, y2) = map(math.floor, prompt.box[:2]), map(math.ceil, prompt.box[2:])
    labels[y1:y2, x1:x2] = cv2.GC_PR_FGD
    return labels


def _click_labels(image: Frame, prompt: Prompt, prior: Mask | None) -> NDArray[np.uint8]:
    """Discs around clicks are sure, a wider disc around the object's clicks is probable.

    Where clicks correct a prior it is probable near them, but for a disc around those on the
    background, and sure everywhere else.
    """
    assert prompt.points is not None
    labels = np.full(image.shape[:2], cv2.GC_PR_BGD, np.uint8)
    short = min(image.shape[:2])
    wide, close = CLICK_REACH * short, CLICK_RADIUS * short
    discs = [(1, wide, cv2.GC_PR_FGD), (1, close, cv2.GC_FGD), (0, close, cv2.GC_BGD)]
    if prior is not None:
        labels[prior] = cv2.GC_PR_FGD
        near = np.zeros_like(labels)
        for x, y, _ in prompt.points:
            _fill_disc(near, x, y, wide, 1)
        labels[near == 0] = np.where(prior, cv2.GC_FGD, cv2.GC_BGD)[near == 0]
        doubtful = min(wide, ERASER * np.count_nonzero(prior) ** 0.5)
        discs.insert(1, (0, doubtful, cv2.GC_PR_BGD))
    for label, radius, value in discs:
        for x, y, own in prompt.points:
            if own == label:
                _fill_disc(labels, x, y, radius, value)
    return labels


def _fill_disc(labels: NDArray[np.uint8], x: float, y: float, radius: float, value: int) -> None:
    cv2.circle(labels, (int(x), int(y)), max(1, round(radius)), int(value), cv2.FILLED)


def _view(labels: NDArray[np.uint8]) -> tuple[slice, slice]:
    """The part of the frame worth modelling: the object's surroundings."""
    probable = np.isin(labels, _INSIDE)
    rows, columns = (np.flatnonzero(probable.any(axis=axis)) for axis in (1, 0))
    margin = round(SURROUNDINGS * max(np.ptp(rows), np.ptp(columns))) + 8
    return (
        slice(max(0, rows[0] - margin), rows[-1] + margin),
        slice(max(0, columns[0] - margin), columns[-1] + margin),
    )


def _connected(mask: Mask, sure: Mask) -> Mask:
    """The pieces that touch a click; without clicks, those at least a tenth of the largest."""
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if count == 1:
        return mask
    area = stats[1:, cv2.CC_STAT_AREA]
    keep = (
        np.unique(pieces[sure & mask])
        if sure.any()
        else 1 + np.flatnonzero(area * 10 >= area.max())
    )
    return np.isin(pieces, keep[keep > 0])
