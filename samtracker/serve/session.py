"""A session: what one browser has open, and what is being done for it."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, closing
from functools import partial
from pathlib import Path
from typing import Any, Final

from samtracker.config import Direction
from samtracker.errors import PromptError, SamTrackerError
from samtracker.serve.clip import Clip
from samtracker.serve.compute import Compute, SessionCalls
from samtracker.serve.kept_session import KeptSession
from samtracker.serve.live import LiveStream
from samtracker.serve.log import HASHED, note
from samtracker.serve.placed_prompt import PlacedPrompt
from samtracker.serve.pointing import Choice, Pointer, Stroke
from samtracker.serve.run_lengths import RunLengths
from samtracker.serve.stream_states import PassStates
from samtracker.serve.timeline import Timeline
from samtracker.serve.tracked_pass import Way
from samtracker.serve.walk import Walk
from samtracker.tracker import Tracker
from samtracker.types import Frame

SHARE: Final = 20.0
"""How many times as long as writing to the disk takes nothing is written afterwards."""


class Session:
    """What one browser has open.

    Args:
        tracker: A tracker without a stream, whose network all sessions share.
        compute: The threads that compute.
        folder: Folder for the session's files, which is there.

    Attributes:
        folder: As given.
        clip: The video that is open; None for none.
        timeline: What was done in it.
        live: The stream of the browser's camera.
        watched: That of the server's source.
        message: Why tracking has ended early; empty if it has not.
        tracked: Numbers of all frames that were tracked since the clip was opened, in order; again
            where both directions were joined.
        used: `time.monotonic()` of the last request.
        calls: What is computed for it.
        exporting: Held while results are written.
        uploading: Held while a video is uploaded.
    """

    def __init__(self, tracker: Tracker, compute: Compute, folder: Path) -> None:
        self.folder = folder
        self.clip: Clip | None = None
        self.timeline = Timeline()
        self.live = LiveStream.of(tracker.fork())
        self.watched = LiveStream.of(tracker.fork())
        self.message = ""
        self.tracked: list[int] = []
        self.used = time.monotonic()
        self._tracker = tracker
        self.calls = SessionCalls(compute)
        self._editing = asyncio.Lock()
        self._decoding = asyncio.Lock()
        self._pointer = Pointer(tracker)
        self._states = PassStates(tracker)
        self._choice: tuple[PlacedPrompt, Choice] | None = None
        self._tracking: asyncio.Task[None] | None = None
        self._stopping = False
        self._reading: asyncio.Task[None] | None = None
        self._kept = KeptSession(folder)
        self._save_after = 0.0
        self.exporting = asyncio.Lock()
        self.uploading = asyncio.Lock()

    @property
    def is_tracking(self) -> bool:
        """Whether frames are being tracked."""
        return self._tracking is not None and not self._tracking.done()

    @property
    def is_busy(self) -> bool:
        """Whether something is being done for the session."""
        locks = (self._editing, self.uploading, self.exporting)
        return self.is_tracking or self.calls.are_waiting or any(it.locked() for it in locks)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is open: no video, and no stream."""
        return self.clip is None and self.live.is_empty and self.watched.is_empty

    async def open(self, path: Path, name: str) -> None:
        """Open a video in the place of the one that is open.

        Raises:
            VideoError: It is no video, or its frames are too large.
        """
        async with self._editing:
            pictures = self.folder / f"pictures-{secrets.token_hex(4)}"
            clip = await asyncio.to_thread(Clip.open, path, name, pictures)
            old = await self._close_clip()
            self._begin(clip, Timeline())
            if old is not None:
                await asyncio.to_thread(old.remove, self.folder)

    @property
    def tracker(self) -> Tracker:
        """A tracker without a stream, with the network and settings that all have."""
        return self._tracker

    async def begin_again(self, clip: Clip, timeline: Timeline) -> None:
        """Take over what was done in a clip elsewhere, in the place of what was done here.

        Raises:
            PromptError: Another clip is open by now; so do all changes of a clip.
        """
        async with self._edit(clip):
            self.timeline, self.tracked = timeline, []
            self._states, self._choice, self.message = PassStates(self._tracker), None, ""

    async def save(self) -> None:
        """Write what was done to the session's folder, if that is not the case already.

        Where that takes long it is not done each time.

        Raises:
            OutputError: The disk is full.
        """
        if time.monotonic() >= self._save_after:
            spent = await asyncio.to_thread(self._kept.save, self.timeline.history, self.clip)
            self._save_after = time.monotonic() + SHARE * spent

    async def put_away(self) -> None:
        """End everything that is being done, and write all there is, for `bring_back`.

        Raises:
            OutputError: The disk is full.
        """
        async with self._editing:
            await self._close_clip()
            await asyncio.to_thread(self._kept.save, self.timeline.history, self.clip)
            streams = {"live": self.live.tracker, "watched": self.watched.tracker}
            await asyncio.to_thread(self._kept.save_trackers, self._states, streams)

    async def bring_back(self, videos: Path | None) -> None:
        """Read what `save` and `put_away` wrote.

        Args:
            videos: Folder whose videos may be opened beside the session's own; None for none.

        Raises:
            SamTrackerError: It is damaged, or the video is gone.
        """
        history, clip = await asyncio.to_thread(self._kept.load, videos)
        if clip is not None:
            self._begin(clip, Timeline(history))
        streams = await asyncio.to_thread(self._kept.load_trackers, self._states, self._tracker)
        self.live, self.watched = LiveStream.of(streams["live"]), LiveStream.of(streams["watched"])

    async def close(self) -> None:
        """End everything that is being done."""
        async with self._editing:
            await self._close_clip()

    async def point(
        self, clip: Clip, frame: int, object_id: int | None, shown: Mapping[str, Any]
    ) -> Choice:
        """Give an object, or a new one, the likeliest mask of a box or clicks in a frame.

        Args:
            clip: The clip, which must be open.
            frame: Number of the frame.
            object_id: Id of the object; None for a new one.
            shown: The box or all clicks in this frame, by the name of the tracker's argument.

        Raises:
            PromptError: They show no object, hide another one, or there is no such object or frame.
            VideoError: The frame cannot be read again.
        """
        async with self._edit(clip):
            image = await self._image(clip, frame)
            number = self._number(object_id)
            prior = self._prior(frame, number, shown)
            choice = await self.calls.run(partial(self._pointer.point, image, shown, prior))
            self._place(frame, number, choice)
            return choice

    async def paint(self, clip: Clip, frame: int, object_id: int | None, stroke: Stroke) -> None:
        """Add a stroke of a brush to the mask of an object, or a new one, or take it away.

        Args:
            clip: The clip, which must be open.
            frame: Number of the frame.
            object_id: Id of the object; None for a new one.
            stroke: The stroke.

        Raises:
            PromptError: Nothing is left, another object is hidden, or there is no such object or
                frame.
            VideoError: The frame cannot be read again.
        """
        async with self._edit(clip):
            height, width, _ = (await self._image(clip, frame)).shape
            number = self._number(object_id)
            mask = stroke.change(self.timeline.mask(frame, number), (height, width))
            self._place(frame, number, Choice.painted(mask))

    async def preview(
        self, clip: Clip, frame: int, object_id: int | None, shown: Mapping[str, Any]
    ) -> Choice:
        """Find the mask that a box or clicks would give, and change nothing.

        Args:
            clip: The clip.
            frame: Number of the frame.
            object_id: Id of the object; None for a new one.
            shown: See `point`.

        Raises:
            PromptError: They show no object, or there is no such object or frame.
            VideoError: The frame cannot be read again.
        """
        image = await self._image(clip, frame)
        prior = self._prior(frame, self._number(object_id), shown)
        return await self.calls.run(partial(self._pointer.point, image, shown, prior, limit=1))

    async def next_candidate(self, clip: Clip) -> Choice:
        """Take the next mask that the last box or clicks may mean; after the last one the first.

        Raises:
            PromptError: Something else was done last, or the mask hides another object.
        """
        async with self._edit(clip):
            if self._choice is None:
                raise PromptError("point at something first: a box or a click")
            placed, choice = self._choice
            choice = choice.following()
            self._place(placed.frame, placed.object_id, choice, again=True)
            return choice

    async def change(self, clip: Clip, call: Callable[[Timeline], object]) -> None:
        """Make a change of the timeline that needs no frame.

        Raises:
            PromptError: There is no such object, or nothing to undo or to do again.
        """
        async with self._edit(clip):
            before = self.timeline.now
            call(self.timeline)
            self._states.follow(before, self.timeline.now)
            self._choice = None

    async def direct(self, clip: Clip, direction: Direction) -> None:
        """Say where frames are tracked to; what was tracked already is kept."""
        async with self._edit(clip):
            self.timeline.direct(direction)

    async def track(self, clip: Clip, first: int = 0, last: int | None = None) -> None:
        """Begin to track on from where the passes of the direction are up to date.

        Args:
            clip: The clip, which must be open.
            first: Number of the frame at which the pass backward ends.
            last: Number of the one at which the pass forward ends; None for that of the clip.

        Raises:
            PromptError: There is nothing to track.
        """
        async with self._edit(clip):
            if not self.timeline.now.prompts:
                raise PromptError("point at something first: a box or a click")
            self.message, self._stopping = "", False
            self._tracking = asyncio.create_task(self._track(first, last))

    async def stop(self, clip: Clip) -> None:
        """Stop tracking; what was tracked is kept."""
        async with self._edit(clip):
            pass

    @asynccontextmanager
    async def _edit(self, clip: Clip) -> AsyncIterator[None]:
        """Have a clip alone, while nothing is tracked.

        Raises:
            PromptError: Another one is open by now: another tab of the browser may have opened it.
        """
        async with self._editing:
            if clip is not self.clip:
                raise PromptError("another video was opened meanwhile: load the page again")
            await self._stop()
            yield

    async def _stop(self) -> None:
        self._stopping = True
        if self._tracking is not None:
            await self._tracking

    def _begin(self, clip: Clip, timeline: Timeline) -> None:
        self.clip, self.timeline, self.tracked = clip, timeline, []
        self._states, self._choice, self.message = PassStates(self._tracker), None, ""
        self._reading = asyncio.create_task(asyncio.to_thread(clip.read))

    async def _close_clip(self) -> Clip | None:
        """Stop tracking and reading; return the clip that was open."""
        await self._stop()
        if self.clip is not None:
            self.clip.close()
        if self._reading is not None:
            await self._reading
        return self.clip

    async def _track(self, first: int, last: int | None) -> None:
        now, begin, known = self.timeline.now, time.perf_counter(), len(self.tracked)
        limits = now.limits(first, last)
        failure: Exception | None = None
        try:
            for way in now.ways:
                await self._pass(way, limits[way])
        except SamTrackerError as error:
            failure, self.message = error, str(error)
        except Exception as error:
            failure = error
            self.message = "tracking failed: the log of the server says where"
        note(
            "tracked",
            level=logging.INFO if failure is None else logging.ERROR,
            error=failure,
            session=self.folder.name[:HASHED],
            direction=now.direction,
            frames=len(self.tracked) - known,
            ms=round(1000 * (time.perf_counter() - begin), 1),
        )

    async def _pass(self, way: Way, limit: float) -> None:
        """Make a pass as far as a frame, or until it is to stop."""
        assert self.clip is not None, "there is a prompt"
        walk = Walk(self.clip, self.timeline.now, way, self._states[way], limit)
        with closing(walk.frames()) as frames:
            while not (self._stopping or walk.is_at_end):
                frame = await asyncio.to_thread(next, frames, None)
                if frame is None:
                    break
                found = await self.calls.run(partial(walk.step, frame))
                if found is not None:
                    self.tracked += self.timeline.record(way, *found)

    async def _image(self, clip: Clip, number: int) -> Frame:
        """Return a frame exactly.

        Raises:
            PromptError: There is no such frame.
            VideoError: It cannot be read again.
        """
        async with self._decoding:
            if not 0 <= number < len(clip.times):
                raise PromptError(f"frame={number} is not there: choose another one")
            return (await asyncio.to_thread(clip.frame, number)).image

    def _prior(self, frame: int, number: int, shown: Mapping[str, Any]) -> RunLengths | None:
        """Return the mask that clicks correct: that before the first one in the frame."""
        if "box" in shown:
            return None
        there = self.timeline.prompt(frame, number)
        if there is not None and "points" in there.shown:
            return there.prior
        return self.timeline.mask(frame, number)

    def _number(self, object_id: int | None) -> int:
        """Return the id of an object, or the next one for a new object.

        Raises:
            PromptError: There is no such object.
        """
        if object_id is None:
            return self.timeline.last_id + 1
        self.timeline.check_id(object_id)
        return object_id

    def _place(self, frame: int, object_id: int, choice: Choice, *, again: bool = False) -> None:
        placed = PlacedPrompt(
            frame=frame,
            object_id=object_id,
            mask=choice.mask,
            shown=choice.shown,
            prior=choice.prior,
        )
        before = self.timeline.now
        self.timeline.place(placed, again=again)
        self._states.follow(before, self.timeline.now)
        self._choice = placed, choice
