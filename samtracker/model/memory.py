"""What is known of one object before a frame."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from samtracker.model.crop import Crop, crop_around
from samtracker.model.encoders import STRIDE, Features
from samtracker.model.target import TargetModel

RADIUS = 96
"""How far an object may move between two frames, in pixels of the model input."""


@dataclass(frozen=True)
class Template:
    """A frame and an object's mask in it.

    Attributes:
        features: Of the frame, with a batch of 1; objects of one frame share them.
        mask: (H/s, W/s), the share of each key cell that the object covers, 0 to 1.
    """

    features: Features
    mask: Tensor

    def crop(self) -> Crop:
        """Return where the object can be next: the mask's box dilated by the search radius."""
        return crop_around(self.mask, RADIUS, self.features.key_stride)

    def moved(self, crop: Crop) -> Template:
        """Return it as if the object had been in another window, and nothing around it."""
        own, stride = self.crop(), self.features.key_stride
        key, mask = torch.zeros_like(self.features.key), torch.zeros_like(self.mask)
        crop.paste(own.cut(self.features.key, stride), key, stride)
        crop.paste(own.cut(self.mask, stride), mask, stride)
        return Template(replace(self.features, key=key), mask)

    def shares(self) -> Tensor:
        """Return the mask at stride 16, (H/16, W/16)."""
        return F.avg_pool2d(self.mask[None], STRIDE // self.features.key_stride)[0]


@dataclass(frozen=True)
class ReferenceFrame:
    """A template whose every cell is a candidate, for an object that may have moved anywhere.

    Attributes:
        coarse: Unit-norm (1, c, H/16, W/16), of `Features`; the last frame settles the finer
            details. Objects of one frame share it.
        labels: (H/16, W/16), the share of each cell that the object covers.
    """

    coarse: Tensor
    labels: Tensor

    @classmethod
    def of(cls, template: Template) -> ReferenceFrame:
        """Make one of a template, with all of its cells."""
        return cls(template.features.coarse, template.shares())

    @property
    def key(self) -> Tensor:
        """The matching key, (c, H/16, W/16)."""
        return self.coarse[0]


@dataclass(frozen=True)
class Memory:
    """What is known of one object before a frame.

    Attributes:
        last: The last frame in which it was seen; all of it, if it is lost.
        references: Frames that are searched without a window.
        target: Fitted on the first frame, and half on the bank's newest one; None to go without.
        lost: Whether to look for it in the whole frame instead of around its last place.
    """

    last: Template
    references: tuple[ReferenceFrame, ...] = ()
    target: TargetModel | None = None
    lost: bool = False

    @property
    def searched(self) -> tuple[ReferenceFrame, ...]:
        """The references; for a lost object without any, the last frame as one."""
        return self.references or ((ReferenceFrame.of(self.last),) if self.lost else ())

    def moved(self, crop: Crop) -> Memory:
        """Return the memory as if a lost object had just been in a window."""
        return replace(self, last=self.last.moved(crop)) if self.lost else self

    def keys(self) -> Tensor:
        """Return the keys of all cells of the searched references, (m, c); there must be one."""
        return torch.cat([reference.key.flatten(1).T for reference in self.searched])

    def labels(self) -> Tensor:
        """Return the labels of the same cells, (m,)."""
        return torch.cat([reference.labels.flatten() for reference in self.searched])
