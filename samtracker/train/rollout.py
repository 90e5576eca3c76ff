"""The tracker as it is trained: it follows a short clip step by step on its own predictions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from samtracker.config import TrackerConfig, TrainConfig
from samtracker.model.encoders import Features
from samtracker.model.network import Network
from samtracker.model.runtime import soft_masks
from samtracker.tracking.object_memory import ObjectMemory
from samtracker.train.losses import cross_entropy, dice, iou


@dataclass(frozen=True)
class Losses:
    """The losses of a batch of clips.

    Attributes:
        total: Scalar that is minimized.
        parts: "cross_entropy", "dice", "iou_error" and "iou", without gradients; means over clips
            and steps.
    """

    total: Tensor
    parts: dict[str, Tensor]


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

    def forward(self, frames: Tensor, masks: Tensor) -> Losses:
        """Return the losses of clips.

        Args:
            frames: RGB uint8 (b, T, 3, S, S).
            masks: bool (b, T, S, S) of one object.
        """
        predictions, scores = self.track(frames, masks[:, 0])
        logits, truth = predictions.flatten(0, 1), masks[:, 1:].flatten(0, 1).float()
        true_iou = iou(logits.detach(), truth)
        parts = {
            "cross_entropy": cross_entropy(logits, truth, self.config.hard_share),
            "dice": dice(logits, truth),
            "iou_error": F.mse_loss(scores.flatten(), true_iou),
        }
        total = (
            parts["cross_entropy"]
            + self.config.dice_weight * parts["dice"]
            + self.config.iou_weight * parts["iou_error"]
        )
        shown = {name: part.detach() for name, part in parts.items()}
        return Losses(total, {**shown, "iou": true_iou.mean()})

    def track(self, frames: Tensor, first: Tensor) -> tuple[Tensor, Tensor]:
        """Track the object of each clip from its first mask on.

        Args:
            frames: RGB uint8 (b, T, 3, S, S).
            first: Masks of the first frames, bool (b, S, S).

        Returns:
            Logits (b, T - 1, S, S) and scores (b, T - 1) of the later frames.
        """
        count, length, side = frames.shape[0], frames.shape[1], frames.shape[-1]
        features = self._encode(frames)
        memory = TrackerConfig(memory=self.config.memory)
        with torch.autocast(frames.device.type, enabled=False):  # the target model is float32
            tracks = [
                ObjectMemory(memory, views[0], cells)
                for views, cells in zip(
                    features, self._cells(first.float(), features[0][0]), strict=True
                )
            ]
        logits, scores = [], []
        for number in range(1, length):
            views = [features[row][number] for row in range(count)]
            decoded = self.network.decode_objects(views, [track.contents() for track in tracks])
            full = F.interpolate(decoded.logits[:, None], (side, side), mode="bilinear")[:, 0]
            logits.append(full)
            scores.append(decoded.score)
            with torch.no_grad():
                masks = full > 0
                if self.config.feedback == "soft":
                    soft = [soft_masks(row[None], like=views[0].key) for row in decoded.logits]
                    cells = torch.cat(soft)
                else:
                    cells = self._cells(masks.float(), views[0])
                rows = zip(tracks, views, cells, masks.any(2).any(1).tolist(), strict=True)
                for track, view, cell, found in rows:
                    if found:
                        track.update(view, cell, score=0.0, index=number)
                    else:
                        track.lost = True
        return torch.stack(logits, dim=1), torch.stack(scores, dim=1)

    def _encode(self, frames: Tensor) -> list[list[Features]]:
        """Features of each frame of each clip."""
        encoder = self.network.encoder
        pixels = frames.flatten(0, 1).float()
        canvas = (pixels - encoder.mean[:, None, None]) / encoder.std[:, None, None]
        every = self.network.encode(canvas.contiguous(memory_format=torch.channels_last))
        length = frames.shape[1]
        return [
            [_one(every, row * length + number) for number in range(length)]
            for row in range(frames.shape[0])
        ]

    @staticmethod
    def _cells(masks: Tensor, like: Features) -> Tensor:
        """Masks (b, S, S) as templates want them, (b, S/s, S/s) at the key's stride."""
        return F.avg_pool2d(masks[:, None], like.key_stride)[:, 0]


def _one(features: Features, row: int) -> Features:
    def pick(maps: Tensor | None) -> Tensor | None:
        return None if maps is None else maps[row : row + 1]

    return Features(
        x16=features.x16[row : row + 1],
        key=features.key[row : row + 1],
        x8=pick(features.x8),
        x4=pick(features.x4),
    )
