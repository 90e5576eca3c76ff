"""The tracker as it is trained: it follows a short clip step by step on its own predictions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from samtracker.config import TrackerConfig, TrainConfig
from samtracker.model.aggregation import soft_aggregate
from samtracker.model.encoders import Features
from samtracker.model.network import Network
from samtracker.model.runtime import soft_cells
from samtracker.tracking.object_memory import ObjectMemory
from samtracker.train.losses import Losses, cross_entropy, dice, iou
from samtracker.train.prompting import from_boxes

POINTED_AT = 0.25
"""Share of the first masks that come from the network, pointed at with a box."""

GOOD = 0.6
"""IoU from which on such a mask is taken instead of the true one."""


class Rollout(nn.Module):
    """Tracks the object of each clip from its first mask on, with the memory of the tracker.

    Args:
        network: Network that is trained in place. The encoder's batch norm stays as it is, and
            the encoder itself unless `config.encoder_rate` is above 0; SAM's prompter always.
        config: Gives memory, feedback and the weights of the losses.
    """

    def __init__(self, network: Network, config: TrainConfig) -> None:
        super().__init__()
        self.network = network
        self.config = config
        network.requires_grad_(True)
        self.encoder_body.requires_grad_(config.encoder_rate > 0)
        if network.prompter is not None:
            network.prompter.requires_grad_(False)
        if network.decoder.prompt_encoder is None:
            # Of the mask decoder's several masks only the first is used.
            for head in network.decoder.mask_decoder.output_hypernetworks_mlps[1:]:
                head.requires_grad_(False)
        self.train()

    @property
    def encoder_body(self) -> nn.Module:
        """The pretrained part of the encoder; the neck of lite is not in it."""
        return cast(nn.Module, self.network.body.body)

    def train(self, mode: bool = True) -> Rollout:
        """Switch the mode of all but the encoder's body, which always evaluates.

        Its batch norm would adapt to the few images of a batch.
        """
        super().train(mode)
        self.network.body.eval()
        return self

    def forward(self, frames: Tensor, ids: Tensor) -> Losses:
        """Return the losses of clips.

        Args:
            frames: RGB uint8 (b, T, 3, S, S).
            ids: uint8 (b, T, S, S), the objects of each clip by their numbers; of those seen in
                its first frame every one is tracked.
        """
        rows = _objects(ids[:, 0])
        masks = torch.stack([ids[clip] == number for clip, number in rows])
        clips = [clip for clip, _ in rows]
        predictions, scores = self.track(frames, masks[:, 0], clips)
        logits, truth = predictions.flatten(0, 1), masks[:, 1:].flatten(0, 1).float()
        true_iou = iou(logits.detach(), truth)
        parts = {
            "cross_entropy": cross_entropy(logits, truth, self.config.hard_share).mean(),
            "dice": dice(logits, truth).mean(),
            "iou_error": F.mse_loss(scores.flatten(), true_iou),
        }
        total = (
            parts["cross_entropy"]
            + self.config.dice_weight * parts["dice"]
            + self.config.iou_weight * parts["iou_error"]
        )
        shown = {name: part.detach() for name, part in parts.items()}
        return Losses(total, {**shown, "iou": true_iou.mean()})

    def track(self, frames: Tensor, first: Tensor, clips: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Track objects from their first masks on; a pixel goes to one object of a clip at most.

        Args:
            frames: RGB uint8 (b, T, 3, S, S).
            first: Masks of n objects in the first frames, bool (n, S, S).
            clips: The clip that each object is in.

        Returns:
            Logits (n, T - 1, S, S) and scores (n, T - 1) of the later frames.
        """
        length, side = frames.shape[1], frames.shape[-1]
        features = self._encode(frames)
        memory = TrackerConfig(memory=self.config.memory)
        starts = [features[clip][0] for clip in clips]
        first = self._pointed_at(starts, first)
        with torch.autocast(frames.device.type, enabled=False):  # the target model is float32
            tracks = [
                ObjectMemory(memory, view, cells)
                for view, cells in zip(starts, self._cells(first.float(), starts[0]), strict=True)
            ]
        logits, scores = [], []
        for number in range(1, length):
            views = [features[clip][number] for clip in clips]
            decoded = self.network.segment(views, [track.memory for track in tracks])
            full = F.interpolate(decoded.logits[:, None], (side, side), mode="bilinear")[:, 0]
            logits.append(full)
            scores.append(decoded.score)
            with torch.no_grad():
                masks, cells = self._fed_back(full, decoded.logits, views[0], clips)
                rows = zip(tracks, views, cells, masks.any(2).any(1).tolist(), strict=True)
                for track, view, cell, found in rows:
                    if found:
                        track.update(view, cell, score=0.0, index=number)
                    else:
                        track.lost = True
        return torch.stack(logits, dim=1), torch.stack(scores, dim=1)

    @torch.no_grad()
    def _pointed_at(self, views: Sequence[Features], masks: Tensor) -> Tensor:
        """First masks (n, S, S) of which some are what the network makes of the object's box.

        A user's mask is not perfect either.
        """
        decoder = self.network.decoder
        if decoder.prompt_encoder is None:
            return masks
        chosen = (torch.rand(len(views)) < POINTED_AT).nonzero()[:, 0].tolist()
        if not chosen:
            return masks
        x16, x8, x4 = (
            torch.cat([maps for row in chosen if (maps := getattr(views[row], name)) is not None])
            for name in ("x16", "x8", "x4")
        )
        true = masks[chosen]
        found = decoder.point(x16, x8, x4, from_boxes(true)).logits[:, :1]
        found = F.interpolate(found, masks.shape[-2:], mode="bilinear")[:, 0]
        good = iou(found, true.float()) > GOOD
        masks = masks.clone()
        masks[chosen] = torch.where(good[:, None, None], found > 0, true)
        return masks

    def _fed_back(
        self, full: Tensor, logits: Tensor, like: Features, clips: Sequence[int]
    ) -> tuple[Tensor, Tensor]:
        """Masks (n, S, S) and what of them becomes the next templates (n, S/s, S/s)."""
        masks, cells = full > 0, []
        for clip in dict.fromkeys(clips):
            rows = [row for row, other in enumerate(clips) if other == clip]
            masks[rows] = soft_aggregate(full[rows])
            if self.config.feedback == "soft":
                cells += list(soft_cells(logits[rows], like=like.key))
        if self.config.feedback == "soft":
            return masks, torch.stack(cells)
        return masks, self._cells(masks.float(), like)

    def _encode(self, frames: Tensor) -> list[list[Features]]:
        """Features of each frame of each clip."""
        every = self.network.encode_pixels(frames.flatten(0, 1))
        length = frames.shape[1]
        return [
            [_one(every, row * length + number) for number in range(length)]
            for row in range(frames.shape[0])
        ]

    @staticmethod
    def _cells(masks: Tensor, like: Features) -> Tensor:
        """Masks (b, S, S) as templates want them, (b, S/s, S/s) at the key's stride."""
        return F.avg_pool2d(masks[:, None], like.key_stride)[:, 0]


def _objects(ids: Tensor) -> list[tuple[int, int]]:
    """Clip and number of every object in first frames, uint8 (b, S, S)."""
    return [
        (clip, number)
        for clip, row in enumerate(ids)
        for number in row.unique().tolist()
        if number > 0
    ]


def _one(features: Features, row: int) -> Features:
    def pick(maps: Tensor | None) -> Tensor | None:
        return None if maps is None else maps[row : row + 1]

    return Features(
        x16=features.x16[row : row + 1],
        key=features.key[row : row + 1],
        x8=pick(features.x8),
        x4=pick(features.x4),
    )
