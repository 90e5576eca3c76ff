"""SAM's image encoders, mask decoder and prompt encoder. The only importer of segment_anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from samtracker.errors import ConfigError
from samtracker.model.encoders import CHANNELS, Features, unit
from samtracker.model.geometry import SAM_SIDE, InputTransform
from samtracker.model.torchvision import ensure_torchvision
from samtracker.types import Prompt, Size


class SamEncoder(nn.Module):
    """SAM's ViT; the matching key is the unit-norm embedding itself, and there are no skips."""

    key_stride = 16
    skip_channels: tuple[int, int] | None = None
    mean: Tensor
    std: Tensor

    def __init__(self, image_encoder: nn.Module, mean: Tensor, std: Tensor) -> None:
        super().__init__()
        self.body = image_encoder
        self.register_buffer("mean", mean, persistent=False)
        self.register_buffer("std", std, persistent=False)

    def input_transform(self, frame: Size, size: int | None) -> InputTransform:
        """See `Encoder.input_transform`.

        Raises:
            ConfigError: A size other than SAM's own.
        """
        if size not in (None, SAM_SIDE):
            raise ConfigError(f"size={size} does not fit a SAM encoder: leave it out ({SAM_SIDE})")
        return InputTransform.sam(frame)

    def for_inference(self) -> SamEncoder:
        """See `Encoder.for_inference`: a transformer has nothing to fold."""
        return self

    def forward(self, model_input: Tensor) -> Features:
        """See `Encoder.__call__`; the model input is 1024 x 1024."""
        x16 = self.body(model_input)
        return Features(x16=x16, key=unit(x16.float()).to(x16.dtype))


class SamPrompter(nn.Module):
    """The checkpoint's own prompt encoder and mask decoder: a box or clicks to a first mask.

    The decoder is separate from the tracker's, which training moves away from prompts.
    """

    def __init__(self, prompt_encoder: Any, mask_decoder: Any) -> None:
        super().__init__()
        self.prompt_encoder = prompt_encoder
        self.mask_decoder = mask_decoder

    def forward(
        self, x16: Tensor, prompt: Prompt, transform: InputTransform
    ) -> tuple[Tensor, Tensor]:
        """Predict for a box or clicks what SAM does: its single mask, then three for a lone click.

        Returns:
            Low-resolution logits (1, 4, 256, 256) and predicted IoUs (1, 4).
        """
        points = boxes = None
        if prompt.points:
            clicks = np.array(prompt.points, np.float64)
            places = self._tensor(transform.to_model_input(clicks[:, :2]), x16)[None]
            points = places, self._tensor(clicks[:, 2], x16)[None]
        if prompt.box:
            boxes = self._tensor(np.array(transform.box_to_model_input(prompt.box)), x16)[None]
        sparse, dense = self.prompt_encoder(points=points, boxes=boxes, masks=None)
        logits, iou = self.mask_decoder.predict_masks(
            image_embeddings=x16,
            image_pe=self.prompt_encoder.get_dense_pe(),
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
        )
        return logits.float(), iou.float()

    @staticmethod
    def _tensor(values: np.ndarray, like: Tensor) -> Tensor:
        return torch.as_tensor(values, dtype=torch.float32, device=like.device)


def build_sam(name: str) -> Any:
    """Build SAM `vit_b`, `vit_l` or `vit_h` as `segment_anything` does, with random weights."""
    ensure_torchvision()
    from segment_anything import sam_model_registry

    build: Callable[[], Any] = sam_model_registry[name]
    return build()


def build_mask_decoder(candidates: int = 0) -> Any:
    """Build SAM's mask decoder with random weights, a single mask and so many candidates."""
    ensure_torchvision()
    from segment_anything.modeling import MaskDecoder, TwoWayTransformer

    transformer = TwoWayTransformer(depth=2, embedding_dim=CHANNELS, num_heads=8, mlp_dim=2048)
    return MaskDecoder(
        transformer_dim=CHANNELS, transformer=transformer, num_multimask_outputs=candidates
    )


def build_position() -> Any:
    """Build SAM's positional encoding of an image embedding, with a random basis."""
    ensure_torchvision()
    from segment_anything.modeling.prompt_encoder import PositionEmbeddingRandom

    return PositionEmbeddingRandom(CHANNELS // 2)


def build_prompt_encoder(position: Any) -> Any:
    """Build SAM's prompt encoder with random weights, with given positions."""
    ensure_torchvision()
    from segment_anything.modeling import PromptEncoder

    # The two sizes are those of inputs that it pads and embeds itself, which nobody asks it for.
    encoder = PromptEncoder(
        embed_dim=CHANNELS, image_embedding_size=(1, 1), input_image_size=(1, 1), mask_in_chans=16
    )
    encoder.pe_layer = position
    return encoder
