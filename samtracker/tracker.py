"""The streaming tracker: one frame in, one mask for every object out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from copy import copy
from dataclasses import replace
from pathlib import Path

from numpy.typing import ArrayLike

from samtracker.backends.runtime import Runtime
from samtracker.backends.turn import in_turn
from samtracker.checkpoints.load import load_network
from samtracker.config import TrackerConfig
from samtracker.model.network import Network
from samtracker.prompts.prompts import Points, find_candidates, first_masks, single_mask
from samtracker.tracking.checks import check_id
from samtracker.tracking.log import ReplayLog, logged
from samtracker.tracking.objects import Objects
from samtracker.tracking.save import SavedTracker, load_stream, load_tracker, save_tracker
from samtracker.tracking.state import StreamState
from samtracker.tracking.stream import StreamResult, stream
from samtracker.types import Box, Candidate, Frame, FrameResult, Mask, check_frame, to_seconds


class Tracker:
    """A tracker of any number of objects through a stream of frames of one size.

    A call that fails changes nothing. Calls from several threads come one after the other: give
    each thread its own tracker. Processes must be spawned, not forked from one that had a tracker.

    Args:
        network: Network to track with; `from_pretrained` is the usual way to get one.
        config: Settings: memory, feedback, working size.
        device: Where the network runs; "auto" is the first of cuda, mps and cpu that is there.
        precision: Number format of the network; "auto" is half precision where it is faster.
        backend: "torch", "openvino" or "onnxruntime"; "auto" is the quickest here for the network.

    Attributes:
        config: Settings, as given; `resize` changes the size.
        runtime: Runs the network on the device.
        log: Log of what is done from now on, see `samtracker.tracking.log`; None for none.

    Raises:
        ConfigError: One of the last three is unknown or not there, or the process is forked.
    """

    log: ReplayLog | None = None

    def __init__(
        self,
        network: Network,
        config: TrackerConfig | None = None,
        *,
        device: str = "auto",
        precision: str = "auto",
        backend: str = "auto",
    ) -> None:
        self.config = config or TrackerConfig()
        self.runtime = Runtime(network, device=device, precision=precision, backend=backend)
        self._state = StreamState(Objects(self.config))

    @classmethod
    def from_pretrained(
        cls,
        name_or_path: str | Path = "lite",
        *,
        device: str = "auto",
        precision: str = "auto",
        backend: str = "auto",
        size: int | None = None,
        memory: str = "bank:1",
        feedback: str = "hard",
        target_model: bool = True,
        anchors: int = 8,
        max_objects: int = 256,
    ) -> Tracker:
        """Make a tracker with the weights of a name (see `samtrack weights list`) or a file.

        For the other arguments see `Tracker` and `TrackerConfig`.

        Raises:
            WeightsError: The weights are missing or damaged.
            ConfigError: An argument does not exist or does not fit.
        """
        config = TrackerConfig(
            size=size,
            memory=memory,
            feedback=feedback,
            anchors=anchors,
            max_objects=max_objects,
            target_model=target_model,
        )
        network = load_network(name_or_path)
        return cls(network, config, device=device, precision=precision, backend=backend)

    @property
    def object_ids(self) -> tuple[int, ...]:
        """Ids of the objects being tracked, in rising order."""
        return self._state.objects.ids

    @property
    def result(self) -> FrameResult | None:
        """Result of the current frame; None before `init`."""
        return self._state.result

    @in_turn
    def reset(self) -> None:
        """Forget the stream: its objects, its frame size and the ids given so far."""
        self._state = StreamState(Objects(self.config))

    @logged
    def init(
        self,
        frame: Frame,
        *,
        mask: ArrayLike | Mapping[int, Mask] | None = None,
        box: Box | None = None,
        points: Points | None = None,
        timestamp: float | None = None,
        on_object: Callable[[int, int], object] | None = None,
    ) -> FrameResult:
        """Start a stream, forgetting any earlier one.

        Args:
            frame: RGB uint8 (H, W, 3).
            mask: One object (bool, 0/1, 0/255), an id map of several (see
                `samtracker.prompts.mask_formats`), or bool masks by object id.
            box: Box x1, y1, x2, y2 around one object; x2 and y2 are exclusive.
            points: Clicks (x, y) on one object, or (x, y, label) where label 0 is background.
            timestamp: Time of the frame in seconds.
            on_object: Called for every object that is ready, with how many are and will be.

        Returns:
            The first masks, as the tracker understood them.

        Raises:
            FrameError: The frame is not RGB uint8, or the timestamp no time.
            PromptError: Not one of mask, box and points is given, or it shows none or too many.
        """
        check_frame(frame)
        time = to_seconds(timestamp)
        encoded = self.runtime.encode(frame, self.config.size)
        limit = self.config.max_objects
        masks = first_masks(self.runtime, encoded, mask=mask, box=box, points=points, limit=limit)
        objects = Objects(self.config)
        result = objects.start(encoded, time, masks, on_object)
        self._state = StreamState(objects, encoded, result)
        return result

    @in_turn
    def candidates(
        self,
        frame: Frame,
        *,
        box: Box | None = None,
        points: Points | None = None,
        prior: ArrayLike | None = None,
        limit: int = 3,
    ) -> list[Candidate]:
        """Find the masks that a box or clicks may mean; give the right one to `init` or the like.

        Args:
            frame: RGB uint8 (H, W, 3), in a stream or before it; the stream stays as it is.
            box: See `init`; likewise `points`.
            prior: Mask of the object so far, bool (H, W), which clicks correct near them with lite.
            limit: Most masks to find, from 1 to 3; each takes time.

        Returns:
            One to three, the likeliest first: what the prompt selects where there is no choice.

        Raises:
            PromptError: Not one of box and points is given, it shows no object, or a wrong limit.
        """
        now = self._state.encode(self.runtime, frame, self.config.size)
        found = find_candidates(self.runtime, now, box=box, points=points, prior=prior, limit=limit)
        return list(found)

    @logged
    def step(
        self,
        frame: Frame,
        timestamp: float | None = None,
        *,
        absent: Collection[int] = (),
        cut: bool = False,
    ) -> FrameResult:
        """Find every object in the next frame.

        Args:
            frame: RGB uint8 (H, W, 3) of the stream's size.
            timestamp: Time of the frame in seconds.
            absent: Ids of objects that are known not to be in it: they are lost, and remember
                nothing of it. From the first frame without them here on they are looked for.
            cut: Whether another scene begins: objects may be anywhere, as if they were lost.

        Raises:
            FrameError: The frame is no RGB uint8 of the stream's size, or the timestamp no time.
            PromptError: One of the absent objects is not tracked.
            NotInitializedError: `init` has not been called.
            OutOfMemoryError: There is no memory left for it.
        """
        time, size = to_seconds(timestamp), self.config.size
        return self._state.step(self.runtime, frame, time, size, absent=absent, cut=cut)

    @logged
    def add_object(
        self,
        frame: Frame,
        *,
        mask: ArrayLike | None = None,
        box: Box | None = None,
        points: Points | None = None,
        object_id: int | None = None,
    ) -> FrameResult:
        """Track one more object from the current frame on.

        Args:
            frame: The frame given last to `init` or `step`; it is not encoded again.
            mask: Mask of the new object; its pixels are taken from other objects.
            box: See `init`; likewise `points`.
            object_id: Id larger than any used in this stream; the next one by default.

        Returns:
            The current frame's result with the new object in it.

        Raises:
            FrameError: It is not that frame.
            PromptError: `init` has not been called, the prompt shows no object or several, hides
                all of another object, the id cannot be used, or there are too many objects.
        """
        state = self._state
        encoded, last_id = state.current(frame), state.objects.last_id
        new_id = last_id + 1 if object_id is None else object_id
        check_id(new_id, above=last_id)
        new = single_mask(first_masks(self.runtime, encoded, mask=mask, box=box, points=points))
        state.result = state.objects.set_mask(encoded, state.last(), int(new_id), new)
        return state.result

    @logged
    def correct(
        self,
        frame: Frame,
        object_id: int,
        *,
        mask: ArrayLike | None = None,
        box: Box | None = None,
        points: Points | None = None,
    ) -> FrameResult:
        """Show an object's true mask; later frames follow the correction.

        Args:
            frame: RGB uint8 (H, W, 3) of the stream: the one given last to `init` or `step`, which
                is not encoded again, or any other.
            object_id: Id of the object.
            mask: Its true mask; in the current frame its pixels are taken from other objects.
            box: See `init`; likewise `points`, which with lite correct the current mask near them.

        Returns:
            The current frame's result, with the correction in it if it is of that frame.

        Raises:
            FrameError: The frame is not RGB uint8, or of another size than the stream's.
            PromptError: There is no such object; or see `add_object`.
        """
        state, object_id = self._state, self._state.objects.known(object_id)
        now = state.encode(self.runtime, frame, self.config.size, current_size=state.last().size)
        prior = state.seen(now, object_id)
        masks = first_masks(self.runtime, now, mask=mask, box=box, points=points, prior=prior)
        return state.correct(now, object_id, single_mask(masks))

    @logged
    def remove_object(self, object_id: int) -> FrameResult:
        """Stop tracking an object; its id is not used again.

        Returns:
            The current frame's result without it.

        Raises:
            PromptError: There is no such object.
        """
        state, object_id = self._state, self._state.objects.known(object_id)
        state.result = state.objects.remove(state.last(), object_id)
        return state.result

    @logged
    def rename(self, object_id: int, name: str) -> FrameResult:
        """Call an object something; its id stays.

        Returns:
            The current frame's result with the name in it.

        Raises:
            PromptError: There is no such object, or the name is no str.
        """
        state, object_id = self._state, self._state.objects.known(object_id)
        state.result = state.objects.rename(state.last(), object_id, name)
        return state.result

    @logged
    def undo(self) -> FrameResult:
        """Take back the last of `add_object`, `correct`, `remove_object` and `rename`.

        After them come the objects given to `init`. What is changed back is remembered as it was
        then, and looked for in the current frame if steps were made since.

        Returns:
            The current frame's result.

        Raises:
            NothingToUndoError: There is no change; the last few changes of a stream are kept.
        """
        state, last = self._state, self._state.last()
        assert state.frame is not None, "a stream has a frame"
        state.result = state.objects.undo(self.runtime, state.frame, last)
        return state.result

    @logged
    def resize(self, size: int | None) -> None:
        """Work at another size from now on; the stream goes on.

        Args:
            size: New size, see `TrackerConfig`.

        Raises:
            ConfigError: It does not fit, or the encoder knows one size only.
        """
        config = replace(self.config, size=size)
        self._state.resize(self.runtime, size)
        self.config = config

    def stream(
        self,
        source: str | Path | int,
        *,
        realtime: bool = False,
        mask: ArrayLike | Mapping[int, Mask] | None = None,
        box: Box | None = None,
        points: Points | None = None,
    ) -> Iterator[StreamResult]:
        """Track through a source; the results have the frames as `image`.

        Args:
            source: Source of the frames, see `read_frames`.
            realtime: Take the newest frame each time and drop those that came meanwhile; a camera
                or stream that fails is opened again, a file is played at its own speed.
            mask: Begins a stream, see `init`; likewise `box` and `points`. Else the stream goes on.

        Raises:
            VideoError: The source cannot be read, or not to its end.
            PromptError: See `init`.
        """
        prompt = {"mask": mask, "box": box, "points": points}
        return stream(self, source, realtime=realtime, prompt=prompt)

    @in_turn
    def fork(self, path: str | Path | None = None) -> Tracker:
        """Make a tracker that goes on from here, or from a file of `save`; both share their turn.

        The network is shared as well. WeightsError where other weights or settings were saved.
        """
        forked = copy(self)
        forked._state = self._state.copied() if path is None else load_stream(path, self)
        forked.log = None
        return forked

    @in_turn
    def save(self, path: str | Path) -> None:
        """Write everything but the weights to a file, to go on with `load`.

        Raises:
            OutputError: It cannot be written; an older file is still there.
            WeightsError: The network does not come from a file.
        """
        save_tracker(path, self.runtime, self.config, self._state)

    @classmethod
    def load(
        cls, path: str | Path, *, weights: str | Path | None = None, device: str = "auto"
    ) -> Tracker:
        """Load a tracker that goes on where another one was saved: the same masks, bit for bit.

        Args:
            path: File that `save` wrote.
            weights: Where the weights lie now; by default where they were.
            device: See `Tracker`. On another one, or with other threads, rounding differs.

        Raises:
            WeightsError: Weights or file are missing or damaged, others, or of another version.
        """
        return cls.restore(load_tracker(path, weights), device=device)

    @classmethod
    def restore(cls, saved: SavedTracker, *, device: str = "auto") -> Tracker:
        """Make a tracker from a file that has been read; see `load`."""
        where = {"device": device, "precision": saved.precision, "backend": saved.backend}
        tracker = cls(saved.network, saved.config, **where)
        tracker._state = saved.restore(tracker.runtime)
        return tracker
