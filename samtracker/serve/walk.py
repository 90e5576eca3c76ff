"""A walk of a tracker through a clip, which gives it the prompts of a timeline on its way."""

from __future__ import annotations

from collections.abc import Generator

from samtracker.serve.clip import Clip
from samtracker.serve.snapshot import Snapshot
from samtracker.serve.stream_states import StreamStates
from samtracker.serve.tracked_pass import STEPS, Found, Way
from samtracker.types import Frame
from samtracker.video.read import VideoFrame


class Walk:
    """Tracks on from the first frame of a pass that is not up to date.

    A stream gives rising ids to objects as they start; those that start in one frame come in the
    order that they have forward.

    Args:
        clip: The clip.
        now: Its prompts, at least one, and what was tracked.
        way: The pass.
        states: Trackers to go on from; more are kept on the way.
        limit: Number of the last frame that is tracked.
    """

    def __init__(
        self, clip: Clip, now: Snapshot, way: Way, states: StreamStates, limit: float
    ) -> None:
        self._way, self._pass, self._limit = way, now.passes[way], limit
        assert self._pass.clean is not None, "there is a prompt"
        self._clip = clip
        self._states = states
        frames = now.frames
        self._number, self._tracker = states.before(self._pass.clean, self._pass.first_of(frames))
        self._arrived = True
        order = list(now.prompted)
        self._prompts = {
            frame: sorted(
                (prompt for prompt in now.prompts if prompt.frame == frame),
                key=lambda prompt: order.index(prompt.object_id),
            )
            for frame in (frames if way == "forward" else reversed(frames))
        }
        met = (prompt.object_id for prompts in self._prompts.values() for prompt in prompts)
        self._ids = {number: place for place, number in enumerate(dict.fromkeys(met), start=1)}

    @property
    def is_at_end(self) -> bool:
        """Whether all frames have been tracked, as far as the limit."""
        return (self._limit - self._number) * STEPS[self._way] < 0

    def frames(self) -> Generator[VideoFrame, None, None]:
        """Yield the frames that `step` is to be called with, one after the other.

        Raises:
            VideoError: They cannot be read.
        """
        return self._clip.frames(self._number, backward=self._way == "backward")

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
        self._number, self._arrived = number + STEPS[self._way], False
        if self._pass.reaches(number) and number != self._pass.clean:
            return None
        return number, self._found()

    def _give_prompts(self, number: int, image: Frame, time: float) -> None:
        tracker = self._tracker
        for prompt in self._prompts.get(number, ()):
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
        return tuple(Found.of(item, names[item.id]) for item in self._tracker.result.objects)
