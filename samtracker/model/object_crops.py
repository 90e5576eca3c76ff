"""What is decoded at once: objects whose crops have one size."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from samtracker.model.prompt_maps import PromptMaps


class ObjectCrops(NamedTuple):
    """Crops of n objects, (rows, columns) = (h, w) cells of stride 16 each.

    Attributes:
        image: x16 of each object's crop, (n, 256, h, w).
        template: The same of its template's crop, (n, 256, h, w).
        masks: Share of each cell of the template that the object covers, (n, h, w), 0 to 1.
        maps: Of `prompt_maps`, (n, h', w'); h' is 2h, or h for SAM's encoders.
        x8: (n, c8, 2h, 2w); None for an encoder without skips.
        x4: (n, c4, 4h, 4w) likewise.
    """

    image: Tensor
    template: Tensor
    masks: Tensor
    maps: PromptMaps
    x8: Tensor | None
    x4: Tensor | None
