"""Pointing with lite: boxes, clicks and masks so far become masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from torch import Tensor

from samtracker.model.paired_decoder import PairedDecoder, predicted_iou
from samtracker.model.prompt_batch import USER_MAPS, PromptBatch

WHOLE: Final = 0.05
"""What a mask is given in the order of candidates for an e-fold area: a click on a shirt means the
person in it rather than the shirt, where the scores of both are about the same."""


@dataclass(frozen=True)
class Candidates:
    """Masks of n objects that were pointed at, in their squares.

    Attributes:
        logits: float32 (n, k, H/4, W/4): the single mask, then three for a click that may mean
            several things, if they were asked for.
        scores: float32 (n, k), predicted IoU, 0 to 1.
    """

    logits: Tensor
    scores: Tensor

    def order(self, *, ambiguous: bool, sides: Sequence[float] = ()) -> list[tuple[int, int]]:
        """Return object and mask of all masks, the likeliest first.

        Args:
            ambiguous: Whether the prompt may mean several things, which all but the first mask are
                made for; without that the first mask comes first, as SAM's authors advise.
            sides: Of the n squares, in pixels of one frame, if larger masks are to be preferred in
                what is ambiguous.
        """
        scores = self.scores.clone()
        if ambiguous and len(sides):
            cells = (self.logits > 0).sum((2, 3)) * scores.new_tensor(sides)[:, None].square()
            scores += WHOLE * cells.clamp(min=1).log()
        scores[:, 0 if ambiguous else slice(1, None)] -= 1
        places: list[int] = scores.flatten().argsort(descending=True).tolist()
        return [divmod(place, scores.shape[1]) for place in places]


class Prompter(PairedDecoder):
    """SAM's prompt encoder and mask decoder, with the prompts drawn as maps as well.

    It has weights of its own: those that point best override too much of what a tracker has
    propagated. But the feed-forward layers of the transformers know nothing of prompts: as half of
    a decoder's size they are the tracker's.

    Args:
        mask_decoder: SAM's `MaskDecoder`; its first mask token is the single mask.
        prompt_encoder: SAM's `PromptEncoder`.
        skip_channels: channels of the encoder's x8 and x4.
        tracker: SAM's `MaskDecoder` of the decoder that tracks.
    """

    def __init__(
        self, mask_decoder: Any, prompt_encoder: Any, skip_channels: tuple[int, int], tracker: Any
    ) -> None:
        super().__init__(
            mask_decoder, prompt_encoder.pe_layer, skip_channels, coarse=0, fine=USER_MAPS
        )
        self.prompt_encoder = prompt_encoder
        layers = zip(mask_decoder.transformer.layers, tracker.transformer.layers, strict=True)
        for layer, other in layers:
            del layer.mlp
            # Past torch's registration, so that they are one decoder's, in files and optimizers.
            object.__setattr__(layer, "mlp", other.mlp)

    def forward(
        self, image: Tensor, x8: Tensor, x4: Tensor, prompts: PromptBatch, *, single: bool = False
    ) -> Candidates:
        """Decode what is pointed at in n squares.

        Args:
            image: (n, 256, h, w), x16 of the squares.
            x8: (n, c8, 2h, 2w).
            x4: (n, c4, 4h, 4w).
            prompts: Of the n squares.
            single: Whether the single mask is enough.
        """
        count = 1 if single else self.mask_decoder.num_mask_tokens
        logits, iou = self.decode(
            image,
            prompts.dense(self.prompt_encoder),
            prompts.tokens(self.prompt_encoder),
            coarse=None,
            fine=prompts.maps(),
            skips=(x8, x4),
            count=count,
        )
        logits = logits.float()
        scores = predicted_iou(logits.flatten(0, 1), iou[:, :count].flatten())
        return Candidates(logits, scores.view(logits.shape[:2]))
