"""How a frame becomes the input of an encoder, and the way back.

A frame is scaled to `content` and padded at the right and bottom to `model_input`. Masks, boxes
and points take the same way; each direction undoes the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from samtracker.types import Box, Frame, Size

SAM_SIDE = 1024
LONGEST = 16
"""Long sides of a model input per short side; a frame that is longer still is worked on smaller."""


@dataclass(frozen=True, kw_only=True)
class InputTransform:
    """The map between a frame and the input of an encoder.

    Attributes:
        frame: (H, W) of the frame.
        content: (H, W) of the scaled frame.
        model_input: (H, W) of the encoder's input; at least `content` in both directions.
    """

    frame: Size
    content: Size
    model_input: Size

    @classmethod
    def lite(cls, frame: Size, short_side: int) -> InputTransform:
        """Scale the short side to `short_side` pixels, both sides to multiples of 16, unpadded.

        The long side gets at most `LONGEST` times as many, for it costs time and memory.
        """
        scale = short_side / max(min(frame), max(frame) / LONGEST)
        height, width = (max(16, round(side * scale / 16) * 16) for side in frame)
        return cls(frame=frame, content=(height, width), model_input=(height, width))

    @classmethod
    def sam(cls, frame: Size, long_side: int = SAM_SIDE) -> InputTransform:
        """Scale the long side and pad to a square, like `ResizeLongestSide` of SAM."""
        scale = long_side / max(frame)
        height, width = (max(1, int(side * scale + 0.5)) for side in frame)
        return cls(frame=frame, content=(height, width), model_input=(long_side, long_side))

    def prepare(self, image: Frame, mean: Tensor, std: Tensor) -> Tensor:
        """Make the encoder's input of a frame.

        Args:
            image: RGB uint8 (H, W, 3) of size `frame`.
            mean: (3,) on the 0 to 255 scale, on the device to use.
            std: (3,) likewise.

        Returns:
            Float32 (1, 3, *model_input) in channels-last memory; padding is 0, as in SAM.
        """
        height, width = self.content
        if self.frame != self.content:
            shrinks = height < self.frame[0]
            way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
            image = cv2.resize(image, (width, height), interpolation=way).astype(np.uint8)
        # A copy, because torch warns about sharing memory with read-only arrays.
        pixels = torch.tensor(np.ascontiguousarray(image), device=mean.device)
        # In place and by whole rows: a loop over the three channels of each pixel is slow.
        rows = pixels.view(height, -1).float()
        rows.sub_(mean.repeat(width)).div_(std.repeat(width))
        return self._pad(rows.view(height, width, -1).permute(2, 0, 1)[None])

    def prepare_masks(self, masks: Tensor, stride: int) -> Tensor:
        """Scale masks to the feature grid: averages over cells of `stride` pixels.

        Args:
            masks: Bool or float (n, H, W) at frame size, 0 to 1.
            stride: Of the cells, in pixels of the model input, whose sides it divides.

        Returns:
            Float32 (n, H / stride, W / stride) for a model input of size (H, W): the covered share
            of each cell, 0 in the padding.
        """
        values = masks.float()[:, None]
        if self.content == self.model_input:
            rows, columns = (side // stride for side in self.model_input)
            return F.interpolate(values, (rows, columns), mode="area")[:, 0]
        if self.content != self.frame:
            values = F.interpolate(values, self.content, mode="area")
        return F.avg_pool2d(self._pad(values), stride)[:, 0]

    def restore(self, logits: Tensor) -> Tensor:
        """Scale logits over the model input, at any stride, to frame size.

        Args:
            logits: Float (n, h, w).

        Returns:
            Float (n, H, W), bilinear.
        """
        maps = logits[:, None]
        if self.content != self.model_input:
            maps = _resize(maps, self.model_input)[..., : self.content[0], : self.content[1]]
            if self.content == self.frame:
                return maps[:, 0]
        return _resize(maps, self.frame)[:, 0]

    def to_model_input(self, points: ArrayLike) -> NDArray[np.float64]:
        """Map points (..., 2), x then y, from the frame to the model input, in pixels."""
        (height, width), (rows, columns) = self.frame, self.content
        scale = np.array([columns / width, rows / height])
        scaled: NDArray[np.float64] = np.asarray(points, np.float64) * scale
        return scaled

    def box_to_model_input(self, box: Box) -> Box:
        """Map a box from the frame to the model input, in pixels."""
        x1, y1, x2, y2 = self.to_model_input(np.reshape(box, (2, 2))).ravel().tolist()
        return x1, y1, x2, y2

    def _pad(self, content: Tensor) -> Tensor:
        rows, columns = (
            outer - inner for outer, inner in zip(self.model_input, self.content, strict=True)
        )
        if rows or columns:
            content = F.pad(content, (0, columns, 0, rows))
        return content.contiguous(memory_format=torch.channels_last)


def _resize(maps: Tensor, size: Size) -> Tensor:
    return F.interpolate(maps, size, mode="bilinear", align_corners=False)
