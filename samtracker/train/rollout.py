"""The tracker as it is trained: it follows a short clip step by step on its own predictions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from samtracker.config import TrainConfig
from samtracker.data.sample import MAIN
from samtracker.model.aggregation import soft_aggregate, soft_masks
from samtracker.model.encoders import STRIDE, Features
from samtracker.model.memory import RADIUS
from samtracker.model.network import Network
from samtracker.model.prompt_maps import PromptMaps
from samtracker.model.propagation import propagate_each
from samtracker.model.target import fit_targets, score_targets
from samtracker.train.losses import Losses, cross_entropy, dice, iou
from samtracker.train.prompting import from_boxes

POINTED_AT = 0.25
"""Share of the first masks that come from the network, pointed at with a box."""

GOOD = 0.6
"""IoU from which on such a mask is taken instead of the true one."""


class Rollout(nn.Module):
    """Tracks the objects of clips from their first masks on, as the tracker does.

    All objects of a batch are matched and decoded at once, in whole frames instead of windows.
    Their memory is the first frame and the last one, or the last one alone.

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
        # What tracking does not use would get no gradient.
        network.decoder.mask_decoder.output_hypernetworks_mlps[1:].requires_grad_(False)
        if network.prompter is not None:
            network.prompter.requires_grad_(
                config.pictures > 0 and network.own_prompter is not None
            )
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
            ids: uint8 (b, T, S, S), the objects of each clip by their numbers; `MAIN` is tracked
                and every other one that its first frame shows.
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
        every = self.network.encode_pixels(frames.flatten(0, 1))
        start = _rows(every, [clip * length for clip in clips])
        masks = self._shares(self._pointed_at(start, first).float(), start)
        rolling = self.config.memory == "rolling"
        with torch.autocast(frames.device.type, enabled=False):  # the target model is float32
            target = None if rolling else fit_targets(start.key.detach(), masks)
        reference, last = masks, start
        logits, scores = [], []
        for number in range(1, length):
            view = _rows(every, [clip * length + number for clip in clips])
            recent = propagate_each(view.key, last.key, masks, RADIUS // view.key_stride)
            earlier, score = recent, torch.zeros_like(masks)
            if target is not None:
                earlier = _from_reference(view, start, reference)
                score = score_targets(target, view.key)
            maps = PromptMaps(score, *earlier, *recent, masks)
            dense = self.network.matcher(view.x16, last.x16, _coarse(masks, view))
            decoded = self.network.decoder(view.x16, dense, maps, view.x8, view.x4)
            full = F.interpolate(decoded.logits[:, None], (side, side), mode="bilinear")[:, 0]
            logits.append(full)
            scores.append(decoded.score)
            with torch.no_grad():
                found, cells = self._fed_back(full, decoded.logits, view, clips)
            # Of an object that is not seen the last template stays.
            seen = found.flatten(1).any(1)
            masks = torch.where(seen[:, None, None], cells, masks)
            last = _chosen(seen, view, last)
        return torch.stack(logits, dim=1), torch.stack(scores, dim=1)

    @torch.no_grad()
    def _pointed_at(self, view: Features, masks: Tensor) -> Tensor:
        """First masks (n, S, S) of which some are what the network makes of the object's box.

        A user's mask is not perfect either.
        """
        prompter = self.network.own_prompter
        chosen = (torch.rand(len(masks)) < POINTED_AT).nonzero()[:, 0].tolist()
        if prompter is None or not chosen:
            return masks
        true, view = masks[chosen], _rows(view, chosen)
        assert view.x8 is not None, "lite has skips"
        assert view.x4 is not None, "lite has skips"
        found = prompter(view.x16, view.x8, view.x4, from_boxes(true), single=True).logits
        found = F.interpolate(found, masks.shape[-2:], mode="bilinear")[:, 0]
        good = iou(found, true.float()) > GOOD
        masks = masks.clone()
        masks[chosen] = torch.where(good[:, None, None], found > 0, true)
        return masks

    def _fed_back(
        self, full: Tensor, logits: Tensor, like: Features, clips: Sequence[int]
    ) -> tuple[Tensor, Tensor]:
        """Masks (n, S, S) and what of them becomes the next templates (n, S/s, S/s)."""
        masks, soft = full > 0, torch.zeros_like(like.key[:, 0], dtype=torch.float32)
        for clip in dict.fromkeys(clips):
            rows = [row for row, other in enumerate(clips) if other == clip]
            masks[rows] = soft_aggregate(full[rows])
            soft[rows] = soft_masks(logits[rows], like=like.key)
        if self.config.feedback == "soft":
            return masks, soft
        return masks, self._shares(masks.float(), like)

    @staticmethod
    def _shares(masks: Tensor, like: Features) -> Tensor:
        """Masks (b, S, S) as templates want them, (b, S/s, S/s) at the key's stride."""
        return F.avg_pool2d(masks[:, None], like.key_stride)[:, 0]


def _objects(ids: Tensor) -> list[tuple[int, int]]:
    """Clip and number of `MAIN` and every other object in first frames, uint8 (b, S, S)."""
    return [
        (clip, number)
        for clip, row in enumerate(ids)
        for number in sorted({MAIN, *row.unique().tolist()} - {0})
    ]


def _from_reference(view: Features, start: Features, masks: Tensor) -> tuple[Tensor, Tensor]:
    """Labels and best similarities (n, h, w) from the first frames, searched everywhere."""
    labels, best = propagate_each(view.coarse, start.coarse, _coarse(masks, view), None)
    size = masks.shape[1:]
    both = F.interpolate(torch.stack([labels, best], dim=1), size, mode="bilinear")
    return both[:, 0], both[:, 1]


def _coarse(masks: Tensor, like: Features) -> Tensor:
    """Masks (n, H/s, W/s) at the key's stride, at stride 16."""
    return F.avg_pool2d(masks[:, None], STRIDE // like.key_stride)[:, 0]


def _rows(features: Features, rows: Sequence[int]) -> Features:
    """Pick rows of a batch."""
    where = torch.tensor(rows, device=features.x16.device)
    return Features(
        x16=features.x16[where],
        key=features.key[where],
        x8=None if features.x8 is None else features.x8[where],
        x4=None if features.x4 is None else features.x4[where],
    )


def _chosen(seen: Tensor, view: Features, other: Features) -> Features:
    """Choose the template of each row: the view where it is seen (n,), else the other one."""
    here = seen[:, None, None, None]
    return Features(
        x16=torch.where(here, view.x16, other.x16), key=torch.where(here, view.key, other.key)
    )
