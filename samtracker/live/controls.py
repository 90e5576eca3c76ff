"""Controls: what mouse and keys do to a tracker whose stream runs."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, Final

from samtracker.errors import SamTrackerError
from samtracker.live.choice import Choice
from samtracker.live.events import Event, Key, Mouse
from samtracker.live.gesture import Gesture
from samtracker.tracker import Tracker
from samtracker.types import FrameResult, TrackedObject
from samtracker.video.live_source import LiveFrame

HELP: Final = (
    ("drag", "box around a new object"),
    ("click", "select an object, or point at a new one"),
    ("right click", "background, while pointing"),
    ("tab", "another mask for the last box or click"),
    ("space", "pause, go on"),
    ("n", "new object: a box or clicks"),
    ("1-9", "select an object"),
    ("c", "correct it: paint (right: erase) or click"),
    ("d", "delete it"),
    ("u", "undo"),
    ("s", "snapshot"),
    ("r", "record, stop recording"),
    ("q", "quit"),
    ("?", "this help"),
)


class Mode(Enum):
    """What the mouse is for, with the hint that the window shows."""

    WATCH = "drag a box around an object, or click on it"
    NEW = "new object: drag a box, or click on it (right: background); space goes on"
    CORRECT = "correct: paint (right: erase), or click; space goes on"


class Controls:
    """Turns mouse and keys into prompts, corrections and edits of a tracker.

    Args:
        tracker: Tracker that gets the prompts; its stream begins with the first prompt unless it
            has begun.

    Attributes:
        mode: What the mouse is for.
        selected: Id of the object that keys act on; None if there is none.
        gesture: Gesture that is being drawn; None if there is none.
        clicks: Clicks of the prompt so far: x, y in pixels, and 1 on the object or 0 off it.
        message: Message for the user; empty if there is none.
        paused: Whether the user wants the picture to stand still.
        helping: Whether the keys are to be shown.
        quit: Whether the user wants to stop.
        result: Result of the current frame; None before anything is tracked.
    """

    def __init__(self, tracker: Tracker) -> None:
        self.mode = Mode.WATCH
        self.selected: int | None = None
        self.gesture: Gesture | None = None
        self.clicks: list[tuple[float, float, int]] = []
        self.message = ""
        self.paused = self.helping = self.quit = False
        self.result: FrameResult | None = None
        self._tracker = tracker
        self._started = bool(tracker.object_ids)
        self._frame: LiveFrame | None = None
        self._choice: Choice | None = None  # once something else is done there is none
        self._keys: dict[str, Callable[[], None]] = {
            "space": self._space,
            "enter": self._space,
            "escape": self._watch,
            "tab": self._next_candidate,
            "n": self._new,
            "c": self._correct,
            "d": self._delete,
            "u": self._undo,
            "q": self._quit,
            "?": self._help,
        }

    @property
    def holding(self) -> bool:
        """Whether the picture stands still: paused, or something is being pointed at."""
        return self.paused or self.gesture is not None or self.mode is not Mode.WATCH

    def show(self, frame: LiveFrame, result: FrameResult | None) -> None:
        """Take note of the frame that is on the screen now.

        Args:
            frame: The frame.
            result: Result of the frame; None before anything is tracked.
        """
        self._frame, self.result = frame, result
        self._select_any()

    def handle(self, event: Event) -> None:
        """Do what the user wants, or say in `message` why it cannot be done."""
        try:
            match event:
                case Key(name) if name in self._keys:
                    self.message = ""
                    self._keys[name]()
                case Key(name) if name.isdecimal() and name != "0":
                    self.message = ""
                    self._select(int(name))
                case Mouse():
                    self._mouse(event)
        except SamTrackerError as error:
            self.message = str(error)

    def _mouse(self, event: Mouse) -> None:
        if event.kind == "press" and self._frame is not None:
            height, width = self._frame.image.shape[:2]
            self.gesture, self.message = Gesture(event.button, (height, width)), ""
        if self.gesture is None:
            return
        self.gesture.add(event.x, event.y)
        if event.kind == "release":
            gesture, self.gesture = self.gesture, None
            if gesture.button != event.button:
                return
            if gesture.is_click:
                self._click(gesture)
            else:
                self._drag(gesture)

    def _click(self, gesture: Gesture) -> None:
        x, y, on = gesture.click
        if self.mode is Mode.WATCH:
            under = self._under(x, y)
            if under is not None:
                self._choose(under.id)
                return
            if not on:
                return
            self._new()
        self.clicks.append(gesture.click)
        try:
            if self.mode is Mode.NEW and len(self.clicks) == 1:
                self._add(points=[*self.clicks])
                self.mode = Mode.CORRECT  # further clicks refine it
            elif self.mode is Mode.CORRECT:
                self._replace(points=[*self.clicks])
        except SamTrackerError:
            self.clicks.pop()
            raise

    def _drag(self, gesture: Gesture) -> None:
        if self.mode is Mode.CORRECT:
            mine = self._mine
            if mine.box is None:  # nothing to paint on
                self._replace(box=gesture.box)
            else:
                stroke = gesture.stroke()
                left = gesture.button == "left"
                self._replace(mask=mine.mask | stroke if left else mine.mask & ~stroke)
            self.clicks = []  # another one starts from what is painted
        elif gesture.button == "left":
            self._add(box=gesture.box)
            self._watch()

    def _add(self, **prompt: Any) -> None:
        """Start an object in the frame on the screen."""
        frame = self._frame
        assert frame is not None, "nothing can be pointed at before the first frame"
        if not self._started:
            self.result = self._tracker.init(frame.image, timestamp=frame.time, **prompt)
            self._started = True
        else:
            self._catch_up()
            self.result = self._tracker.add_object(frame.image, **prompt)
        self.selected = self._tracker.object_ids[-1]
        self._choice = Choice(self._tracker, frame.image, self.selected, prompt, prior=None)

    def _replace(self, **prompt: Any) -> None:
        assert self._frame is not None, "there is an object"
        image, mine = self._frame.image, self._mine
        self.result = self._tracker.correct(image, mine.id, **prompt)
        self._choice = None
        if "mask" not in prompt:
            prior = None if mine.box is None else mine.mask
            self._choice = Choice(self._tracker, image, mine.id, prompt, prior)

    def _next_candidate(self) -> None:
        choice = self._choice
        if choice is None or self._frame is None:
            self.message = "point at something first: a box or a click"
            return
        try:
            choice.next()
        finally:
            self.result = self._tracker.result
        here = choice.image is self._frame.image
        self.message = str(choice) if here else f"{choice}: later frames follow"

    @property
    def _mine(self) -> TrackedObject:
        assert self.result is not None
        assert self.selected is not None
        return self.result[self.selected]

    def _under(self, x: float, y: float) -> TrackedObject | None:
        objects = () if self.result is None else self.result.objects
        return next((item for item in objects if item.mask[int(y), int(x)]), None)

    def _space(self) -> None:
        if self.mode is Mode.WATCH:
            self.paused = not self.paused
        else:
            self.paused = False
            self._watch()

    def _watch(self) -> None:
        self.mode, self.clicks = Mode.WATCH, []

    def _new(self) -> None:
        self.mode, self.clicks = Mode.NEW, []

    def _correct(self) -> None:
        if self._has_selected():
            self.mode, self.clicks = Mode.CORRECT, []

    def _delete(self) -> None:
        if self._has_selected():
            self.result = self._tracker.remove_object(self._mine.id)
            self._choice = None
            self._select_any()
            self._watch()

    def _undo(self) -> None:
        if not self._started:
            self.message = "there is nothing to undo yet"
            return
        self._catch_up()
        self.result = self._tracker.undo()
        self._choice = None
        self._select_any()
        self._watch()

    def _catch_up(self) -> None:
        """Step to the frame that is shown, which a stream without objects has not done yet."""
        if self._started and self.result is None and self._frame is not None:
            self.result = self._tracker.step(self._frame.image, self._frame.time)

    def _select_any(self) -> None:
        """Select the newest object if the selected one is gone."""
        ids = self._tracker.object_ids
        if self.selected not in ids:
            self.selected = ids[-1] if ids else None

    def _select(self, number: int) -> None:
        if number in self._tracker.object_ids:
            self._choose(number)
        else:
            self.message = f"there is no object {number}"

    def _choose(self, number: int) -> None:
        if number != self.selected:  # clicks were meant for the other one
            self.selected, self.clicks = number, []

    def _has_selected(self) -> bool:
        if self.selected is None:
            self.message = "there is no object yet"
        return self.selected is not None

    def _quit(self) -> None:
        self.quit = True

    def _help(self) -> None:
        self.helping = not self.helping
