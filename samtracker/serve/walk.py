"""A walk of a tracker through a clip, which gives it the prompts of a timeline on its way."""

from __future__ import annotations

from collections.abc import Generator

from samtracker.serve.clip import Clip
from samtracker.serve.run_lengths import RunLengths
from samtracker.serve.stream_states import StreamStates
from samtracker.serve.timeline import Found, Timeline
from samtracker.types import Frame
from samtracker.video.read import VideoFrame


class Walk:
    """Tracks on from the first frame of a clip that is not up to date.

    Args:
        clip: The clip.
        timeline: Its prompts; they must not change meanwhile, and there is at least one.
        states: Trackers to go on from; more are kept on the way.
    """

    def __init__(self, clip: Clip, timeline: Timeline, states: StreamStates) -> None:
        first, clean = timeline.first, timeline.now.clean
        assert first is not None, "there is a prompt"
        assert clean is not None, "there is a prompt"
        self._clip = clip
        self._timeline = timeline
        self._states = states
        self._clean = clean
        self._number, self._tracker = states.before(clean, first)
        self._arrived = True
        self._ids = timeline.stream_ids()

    @property
    def number(self) -> int:
        """Number of the frame that comes next."""
        return self._number

    def frames(self) -> Generator[VideoFrame, None, None]:
        """Yield the frames that `step` is to be called with, one after the other.

        Raises:
            VideoError: They cannot be read.
        """
        return self._clip.frames(self._number)

    def step(self, frame: VideoFrame) -> tuple[int, tuple[Found, ...]] | None:
        """Track one frame more.

        Returns:
            Its number and the objects in it; None where these are known already.

        Raises:
            PromptError: A prompt does not fit what is tracked by now.
            OutOfMemoryError: There is no memory left for it.
        """
        number, image = self._number, frame.image
        if not self._arrived:
            self._tracker.step(image, frame.time)
            self._states.keep(number, self._tracker)
        self._give_prompts(number, image, frame.time)
        self._number, self._arrived = number + 1, False
        if number < self._clean:
            return None
        return number, self._found()

    def _give_prompts(self, number: int, image: Frame, time: float) -> None:
        tracker = self._tracker
        for prompt in self._timeline.prompts_of(number):
            mask, stream_id = prompt.mask.decode(), self._ids[prompt.object_id]
            if tracker.result is None:
                tracker.init(image, mask={stream_id: mask}, timestamp=time)
            elif stream_id in tracker.object_ids:
                tracker.correct(image, stream_id, mask=mask)
            else:
                tracker.add_object(image, mask=mask, object_id=stream_id)

    def _found(self) -> tuple[Found, ...]:
        names = {stream_id: object_id for object_id, stream_id in self._ids.items()}
        assert self._tracker.result is not None, "the first frame has a prompt"
        return tuple(
            Found(
                id=names[item.id],
                mask=RunLengths.of(item.mask),
                score=item.score,
                state=item.state,
            )
            for item in self._tracker.result.objects
        )
