"""From a box or clicks to candidates for a mask, by the network that tracks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from samtracker.model.prompt_batch import NONE, STRIDE, PromptBatch
from samtracker.model.runtime import Runtime
from samtracker.prompts.square import SIDE, Square
from samtracker.types import Box, Frame, Mask, Prompt, mask_box

BOX_MARGIN: Final = 1.5
"""Side of the first square over that of a given box."""

MASK_MARGIN: Final = 1.6
"""Side of the second square over that of the box of what was found in the first."""

CLICK_SHARES: Final = (1.0, 0.5, 0.25)
"""Sides of the squares around clicks that are tried first, as shares of the frame's longer side."""

SLACK: Final = 0.05
"""How far an object may reach beyond its box, as a share of the box's width and height."""

CLICKS: Final = 6
"""Places for clicks that a prompt has at least, as in training."""

REACH: Final = 0.2
"""Radius around a corrective click in which a mask may change, as a share of the frame's short
side."""


@dataclass(frozen=True)
class Candidate:
    """A mask that may be meant.

    Attributes:
        mask: bool (H, W).
        score: Predicted IoU, 0 to 1.
    """

    mask: Mask
    score: float


def find(
    runtime: Runtime, image: Frame, prompt: Prompt, prior: Mask | None = None
) -> list[Candidate]:
    """Find what is pointed at, the likeliest candidate first.

    A first look, at a square around a box or at several around clicks, says where the object is; a
    second one, at a square around what was found, makes the masks. With a prior there is one look.

    Args:
        runtime: Runs a network with a prompt encoder.
        image: RGB uint8 (H, W, 3).
        prompt: A box or clicks inside the frame.
        prior: bool (H, W), the mask so far, which clicks correct near them.

    Returns:
        Four candidates; some may be empty.

    Raises:
        OutOfMemoryError: The device has no memory left for it.
    """
    size = (image.shape[0], image.shape[1])
    first = prior
    if first is None or not first.any():
        (likeliest,) = _look(runtime, image, prompt, _first_squares(size, prompt), None, keep=1)
        first = likeliest.mask
    box = mask_box(first) if prompt.box is None else _joined(mask_box(first), prompt.box)
    if box is None:
        return [Candidate(first, 0.0)]
    clicks = [(x, y) for x, y, _ in prompt.points or ()]
    square = Square.around(box, MASK_MARGIN, inside=clicks)
    found = _look(runtime, image, prompt, [square], first, keep=4)
    if prompt.box is not None:
        inside = _inside(size, prompt.box)
        return [Candidate(item.mask & inside, item.score) for item in found]
    if prior is None:
        return found
    near = _near(size, clicks)
    return [Candidate(np.where(near, item.mask, prior), item.score) for item in found]


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
    *,
    keep: int,
) -> list[Candidate]:
    """Return the best candidates of some squares of a frame, in order; only these are restored."""
    views = np.stack([square.cut(image) for square in squares])
    batch = _batch(squares, prompt, prior)
    found = runtime.point(views, batch)
    scores = found.scores.clone()
    # A lone click may mean several things, the other candidates are made for that.
    lone = prompt.box is None and len(prompt.points or ()) == 1 and prior is None
    scores[:, 0 if lone else slice(1, None)] -= 1
    order = scores.flatten().argsort(descending=True).tolist()[:keep]
    logits = found.logits.cpu().numpy()
    size = (image.shape[0], image.shape[1])
    count = logits.shape[1]
    return [
        Candidate(
            squares[place // count].restore(logits[place // count, place % count], size) > 0,
            float(found.scores[place // count, place % count]),
        )
        for place in order
    ]


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


def _inside(size: tuple[int, int], box: Box) -> Mask:
    """Return where an object with a box may be, bool (H, W)."""
    x1, y1, x2, y2 = box
    across, down = SLACK * (x2 - x1), SLACK * (y2 - y1)
    rows, columns = np.arange(size[0]) + 0.5, np.arange(size[1]) + 0.5
    inside_rows = (rows > y1 - down) & (rows < y2 + down)
    inside_columns = (columns > x1 - across) & (columns < x2 + across)
    inside: Mask = inside_rows[:, None] & inside_columns
    return inside


def _near(size: tuple[int, int], clicks: Sequence[tuple[float, float]]) -> Mask:
    """Where a mask may change by clicks, bool (H, W)."""
    near: NDArray[np.uint8] = np.zeros(size, np.uint8)
    for x, y in clicks:
        cv2.circle(near, (int(x), int(y)), max(1, round(REACH * min(size))), 1, cv2.FILLED)
    return near > 0
