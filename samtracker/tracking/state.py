"""What a stream changes in a tracker."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import torch

from samtracker.backends.runtime import EncodedFrame, Runtime
from samtracker.errors import FrameError, NotInitializedError, PromptError
from samtracker.tracking.objects import Objects
from samtracker.types import Frame, FrameResult, Mask, Size, check_frame


@dataclass
class StreamState:
    """All that a stream changes; a saved tracker holds it under these names.

    Attributes:
        objects: Objects of the stream.
        frame: Current frame; None before the stream begins.
        result: What was found in it; None before the stream begins.
    """

    objects: Objects
    frame: EncodedFrame | None = None
    result: FrameResult | None = None

    def last(self) -> FrameResult:
        """Return the result of the current frame.

        Raises:
            NotInitializedError: The stream has not begun.
        """
        if self.result is None:
            raise NotInitializedError("there are no objects yet: call init(frame, mask=...) first")
        return self.result

    def encoded(self, frame: Frame) -> EncodedFrame | None:
        """Return the current frame as it was encoded, if it is this one; else None."""
        same = self.frame is not None and np.array_equal(frame, self.frame.image)
        return self.frame if same else None

    def current(self, frame: Frame) -> EncodedFrame:
        """Return the current frame as it was encoded.

        Raises:
            FrameError: It is another one.
            NotInitializedError: The stream has not begun.
        """
        index = self.last().index
        check_frame(frame)
        encoded = self.encoded(frame)
        if encoded is None:
            raise FrameError(
                f"the frame is not the current one, number {index} of the stream: "
                "give the frame given last to init or step"
            )
        return encoded

    def encode(
        self,
        runtime: Runtime,
        frame: Frame,
        working_size: int | None,
        *,
        current_size: Size | None = None,
    ) -> EncodedFrame:
        """Encode a frame, the current one not again.

        Args:
            runtime: Runtime that encodes it.
            frame: RGB uint8 (H, W, 3).
            working_size: Size to work at, see `TrackerConfig`.
            current_size: (H, W) that it must have; None for any.

        Raises:
            FrameError: It is no frame, or of another size.
            OutOfMemoryError: The device has no memory left for it.
        """
        check_frame(frame, size=current_size)
        current = self.encoded(frame)
        return runtime.encode(frame, working_size) if current is None else current

    def step(
        self,
        runtime: Runtime,
        frame: Frame,
        timestamp: float | None,
        working_size: int | None,
        *,
        absent: Collection[int],
        cut: bool,
    ) -> FrameResult:
        """Find every object in the next frame; see `Tracker.step`."""
        last = self.last()
        if not isinstance(absent, Collection):
            raise PromptError(f"absent={absent!r} does not fit: give ids of objects, as [1]")
        gone = frozenset(map(self.objects.known, absent))
        encoded = self.encode(runtime, frame, working_size, current_size=last.size)
        index = last.index + 1
        objects = self.objects.step(runtime, encoded, index, absent=gone, cut=cut)
        self.frame = encoded  # only now: memory may have run out
        self.result = FrameResult(index=index, timestamp=timestamp, size=last.size, objects=objects)
        return self.result

    def seen(self, encoded: EncodedFrame, object_id: int) -> Mask | None:
        """Return the mask of an object in a frame; None unless it is seen, and that the current."""
        mine = self.last()[object_id]
        return mine.mask if encoded is self.frame and mine.box is not None else None

    def correct(self, encoded: EncodedFrame, object_id: int, mask: Mask) -> FrameResult:
        """Show an object's mask in the current frame or another one.

        Returns:
            The result of the current frame.

        Raises:
            PromptError: See `Objects.set_mask` and `Objects.add_reference`.
            OutOfMemoryError: The device has no memory left for it.
        """
        if encoded is self.frame:
            self.result = self.objects.set_mask(encoded, self.last(), object_id, mask)
        else:
            self.objects.add_reference(encoded, self.last(), object_id, mask)
        return self.last()

    @torch.inference_mode()
    def resize(self, runtime: Runtime, working_size: int | None) -> None:
        """Go on at another working size.

        Raises:
            ConfigError: The encoder knows one size only.
            OutOfMemoryError: The device has no memory left for it.
        """
        if self.frame is not None:
            encoded = runtime.encode(self.frame.image, working_size)
            self.objects.resize(encoded.features)
            self.frame = encoded

    def copied(self) -> StreamState:
        """Return a copy that can change while this one stays as it is."""
        return replace(self, objects=self.objects.copied())
