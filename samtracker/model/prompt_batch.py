"""Boxes, clicks and masks so far, as tensors a decoder can be prompted with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import torch
import torch.nn.functional as F
from torch import Tensor

NONE: Final = -1
"""Label of a place in `PromptBatch.points` that holds no click."""

USER_MAPS: Final = 4
"""Maps of a prompt: inside of the box, clicks on the object, clicks on the background, mask."""

RADIUS: Final = 10.0
"""Of the disc that a click is in its map, in model input pixels."""

STRIDE: Final = 4
"""Model input pixels per cell of the maps."""


@dataclass(frozen=True, kw_only=True)
class PromptBatch:
    """What is pointed at in n squares of one size; all coordinates are model input pixels.

    Attributes:
        boxes: float32 (n, 4), x1, y1, x2, y2; all NaN where there is no box.
        points: float32 (n, P, 2), x and y.
        labels: int64 (n, P): 1 on the object, 0 on the background, `NONE` for no click.
        masks: float32 (n, H/4, W/4), probabilities of the mask so far; all 0 without one.
    """

    boxes: Tensor
    points: Tensor
    labels: Tensor
    masks: Tensor

    def to(self, device: torch.device) -> PromptBatch:
        """Return it on a device."""
        return PromptBatch(
            boxes=self.boxes.to(device),
            points=self.points.to(device),
            labels=self.labels.to(device),
            masks=self.masks.to(device),
        )

    @property
    def has_box(self) -> Tensor:
        """Whether there is a box, bool (n,)."""
        return self.boxes[:, 0].isfinite()

    @property
    def has_mask(self) -> Tensor:
        """Whether there is a mask so far, bool (n,)."""
        return self.masks.amax((1, 2)) > 0

    def maps(self) -> Tensor:
        """Draw the prompt, float32 (n, 4, H/4, W/4), 0 to 1; see `USER_MAPS`."""
        height, width = self.masks.shape[1:]
        device = self.masks.device
        y = (torch.arange(height, device=device) + 0.5) * STRIDE
        x = (torch.arange(width, device=device) + 0.5) * STRIDE
        x1, y1, x2, y2 = self.boxes[:, :, None].unbind(1)
        # Comparisons with NaN are false: there is no inside without a box.
        inside = ((y >= y1) & (y < y2))[:, :, None] & ((x >= x1) & (x < x2))[:, None]
        across = (x - self.points[..., :1]).square()[:, :, None]
        down = (y - self.points[..., 1:]).square()[..., None]
        discs = across + down <= RADIUS**2
        on, off = ((discs & (self.labels == label)[..., None, None]).any(1) for label in (1, 0))
        return torch.stack([inside.float(), on.float(), off.float(), self.masks], dim=1)

    def tokens(self, encoder: Any) -> Tensor:
        """Sparse prompt embeddings (n, P + 2, 256): clicks, then the corners of the box.

        They are those of SAM; what is missing is its "not a point".

        Args:
            encoder: SAM's `PromptEncoder`; its positions are taken for any size of input.
        """
        side = (STRIDE * self.masks.shape[1], STRIDE * self.masks.shape[2])
        corners = self.boxes.nan_to_num().view(-1, 2, 2)
        places = torch.cat([self.points, corners], dim=1)
        position = encoder.pe_layer.forward_with_coords(places, side)
        kinds = torch.cat(
            [self.labels, torch.where(self.has_box[:, None], self.labels.new_tensor([2, 3]), NONE)],
            dim=1,
        )
        known = torch.cat([embedding.weight for embedding in encoder.point_embeddings])
        there = (kinds != NONE)[..., None]
        return torch.where(
            there, position + known[kinds.clamp(min=0)], encoder.not_a_point_embed.weight
        )

    def dense(self, encoder: Any) -> Tensor:
        """Dense prompt embeddings (n, 256, H/16, W/16) of the masks so far, those of SAM.

        Args:
            encoder: SAM's `PromptEncoder`; see `embed_masks`.
        """
        embedded = embed_masks(encoder, self.masks)
        nothing = encoder.no_mask_embed.weight[0, :, None, None]
        return torch.where(self.has_mask[:, None, None, None], embedded, nothing)


def embed_masks(encoder: Any, masks: Tensor) -> Tensor:
    """SAM's embedding (n, 256, H/16, W/16) of mask probabilities (n, H/4, W/4), as -1 to 1."""
    embedded: Tensor = encoder.mask_downscaling(2 * masks[:, None] - 1)
    return embedded


def box_of(masks: Tensor) -> Tensor:
    """Return the boxes (n, 4) of masks, bool (n, H, W), in pixels; NaN for an empty one.

    >>> box_of(torch.tensor([[[False, True], [False, False]]]))
    tensor([[1., 0., 2., 1.]])
    """
    ends = []
    for seen in (masks.any(1), masks.any(2)):
        length = seen.shape[1]
        first = seen.float().argmax(1)
        last = length - seen.flip(1).float().argmax(1)
        ends.append((first, last))
    (x1, x2), (y1, y2) = ends
    boxes = torch.stack([x1, y1, x2, y2], dim=1).float()
    return torch.where(masks.any(2).any(1)[:, None], boxes, torch.nan)


def to_cells(masks: Tensor) -> Tensor:
    """Masks (n, H, W), bool or 0 to 1, as shares (n, H/4, W/4) of the cells of the maps."""
    return F.avg_pool2d(masks.float()[:, None], STRIDE)[:, 0]
