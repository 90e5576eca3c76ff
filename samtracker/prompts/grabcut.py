"""A mask from a box or clicks by color alone, for networks without a prompt encoder."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from samtracker.errors import PromptError
from samtracker.types import Frame, Mask, Prompt

_INSIDE = (cv2.GC_FGD, cv2.GC_PR_FGD)

SEED = 0
"""Seed of GrabCut's random color models, fixed so that equal prompts give equal masks."""

ITERATIONS = 5
"""How often GrabCut alternates between color models and cut."""

CUT_SIDE = 400
"""Longest side in pixels of the image that GrabCut gets; a whole large frame takes seconds."""

SURROUNDINGS = 0.5
"""Margin around the probable object that GrabCut gets, as a share of the object's longer side."""

CLICK_RADIUS = 0.015
"""Radius of the disc that a click labels for sure, as a share of the frame's short side."""

CLICK_REACH = 0.2
"""Radius of the disc where the object of a click probably is, as a share of the same side."""

ERASER = 0.4
"""Radius of the disc in which a background click puts the mask that it corrects in doubt, as a
share of the square root of that mask's area; at most that of `CLICK_REACH`."""


def grabcut(image: Frame, prompt: Prompt, prior: Mask | None = None) -> Mask:
    """Find the object inside a box or under clicks.

    Source: Rother et al., "GrabCut: Interactive Foreground Extraction using Iterated Graph Cuts",
    SIGGRAPH 2004, as OpenCV implements it.

    Args:
        image: Frame, RGB uint8 (H, W, 3).
        prompt: A box or clicks inside the frame.
        prior: Mask that the clicks correct, bool (H, W).

    Returns:
        The object's mask, bool (H, W).

    Raises:
        PromptError: The prompt leaves no background, or nothing of the object.
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
    """Raise PromptError unless each of GrabCut's two color models has a pixel to learn from."""
    given = f"box={prompt.box}" if prompt.box else f"points={prompt.points}"
    inside = np.isin(labels, _INSIDE)
    if inside.all():
        raise PromptError(f"{given} covers the whole frame: leave some background around")
    if not inside.any():
        raise PromptError(f"{given} leaves nothing of the object: point at it, or give a mask")


def _cut(image: Frame, labels: NDArray[np.uint8], prompt: Prompt) -> Mask:
    """Run GrabCut on an image (h, w, 3) and labels (h, w), at most `CUT_SIDE` pixels a side."""
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
    """Label what is outside the box as sure background and what is inside as probable object."""
    assert prompt.box is not None
    labels = np.full(image.shape[:2], cv2.GC_BGD, np.uint8)
    (x1, y1), (x2, y2) = map(math.floor, prompt.box[:2]), map(math.ceil, prompt.box[2:])
    labels[y1:y2, x1:x2] = cv2.GC_PR_FGD
    return labels


def _click_labels(image: Frame, prompt: Prompt, prior: Mask | None) -> NDArray[np.uint8]:
    """Label small discs around clicks as sure, a wider one around the object's as probable.

    Where clicks correct a prior, the prior is probable near them, except in a disc around
    background clicks, and sure everywhere else.
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
    """Return the rows and columns of the probable object and a margin around it."""
    probable = np.isin(labels, _INSIDE)
    rows, columns = (np.flatnonzero(probable.any(axis=axis)) for axis in (1, 0))
    margin = round(SURROUNDINGS * max(np.ptp(rows), np.ptp(columns))) + 8
    return (
        slice(max(0, rows[0] - margin), rows[-1] + margin),
        slice(max(0, columns[0] - margin), columns[-1] + margin),
    )


def _connected(mask: Mask, sure: Mask) -> Mask:
    """Keep the pieces that touch a click or, without clicks, a tenth of the largest at least."""
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
