"""A network on a device: frames in, masks out, in the chosen precision and without gradients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from samtracker.errors import ConfigError
from samtracker.model.decoder import Decoded
from samtracker.model.device import choose_device, choose_precision
from samtracker.model.encoders import Features
from samtracker.model.geometry import InputTransform
from samtracker.model.memory import Memory
from samtracker.model.network import Network
from samtracker.types import Frame, Mask, Prompt

CONVERTED = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear, nn.MultiheadAttention)
"""Layers that compute in half precision under autocast; norms stay in float32."""

FAINT = 0.02
"""Mask probability below which a soft template's pixel is background."""


@dataclass(frozen=True)
class EncodedFrame:
    """A frame as the network sees it.

    Attributes:
        image: RGB uint8 (H, W, 3), our own copy.
        geometry: how the frame lies on the canvas.
        features: of the canvas, with a batch of 1.
    """

    image: Frame
    geometry: InputTransform
    features: Features

    def cells(self, masks: Tensor) -> Tensor:
        """Masks (n, H, W) at frame size as templates want them: (n, h, w) at the key's stride."""
        return self.geometry.prepare_masks(masks, self.features.key_stride)

    def to_feature_grid(self, mask: Mask) -> Tensor:
        """The same for one mask (H, W): (h, w)."""
        return self.cells(torch.from_numpy(mask[None]).to(self.features.key.device))[0]


class Runtime:
    """Runs a network.

    Args:
        network: moved to the device, its weights to the precision, for good.
        device: see `choose_device`.
        precision: see `choose_precision`.

    Raises:
        ConfigError: an unknown device or precision.
    """

    def __init__(self, network: Network, *, device: str = "auto", precision: str = "auto") -> None:
        self.device = choose_device(device)
        self.precision = choose_precision(precision, self.device)
        # Depthwise convolutions on a CPU are about three times faster in this layout.
        self.network = network.eval().to(self.device)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        # Autocast would convert these weights again in every frame.
        for module in self.network.modules():
            if isinstance(module, CONVERTED):
                module.to(self.precision)

    @torch.inference_mode()
    def encode(self, image: Frame, size: int | None) -> EncodedFrame:
        """Encode a frame (H, W, 3); `size` as in `TrackerConfig`."""
        encoder = self.network.encoder
        geometry = encoder.geometry((image.shape[0], image.shape[1]), size)
        canvas = geometry.prepare(image, encoder.mean, encoder.std)
        with self._autocast(), _within_memory():
            features = self.network.encode(canvas)
        return EncodedFrame(image.copy(), geometry, features)

    @torch.inference_mode()
    def segment(self, frame: EncodedFrame, memories: Sequence[Memory]) -> Decoded:
        """See `Network.segment`."""
        with self._autocast(), _within_memory():
            decoded: Decoded = self.network.segment([frame.features] * len(memories), memories)
        return decoded

    @torch.inference_mode()
    def prompt(self, frame: EncodedFrame, prompt: Prompt) -> Mask:
        """The mask (H, W) that SAM's own prompt encoder gives for a box or clicks."""
        assert self.network.prompter is not None, "only SAM's encoders have a prompter"
        with self._autocast():
            logits = self.network.prompter(frame.features.x16, prompt, frame.geometry)
        mask: Mask = (frame.geometry.restore(logits)[0] > 0).cpu().numpy()
        return mask

    def _autocast(self) -> AbstractContextManager[None]:
        enabled = self.precision is not torch.float32
        context: AbstractContextManager[None] = torch.autocast(
            self.device.type, self.precision, enabled=enabled
        )
        return context


@contextmanager
def _within_memory() -> Iterator[None]:
    """Makes an error of ours of a device that has run out of memory."""
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        # On a CPU torch says it in a plain RuntimeError.
        if type(error) is RuntimeError and "can't allocate memory" not in str(error):
            raise
        raise ConfigError(
            "out of memory: give a smaller size, track fewer objects or use the device cpu"
        ) from error


def soft_cells(logits: Tensor, like: Tensor) -> Tensor:
    """Mask probabilities of logits (n, h, w), averaged over the cells of `like` (..., h', w').

    A place counts for the object with the largest logit there. Probabilities below `FAINT` count as
    0, so that the object is looked for around its mask.
    """
    shares = (torch.sigmoid(logits) * (logits == logits.amax(dim=0)))[:, None]
    shares = F.adaptive_avg_pool2d(shares * (shares > FAINT), (like.shape[-2], like.shape[-1]))
    return shares[:, 0]
