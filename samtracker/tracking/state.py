"""What a stream changes in a tracker."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samtracker.backends.runtime import EncodedFrame
from samtracker.errors import FrameError, NotInitializedError
from samtracker.tracking.objects import Objects
from samtracker.types import Frame, FrameResult, check_frame


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
