"""The whole network: encode a frame once, then decode any number of objects in it."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from samtracker.config import ModelConfig
from samtracker.errors import WeightsError
from samtracker.model.crop import Crop
from samtracker.model.decoder import Decoded, Decoder
from samtracker.model.encoders import Encoder, Features
from samtracker.model.lite import LiteEncoder
from samtracker.model.matcher import Matcher
from samtracker.model.memory import Memory
from samtracker.model.object_crops import ObjectCrops
from samtracker.model.process import check_process
from samtracker.model.prompt_maps import PromptMaps, prompt_maps
from samtracker.model.prompter import Prompter
from samtracker.model.sam import (
    SamEncoder,
    SamPrompter,
    build_mask_decoder,
    build_position,
    build_prompt_encoder,
    build_sam,
)
from samtracker.model.search import search

NOWHERE = -10.0
"""Logit outside an object's crop."""

CANDIDATES = 3
"""Masks for a click that may mean several things, as in SAM."""

SEED = 0
"""Seed of the parts that start random: the same checkpoint always gives the same network."""


class Network(nn.Module):
    """An encoder, the matcher, the decoder that tracks and a prompter that is pointed with.

    Attributes:
        config: What it was built from.
        prompter: Makes masks of boxes and clicks; that of the checkpoint with SAM, None with a
            lite of depth 16.
        file: The weight file it was filled from; None for random weights.
        digest: Sha256 of that file as it was then; empty for random weights.

    Raises:
        ConfigError: The process is forked, see `check_process`.
    """

    file: Path | None = None
    digest: str = ""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        check_process(torch.device("cpu"))  # filling a network is work for torch's threads already
        self.config = config
        self.prompter: Prompter | SamPrompter | None = None
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(SEED)
            mask_downscaling: nn.Module | None = None
            if config.encoder == "lite":
                body: nn.Module = LiteEncoder(config.depth)
                deep = config.depth == 32
                # The tokens of its other masks take part in the attention all the same.
                mask_decoder = build_mask_decoder(CANDIDATES if deep else 0)
                position = build_position()
                if deep:
                    mask_downscaling = build_prompt_encoder(position).mask_downscaling
            else:
                sam = build_sam(config.encoder)
                body = SamEncoder(
                    sam.image_encoder, sam.pixel_mean.flatten(), sam.pixel_std.flatten()
                )
                mask_decoder, position = (
                    sam.mask_decoder,
                    copy.deepcopy(sam.prompt_encoder.pe_layer),
                )
                self.prompter = SamPrompter(sam.prompt_encoder, copy.deepcopy(sam.mask_decoder))
            self.body = body
            self.matcher = Matcher()
            skips = self.encoder.skip_channels
            self.decoder = Decoder(mask_decoder, position, skips, mask_downscaling)
            if config.depth == 32 and skips is not None:
                self.prompter = Prompter(
                    build_mask_decoder(CANDIDATES),
                    build_prompt_encoder(build_position()),
                    skips,
                    mask_decoder,
                )

    @property
    def encoder(self) -> Encoder:
        """The image encoder."""
        return cast(Encoder, self.body)

    @property
    def own_prompter(self) -> Prompter | None:
        """The prompter that is trained along: that of lite; that of SAM stays as it is."""
        return self.prompter if isinstance(self.prompter, Prompter) else None

    def encode(self, model_input: Tensor) -> Features:
        """Encode a batch (b, 3, H, W) from `InputTransform.prepare`."""
        return self.encoder(model_input)

    def normalized(self, frames: Tensor) -> Tensor:
        """Make model inputs of RGB uint8 frames (b, 3, H, W) that have their size."""
        mean, std = (item[:, None, None] for item in (self.encoder.mean, self.encoder.std))
        return ((frames.float() - mean) / std).contiguous(memory_format=torch.channels_last)

    def encode_pixels(self, frames: Tensor) -> Features:
        """Encode RGB uint8 frames (b, 3, H, W) that have the size of the model input."""
        return self.encode(self.normalized(frames))

    def decode_crops(self, crops: ObjectCrops) -> Decoded:
        """Match and decode objects in their crops: the costly part of `decode_objects`."""
        dense = self.matcher(crops.image, crops.template, crops.masks)
        decoded: Decoded = self.decoder(crops.image, dense, crops.maps, crops.x8, crops.x4)
        return decoded

    def decode_objects(
        self,
        features: Sequence[Features],
        memories: Sequence[Memory],
        decode_crops: Callable[[ObjectCrops], Decoded] | None = None,
    ) -> Decoded:
        """Search, match and decode n objects; those with crops of one size form one batch.

        Args:
            features: Of each object's frame, with a batch of 1; all of one size.
            memories: Of each object.
            decode_crops: What decodes in the place of `decode_crops`; None for that.

        Returns:
            Logits over the whole model input, (n, H/4, W/4), scores and similarities (n,).
        """
        decode_crops = decode_crops or self.decode_crops
        crops = search(features, memories)
        moved = [memory.moved(crop) for memory, crop in zip(memories, crops, strict=True)]
        prompts = prompt_maps(features, moved, crops)
        groups = defaultdict(list)
        for row, crop in enumerate(crops):
            groups[crop.size].append(row)
        height, width = (4 * side for side in features[0].x16.shape[-2:])
        x16 = features[0].x16
        logits = torch.full((len(memories), height, width), NOWHERE, device=x16.device)
        scores = torch.zeros(len(memories), device=x16.device)
        similarities = torch.zeros_like(scores)
        for rows in groups.values():
            views = [features[row] for row in rows]
            windows = [crops[row] for row in rows]
            image = _stacked([view.x16 for view in views], windows, 16)
            last = [memories[row].last for row in rows]
            places = [template.crop() for template in last]
            template = _stacked([item.features.x16 for item in last], places, 16)
            masks = torch.stack(
                [place.cut(item.shares(), 16) for item, place in zip(last, places, strict=True)]
            )
            x8 = _windows([view.x8 for view in views], windows, 8)
            x4 = _windows([view.x4 for view in views], windows, 4)
            maps = PromptMaps.batch([prompts[row] for row in rows])
            decoded = decode_crops(ObjectCrops(image, template, masks, maps, x8, x4))
            for row, crop, content in zip(rows, windows, decoded.logits, strict=True):
                crop.paste(content, logits[row], 4)
            scores[rows] = decoded.score
            similarities[rows] = decoded.similarity
        return Decoded(logits, scores, similarities)

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Load every tensor from a state dict of this network.

        Raises:
            WeightsError: Names or shapes differ.
        """
        try:
            self.load_state_dict(state)
        except RuntimeError as error:
            raise _misfit("a samtracker network with encoder", self.config, error) from error

    def load_sam(self, state: Mapping[str, Tensor]) -> None:
        """Start from an official SAM checkpoint: encoder, prompt encoder and mask decoder.

        Raises:
            WeightsError: Names or shapes differ from this encoder's checkpoint.
        """
        if self.config.encoder == "lite":
            raise WeightsError(
                f"encoder={self.config.encoder!r} does not start from a SAM checkpoint"
            )
        sam = build_sam(self.config.encoder)
        try:
            sam.load_state_dict(state)
        except RuntimeError as error:
            raise _misfit("SAM's checkpoint for", self.config, error) from error
        cast(SamEncoder, self.body).body = sam.image_encoder
        self.prompter = SamPrompter(sam.prompt_encoder, sam.mask_decoder)
        self.decoder.mask_decoder.load_state_dict(sam.mask_decoder.state_dict())
        self.decoder.position.load_state_dict(sam.prompt_encoder.pe_layer.state_dict())


def _misfit(what: str, config: ModelConfig, error: RuntimeError) -> WeightsError:
    detail = " ".join(str(error).split())
    return WeightsError(f"the weights do not fit {what} {config.encoder!r}: {detail[:300]}")


def _windows(maps: Sequence[Tensor | None], crops: Sequence[Crop], stride: int) -> Tensor | None:
    """Cut each object's window of its own map, as one batch; None without maps."""
    given = [item for item in maps if item is not None]
    return _stacked(given, crops, stride) if given else None


def _stacked(maps: Sequence[Tensor], crops: Sequence[Crop], stride: int) -> Tensor:
    """Cut each object's window of its own map (1, c, H, W), as one batch."""
    return torch.stack([crop.cut(item[0], stride) for item, crop in zip(maps, crops, strict=True)])
