"""What clients get: the forms of answers."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter

from samtracker.config import Direction


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Refusal(_Answer):
    """Why a request was refused, in one line."""

    error: str


REFUSALS: Final[dict[int | str, dict[str, Any]]] = {"default": {"model": Refusal}}


class MaskRuns(_Answer):
    """A mask as run lengths.

    Attributes:
        box: X, y, width and height of what holds the mask; null where it is empty.
        runs: Lengths of runs in row order within the box, first one of what is not in the mask.
    """

    box: tuple[int, int, int, int] | None
    runs: list[int]


class ChoiceState(_Answer):
    """Which of the masks that a prompt may mean was taken.

    Attributes:
        number: Its number, from 1.
        count: How many there are.
        score: How sure it is, 0 to 1; null for what was painted.
    """

    number: int
    count: int
    score: float | None


class PreviewAnswer(_Answer):
    """The mask that a prompt would give, and its predicted IoU."""

    mask: MaskRuns
    score: float | None


class ClipState(_Answer):
    """The video that is open.

    Attributes:
        id: Its name in paths.
        name: What it is called.
        width: Pixels of a row.
        height: Rows of a frame.
        fps: Frames a second; null where that is unknown.
        frames: How many have been read.
        announced: How many the file says it has; null where it says nothing.
        complete: Whether all have been read.
        failure: Why the rest cannot be read; null where nothing failed.
    """

    id: str
    name: str
    width: int
    height: int
    fps: float | None
    frames: int
    announced: int | None
    complete: bool
    failure: str | None


class ObjectState(_Answer):
    """An object of the clip.

    Attributes:
        id: Its number, from 1.
        name: What the user calls it; may be empty.
        color: Red, green and blue, 0 to 255.
        lane: A letter for each frame: `t`racking, `u`ncertain, `l`ost, `r`eacquired, `.` for none.
    """

    id: int
    name: str
    color: tuple[int, int, int]
    lane: str


class MaskPrompt(_Answer):
    """A prompt of which only the mask is known.

    Attributes:
        frame: Number of the frame.
        object: Id of the object.
    """

    frame: int
    object: int


class BoxPrompt(MaskPrompt):
    """A box that was drawn.

    Attributes:
        box: X1, y1, x2, y2 in pixels; x2 and y2 are exclusive.
    """

    box: tuple[float, float, float, float]


class ClickPrompt(MaskPrompt):
    """Clicks.

    Attributes:
        points: X, y, and 1 on the object or 0 off it.
    """

    points: list[tuple[float, float, int]]


class PaintedPrompt(MaskPrompt):
    """A mask that was painted."""

    painted: Literal[True]


PromptState = BoxPrompt | ClickPrompt | PaintedPrompt | MaskPrompt
PROMPT: Final[TypeAdapter[PromptState]] = TypeAdapter(PromptState)


class SessionState(_Answer):
    """All that is known of a session beside pictures and masks.

    Attributes:
        clip: The video that is open; null for none.
        objects: Its objects.
        prompts: All prompts, in the order in which they were given.
        direction: Which way frames are tracked.
        clean: The first and the last frame that are up to date; null for none.
        prompted: The first and the last frame with a prompt; null for none.
        forward: How far the pass forward is; null for not begun.
        backward: How far the pass backward is; null for not begun.
        undo: Whether there is something to undo.
        redo: Whether there is something to do again.
        tracking: Whether frames are being tracked.
        message: Why that ended early; empty if it did not.
    """

    clip: ClipState | None
    objects: list[ObjectState]
    prompts: list[PromptState]
    direction: Direction
    clean: tuple[int, int] | None
    prompted: tuple[int, int] | None
    forward: int | None
    backward: int | None
    undo: bool
    redo: bool
    tracking: bool
    message: str


class PointedState(SessionState):
    """A session after a prompt.

    Attributes:
        choice: Which of the masks that it may mean was taken.
    """

    choice: ChoiceState


class FoundObject(_Answer):
    """An object in a frame.

    Attributes:
        id: Its number.
        name: What the user calls it; may be empty.
        state: How it is.
        score: How sure the mask is, 0 to 1.
        mask: Where it is.
    """

    id: int
    name: str
    state: Literal["tracking", "uncertain", "lost", "reacquired"]
    score: float
    mask: MaskRuns


class FoundObjects(_Answer):
    """The objects in some frames.

    Attributes:
        frames: Objects by the number of the frame.
    """

    frames: dict[int, list[FoundObject]]


class FilesAnswer(_Answer):
    """What the server has.

    Attributes:
        files: Names of the videos of its folder.
        source: Whether it has a live source.
    """

    files: list[str]
    source: bool


class WrittenAnswer(_Answer):
    """What was written.

    Attributes:
        file: Name of the file.
    """

    file: str
