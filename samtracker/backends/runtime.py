"""A network on a device: frames in, masks out, in the chosen precision and without gradients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from samtracker.backends.choice import build_backend, choose_backend
from samtracker.backends.out_of_memory import within_memory
from samtracker.backends.torch_backend import TorchBackend
from samtracker.backends.turn import Turn
from samtracker.model.decoder import Decoded
from samtracker.model.device import choose_device, choose_precision
from samtracker.model.encoders import Features
from samtracker.model.geometry import InputTransform
from samtracker.model.memory import Memory
from samtracker.model.network import Network
from samtracker.model.process import check_process
from samtracker.model.prompt_batch import PromptBatch
from samtracker.model.prompter import Candidates
from samtracker.model.sam import SamPrompter
from samtracker.process_settings import keep_memory
from samtracker.types import Candidate, Frame, Mask, Prompt


@dataclass(frozen=True)
class EncodedFrame:
    """A frame as the network sees it.

    Attributes:
        image: RGB uint8 (H, W, 3), our own copy.
        transform: From the frame to the model input.
        features: Of the model input, with a batch of 1.
    """

    image: Frame
    transform: InputTransform
    features: Features

    def masks_to_grid(self, masks: Tensor) -> Tensor:
        """Scale masks (n, H, W) to the feature grid: the covered share (n, h, w) of each cell.

        The grid is that of the matching key, as templates want it.
        """
        return self.transform.prepare_masks(masks, self.features.key_stride)

    def to_feature_grid(self, mask: Mask) -> Tensor:
        """Scale one mask (H, W) to the feature grid: (h, w)."""
        # A copy, because torch warns about sharing memory with read-only arrays.
        return self.masks_to_grid(torch.tensor(mask[None], device=self.features.key.device))[0]


class Runtime:
    """A network on a device, in inference mode.

    Args:
        network: Moved to the device, its weights to the precision, for good.
        device: See `choose_device`.
        precision: See `choose_precision`.
        backend: See `choose_backend`.

    Attributes:
        network: The network.
        device: Where torch computes.
        precision: In which number format.
        backend: Computes what costs most.
        turn: Of the trackers that share it.

    Raises:
        ConfigError: An unknown device, precision or backend, one that is not there or does not fit,
            or a forked process, see `check_process`.
    """

    def __init__(
        self,
        network: Network,
        *,
        device: str = "auto",
        precision: str = "auto",
        backend: str = "auto",
    ) -> None:
        self.device = choose_device(device)
        check_process(self.device)
        self.precision = choose_precision(precision, self.device)
        if self.device.type == "cpu":
            keep_memory()
        chosen = choose_backend(backend, network, self.device)
        self._torch = TorchBackend(network, self.device, self.precision)
        self.network = self._torch.network
        self.turn = Turn(self.device)
        self.backend = build_backend(chosen, self._torch)

    @property
    def precision_name(self) -> str:
        """The precision by the name that `choose_precision` knows it by."""
        return str(self.precision).removeprefix("torch.")

    @torch.inference_mode()
    def encode(self, image: Frame, size: int | None) -> EncodedFrame:
        """Encode a frame.

        Args:
            image: RGB uint8 (H, W, 3).
            size: As in `TrackerConfig`.

        Raises:
            ConfigError: A size that the encoder does not know.
            OutOfMemoryError: The device has no memory left for it.
        """
        encoder = self.network.encoder
        transform = encoder.input_transform((image.shape[0], image.shape[1]), size)
        with within_memory():
            model_input = transform.prepare(image, encoder.mean, encoder.std)
            features = self.backend.encode(model_input)
            return EncodedFrame(image.copy(), transform, features)

    @torch.inference_mode()
    def decode(self, frame: EncodedFrame, memories: Sequence[Memory]) -> Decoded:
        """Decode objects in a frame; see `Network.decode_objects`.

        Raises:
            OutOfMemoryError: The device has no memory left for it.
        """
        features = [frame.features] * len(memories)
        with self._torch.autocast(), within_memory():
            return self.network.decode_objects(features, memories, self.backend.decode)

    @torch.inference_mode()
    def prompt(self, frame: EncodedFrame, prompt: Prompt) -> list[Candidate]:
        """Predict what a box or clicks may mean with SAM's own prompt encoder, likeliest first.

        Raises:
            OutOfMemoryError: The device has no memory left for it.
        """
        prompter = self.network.prompter
        assert isinstance(prompter, SamPrompter), "lite is pointed with by `point`"
        with within_memory():
            with self._torch.autocast():
                found = Candidates(*prompter(frame.features.x16, prompt, frame.transform))
            masks = (frame.transform.restore(found.logits[0]) > 0).cpu().numpy()
        return [
            Candidate(mask=masks[number], score=float(found.scores[0, number]))
            for _, number in found.order(ambiguous=prompt.is_lone_click)
        ]

    @torch.inference_mode()
    def point(self, squares: NDArray[np.uint8], prompts: PromptBatch) -> Candidates:
        """Decode what is pointed at in n squares with lite's prompter.

        Args:
            squares: RGB uint8 (n, S, S, 3).
            prompts: of the squares, on the CPU.

        Raises:
            OutOfMemoryError: the device has no memory left for it.
        """
        prompter = self.network.own_prompter
        assert prompter is not None, "SAM is pointed with by `prompt`"
        with within_memory():
            pixels = torch.from_numpy(squares).to(self.device).permute(0, 3, 1, 2)
            features = self.backend.encode(self.network.normalized(pixels))
            with self._torch.autocast():
                assert features.x8 is not None, "lite has skips"
                assert features.x4 is not None, "lite has skips"
                found: Candidates = prompter(
                    features.x16, features.x8, features.x4, prompts.to(self.device)
                )
        return found
