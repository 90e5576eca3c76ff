"""From a box or clicks to candidates for a mask, by the network that tracks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from samtracker.backends.runtime import Runtime
from samtracker.model.prompt_batch import NONE, STRIDE, PromptBatch
from samtracker.prompts.square import SIDE, Square
from samtracker.prompts.variety import varied
from samtracker.types import Box, Candidate, Frame, Mask, Prompt, mask_box

BOX_MARGIN: Final = 1.5
"""Side of the first square over that of a given box."""

MASK_MARGINS: Final = (1.6, 1.1)
"""Sides of the squares of the closer looks over that of the box of what was found so far: with what
is around it, then as large as can be."""

CLICK_SHARES: Final = (1.0, 0.5, 0.25)
"""Sides of the squares around clicks that are tried first, as shares of the frame's longer side."""

SLACK: Final = 0.05
"""How far an object may reach beyond its box, as a share of the box's width and height."""

CLICKS: Final = 6
"""Places for clicks that a prompt has at least, as in training."""

LOOKS: Final = 6
"""Masks of the first look that get closer ones, at most: several may end in the same."""

REACH: Final = 0.2
"""Radius around a corrective click in which a mask may change, as a share of the frame's short
side."""


def find(
    runtime: Runtime, image: Frame, prompt: Prompt, prior: Mask | None = None
) -> Iterator[Candidate]:
    """Find what is pointed at.

    A first look, at a square around a box or at several around clicks, says what may be meant; for
    each of these closer ones, at squares around it, make the mask. With a prior there are only
    these.

    Args:
        runtime: Runs a network with a prompt encoder.
        image: RGB uint8 (H, W, 3).
        prompt: A box or clicks inside the frame.
        prior: bool (H, W), the mask so far, which clicks correct near them.

    Yields:
        Candidates, the likeliest first, each when it is asked for; some may be empty or alike.

    Raises:
        OutOfMemoryError: The device has no memory left for it.
    """
    if prior is not None and prior.any():
        near = None if prompt.points is None else _near(prior.shape, prompt.points)
        yield from _closer_looks(runtime, image, prompt, prior, near)
        return
    squares = _first_squares((image.shape[0], image.shape[1]), prompt)
    for first in islice(varied(_look(runtime, image, prompt, squares, None)), LOOKS):
        yield from islice(_closer_looks(runtime, image, prompt, first.mask, None), 1)


def _closer_looks(
    runtime: Runtime, image: Frame, prompt: Prompt, mask: Mask, near: Mask | None
) -> Iterator[Candidate]:
    """Look closer and closer at what was found so far; yield what the last look shows.

    Where `near` is given the mask stays as it is elsewhere.
    """

    def kept(found: Mask, prior: Mask = mask) -> Mask:
        return found if near is None else np.where(near, found, prior)

    *margins, last = MASK_MARGINS
    for margin in margins:
        for item in islice(_closer_look(runtime, image, prompt, mask, margin), 1):
            found = kept(item.mask)
            mask = found if found.any() else mask
    for item in _closer_look(runtime, image, prompt, mask, last):
        yield replace(item, mask=kept(item.mask))


def _closer_look(
    runtime: Runtime, image: Frame, prompt: Prompt, mask: Mask, margin: float
) -> Iterator[Candidate]:
    """Look at a square around what was found so far; yield nothing where there is nothing."""
    found = mask_box(mask)
    box = found if prompt.box is None else _joined(found, prompt.box)
    if box is None:
        return
    clicks = [(x, y) for x, y, _ in prompt.points or ()]
    square = Square.around(box, margin, inside=clicks)
    inside = None if prompt.box is None else _inside(mask.shape, prompt.box)
    for item in _look(runtime, image, prompt, [square], mask):
        yield item if inside is None else replace(item, mask=item.mask & inside)


def _first_squares(size: tuple[int, int], prompt: Prompt) -> list[Square]:
    """Where to look first."""
    if prompt.box is not None:
        return [Square.around(prompt.box, BOX_MARGIN)]
    points = np.array([(x, y) for x, y, _ in prompt.points or ()])
    box = (*points.min(0), *points.max(0))
    height, width = size
    whole = (0.0, 0.0, float(width), float(height))
    squares = [Square.around(whole, 1.0)]
    for share in CLICK_SHARES[1:]:
        half = share * max(size) / 2
        middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        around = (middle[0] - half, middle[1] - half, middle[0] + half, middle[1] + half)
        squares.append(Square.around(around, 1.0, inside=points))
    return squares


def _look(
    runtime: Runtime,
    image: Frame,
    prompt: Prompt,
    squares: Sequence[Square],
    prior: Mask | None,
) -> Iterator[Candidate]:
    """Look at some squares of a frame; a mask is brought to its size when it is asked for."""
    views = np.stack([square.cut(image) for square in squares])
    found = runtime.point(views, _batch(squares, prompt, prior))
    logits = found.logits.cpu().numpy()
    size = (image.shape[0], image.shape[1])
    lone = prompt.is_lone_click and prior is None
    for row, number in found.order(ambiguous=lone, sides=[square.side for square in squares]):
        mask = squares[row].restore(logits[row, number], size) > 0
        yield Candidate(mask=mask, score=float(found.scores[row, number]))


def _batch(squares: Sequence[Square], prompt: Prompt, prior: Mask | None) -> PromptBatch:
    """Return a prompt in some squares as the network takes it."""
    cells = SIDE // STRIDE
    places = max(CLICKS, len(prompt.points or ()))
    boxes = torch.full((len(squares), 4), torch.nan)
    points = torch.zeros(len(squares), places, 2)
    labels = torch.full((len(squares), places), NONE)
    masks = torch.zeros(len(squares), cells, cells)
    for row, square in enumerate(squares):
        if prompt.box is not None:
            corners = square.to_input(np.reshape(prompt.box, (2, 2)))
            boxes[row] = torch.from_numpy(corners.ravel())
        for number, (x, y, label) in enumerate(prompt.points or ()):
            points[row, number] = torch.from_numpy(square.to_input((x, y)))
            labels[row, number] = label
        if prior is not None:
            masks[row] = torch.from_numpy(square.cut_mask(prior, cells))
    return PromptBatch(boxes=boxes, points=points, labels=labels, masks=masks)


def _joined(one: Box | None, other: Box) -> Box:
    if one is None:
        return other
    return (
        min(one[0], other[0]),
        min(one[1], other[1]),
        max(one[2], other[2]),
        max(one[3], other[3]),
    )


def _inside(size: tuple[int, ...], box: Box) -> Mask:
    """Return where an object with a box may be, bool (H, W)."""
    x1, y1, x2, y2 = box
    across, down = SLACK * (x2 - x1), SLACK * (y2 - y1)
    rows, columns = np.arange(size[0]) + 0.5, np.arange(size[1]) + 0.5
    inside_rows = (rows > y1 - down) & (rows < y2 + down)
    inside_columns = (columns > x1 - across) & (columns < x2 + across)
    inside: Mask = inside_rows[:, None] & inside_columns
    return inside


def _near(size: tuple[int, ...], clicks: Sequence[tuple[float, float, int]]) -> Mask:
    """Where a mask may change by clicks, bool (H, W)."""
    near: NDArray[np.uint8] = np.zeros(size, np.uint8)
    for x, y, _ in clicks:
        cv2.circle(near, (int(x), int(y)), max(1, round(REACH * min(size))), 1, cv2.FILLED)
    return near > 0
