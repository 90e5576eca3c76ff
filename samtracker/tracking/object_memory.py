"""What a tracker remembers of one object."""

from __future__ import annotations

from collections import deque
from copy import copy

import torch
import torch.nn.functional as F
from torch import Tensor

from samtracker.config import TrackerConfig
from samtracker.model.encoders import Features
from samtracker.model.memory import Memory, ReferenceFrame, Template
from samtracker.model.target import TargetModel
from samtracker.tracking.life_cycle import FADE

BANK_SCORE = 0.9
"""Predicted IoU from which on a frame may enter the bank."""

BANK_EVERY = 5
"""Only frames whose number it divides enter: the bank spans more than the last moment, and objects
in one frame have entries in common, so that they share the matching."""

WHOLE = 0.75
"""Share of its largest area that a mask must have to show all of an object."""


class ObjectMemory:
    """One object's memory: frames that the user showed it in, a bank of frames, last frame.

    While it is lost, the last frame that showed all of it stands in for the last one.

    Args:
        config: Settings, which say what of these is kept.
        features: Features of the frame in which the object is first seen.
        mask: Its mask in this frame, (H/s, W/s), see `InputTransform.prepare_masks`.

    Attributes:
        lost: Whether it is to be looked for in the whole frame.
    """

    lost: bool
    _config: TrackerConfig
    _given: list[ReferenceFrame]
    _bank: deque[ReferenceFrame]
    _given_target: TargetModel | None
    _target: TargetModel | None
    _last: Template
    _whole: Template
    _largest: float

    def __init__(self, config: TrackerConfig, features: Features, mask: Tensor) -> None:
        self.lost = False
        self._config = config
        self._given = []
        self._bank = deque(maxlen=config.bank)
        self._given_target = self._target = None
        self.set_mask(features, mask)

    def set_mask(self, features: Features, mask: Tensor) -> None:
        """Set the mask of the current frame to what the user gave: the first one, or a correction.

        An earlier one of the same frame is replaced. Of more than the configured number the first
        and the latest stay, and of the others one goes that another is like, so that memory is
        constant. What the bank took for the object may be wrong.
        """
        self.lost = False
        self._last = self._whole = Template(features, mask)
        self._largest = float(mask.sum())
        self.add_reference(features, mask)

    def add_reference(self, features: Features, mask: Tensor) -> None:
        """Add a reference frame with the mask that the user gave there."""
        self._bank.clear()
        if self._config.anchored:
            others = [given for given in self._given if not _shows(given, features)]
            self._given = [*others, ReferenceFrame.of(Template(features, mask))]
            if len(self._given) > self._config.anchors:
                del self._given[_most_alike(self._given)]
            if self._config.target_model:
                self._target = self._given_target = TargetModel.fit(features.key[0], mask)

    def copied(self) -> ObjectMemory:
        """Return a copy; templates and reference frames never change and are shared."""
        made = copy(self)
        made._bank = self._bank.copy()
        return made

    def subtract(self, features: Features, mask: Tensor) -> None:
        """Set the current frame's mask again, less what another object was given there."""
        if any(_shows(given, features) for given in self._given):
            self.set_mask(features, mask)
        else:  # an older frame may show the other object's part as well
            self._last = self._whole = Template(features, mask)
            self._largest = float(mask.sum())

    def update(self, features: Features, mask: Tensor, score: float, index: int) -> None:
        """Remember the mask predicted in frame `index` of the stream."""
        self.lost = False
        self._last = Template(features, mask)
        area = float(mask.sum())
        self._largest = max(area, FADE * self._largest)
        if area >= WHOLE * self._largest:  # not as it vanishes behind something
            self._whole = self._last
        if self._config.bank and score >= BANK_SCORE and index % BANK_EVERY == 0:
            self._bank.append(ReferenceFrame.of(self._last))
            if self._given_target is not None:  # half of it is what the object looks like now
                self._target = self._given_target.mixed(TargetModel.fit(features.key[0], mask))

    def resize(self, like: Features) -> None:
        """Go on with model inputs of another size; the reference frames fit any."""
        same = self._whole is self._last
        self._last = _resized(self._last, like)
        self._whole = self._last if same else _resized(self._whole, like)
        self._largest = 0.0

    def contents(self) -> Memory:
        """Return what the network needs to find the object in the next frame."""
        return Memory(
            last=self._whole if self.lost else self._last,
            references=(*self._given, *self._bank),
            target=self._target,
            lost=self.lost,
        )


def _most_alike(given: list[ReferenceFrame]) -> int:
    """Return which reference, not the first or last, another one is most like in the object."""
    looks = [(reference.key * reference.labels).sum((1, 2)) for reference in given]
    unit = F.normalize(torch.stack(looks), dim=1)
    similarity = (unit @ unit.T).fill_diagonal_(-1)
    return 1 + int(similarity[1:-1].amax(1).argmax())


def _resized(template: Template, like: Features) -> Template:
    size = (like.key.shape[-2], like.key.shape[-1])
    mask = F.interpolate(template.mask[None, None], size, mode="area")[0, 0]
    return Template(template.features.resized(like), mask)


def _shows(reference: ReferenceFrame, features: Features) -> bool:
    """Return whether a reference is of this very frame, which may have been encoded again."""
    return torch.equal(reference.coarse, features.coarse)
