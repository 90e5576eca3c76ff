"""A figure of training samples, as the network gets them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from samtracker.data.sample import MAIN
from samtracker.data.training_set import TrainingSet
from samtracker.errors import DatasetError
from samtracker.types import Frame

COLUMNS = ("image", "mask", "template", "template mask")
_GAP = 6
_HEADING = 28
_TEXT = 16


def preview(dataset: TrainingSet, rows: int) -> NDArray[np.uint8]:
    """Draw the first samples, one a row: image, mask, template, template mask.

    The template is the first frame of a sample, the image the last.

    Returns:
        RGB uint8 (H, W, 3), on white.

    Raises:
        DatasetError: There are not so many samples, or they cannot be read.
    """
    if not 1 <= rows <= len(dataset):
        raise DatasetError(f"rows={rows} does not fit: give 1 to {len(dataset)}, the samples")
    side = dataset.size
    step = side + _GAP
    size = (_GAP + len(COLUMNS) * step, _HEADING + rows * (step + _HEADING))
    figure = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(figure)
    font = ImageFont.load_default(_TEXT)
    for column, heading in enumerate(COLUMNS):
        middle = _GAP + column * step + side / 2
        draw.text((middle, _HEADING / 2), heading, "black", font, anchor="mm")
    for row in range(rows):
        sample = dataset.sample(row)
        top = _HEADING + row * (step + _HEADING)
        cells = (
            sample.frames[-1],
            _drawn(sample.ids[-1]),
            sample.frames[0],
            _drawn(sample.ids[0]),
        )
        for column, cell in enumerate(cells):
            figure.paste(Image.fromarray(cell), (_GAP + column * step, top))
        draw.text((_GAP, top + side + 2), sample.name, "dimgrey", font)
    return np.array(figure)


def _drawn(ids: NDArray[np.uint8]) -> Frame:
    """Draw the main object white, others gray."""
    shades = np.where(ids == MAIN, 255, 120 * (ids > 0)).astype(np.uint8)
    return np.repeat(shades[..., None], 3, axis=2)
